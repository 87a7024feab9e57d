//! What the page hands in, read by hand: serde would buffer every tagged value, which costs a quarter of the module.

use super::{Command, CommandName, FileRef, Options};
use crate::js;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::File;

impl Options {
    /// The options in `value`; the page's TypeScript has checked them.
    pub(crate) fn read(value: &JsValue) -> Self {
        Self {
            signal_url: text(value, "signalUrl").unwrap_or_default(),
            ice_servers: js::property(value, "iceServers"),
            link: text(value, "link"),
            name: text(value, "name").unwrap_or_default(),
        }
    }
}

impl Command {
    /// The command in `value`, if it is one.
    pub(crate) fn read(value: &JsValue) -> Option<Self> {
        let room = || text(value, "room");
        let name = || text(value, "name");
        let knock = || number(value, "knock");
        let file = || FileRef::read(&js::property(value, "file"));
        Some(match text(value, "type")?.as_str() {
            "CreateRoom" => Self::CreateRoom { name: name()? },
            "JoinRoom" => Self::JoinRoom { link: text(value, "link")?, name: name()? },
            "Admit" => Self::Admit { room: room()?, knock: knock()? },
            "Deny" => Self::Deny { room: room()?, knock: knock()? },
            "Share" => Self::Share { room: room()?, files: files(&js::property(value, "files"))? },
            "Supply" => {
                let replacement = js::property(value, "replacement").dyn_into().ok()?;
                Self::Supply { room: room()?, file: file()?, replacement }
            }
            "Fetch" => Self::Fetch { room: room()?, file: file()? },
            "Pause" => Self::Pause { room: room()?, file: file()? },
            "Resume" => Self::Resume { room: room()?, file: file()? },
            "Cancel" => Self::Cancel { room: room()?, file: file()? },
            "Withdraw" => Self::Withdraw { room: room()?, share: text(value, "share")? },
            "Say" => Self::Say { room: room()?, text: text(value, "text")? },
            "Rename" => Self::Rename { room: room()?, name: name()? },
            "NewLink" => Self::NewLink { room: room()? },
            "Leave" => Self::Leave { room: room()? },
            "EndRoom" => Self::EndRoom { room: room()? },
            _ => return None,
        })
    }

    /// Which one it is, to be named in its failure.
    pub(crate) fn name(&self) -> CommandName {
        match self {
            Self::CreateRoom { .. } => CommandName::CreateRoom,
            Self::JoinRoom { .. } => CommandName::JoinRoom,
            Self::Admit { .. } => CommandName::Admit,
            Self::Deny { .. } => CommandName::Deny,
            Self::Share { .. } => CommandName::Share,
            Self::Supply { .. } => CommandName::Supply,
            Self::Fetch { .. } => CommandName::Fetch,
            Self::Pause { .. } => CommandName::Pause,
            Self::Resume { .. } => CommandName::Resume,
            Self::Cancel { .. } => CommandName::Cancel,
            Self::Withdraw { .. } => CommandName::Withdraw,
            Self::Say { .. } => CommandName::Say,
            Self::Rename { .. } => CommandName::Rename,
            Self::NewLink { .. } => CommandName::NewLink,
            Self::Leave { .. } => CommandName::Leave,
            Self::EndRoom { .. } => CommandName::EndRoom,
        }
    }

    /// The room it is about, as the page wrote it.
    pub(crate) fn room(&self) -> Option<&str> {
        match self {
            Self::CreateRoom { .. } | Self::JoinRoom { .. } => None,
            Self::Admit { room, .. }
            | Self::Deny { room, .. }
            | Self::Share { room, .. }
            | Self::Supply { room, .. }
            | Self::Fetch { room, .. }
            | Self::Pause { room, .. }
            | Self::Resume { room, .. }
            | Self::Cancel { room, .. }
            | Self::Withdraw { room, .. }
            | Self::Say { room, .. }
            | Self::Rename { room, .. }
            | Self::NewLink { room }
            | Self::Leave { room }
            | Self::EndRoom { room } => Some(room),
        }
    }
}

impl FileRef {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self { share: text(value, "share")?, index: number(value, "index")?.try_into().ok()? })
    }
}

fn text(of: &JsValue, name: &str) -> Option<String> {
    js::property(of, name).as_string()
}

fn number(of: &JsValue, name: &str) -> Option<u32> {
    let number = js::property(of, name).as_f64()?;
    // A cast saturates, so what comes back unchanged was a whole number in range.
    Some(number as u32).filter(|whole| f64::from(*whole) == number)
}

fn files(list: &JsValue) -> Option<Vec<File>> {
    list.dyn_ref::<Array>()?.iter().map(|file| file.dyn_into().ok()).collect()
}
