//! What the page hands in, read by hand: serde would buffer every tagged value, which costs a quarter of the module.

use super::{Brought, Command, CommandName, FileRef, Options};
use crate::js;
use js_sys::Array;
use serde::Deserialize;
use serde::de::{IntoDeserializer, value};
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
            tab: text(value, "tab"),
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
        Some(match CommandName::read(&text(value, "type")?)? {
            CommandName::CreateRoom => Self::CreateRoom { name: name()? },
            CommandName::JoinRoom => Self::JoinRoom { link: text(value, "link")?, name: name()? },
            CommandName::Admit => Self::Admit { room: room()?, knock: knock()? },
            CommandName::Deny => Self::Deny { room: room()?, knock: knock()? },
            CommandName::Share => Self::Share { room: room()?, files: files(&js::property(value, "files"))? },
            CommandName::Supply => {
                let replacement = js::property(value, "replacement").dyn_into().ok()?;
                Self::Supply { room: room()?, file: file()?, replacement }
            }
            CommandName::Fetch => Self::Fetch { room: room()?, file: file()? },
            CommandName::Pause => Self::Pause { room: room()?, file: file()? },
            CommandName::Resume => Self::Resume { room: room()?, file: file()? },
            CommandName::Cancel => Self::Cancel { room: room()?, file: file()? },
            CommandName::Withdraw => Self::Withdraw { room: room()?, share: text(value, "share")? },
            CommandName::Say => Self::Say { room: room()?, text: text(value, "text")? },
            CommandName::Rename => Self::Rename { room: room()?, name: name()? },
            CommandName::NewLink => Self::NewLink { room: room()? },
            CommandName::Leave => Self::Leave { room: room()? },
            CommandName::EndRoom => Self::EndRoom { room: room()? },
            CommandName::OpenRoom => return None,
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

    /// What a person has written or chosen for it, and would lose: a text, the names of files.
    pub(crate) fn brought(&self) -> Brought {
        match self {
            Self::Say { text, .. } => Brought { text: Some(text.clone()), names: Vec::new() },
            Self::Share { files, .. } => {
                Brought { text: None, names: files.iter().map(|file| file.name()).collect() }
            }
            _ => Brought::default(),
        }
    }
}

impl CommandName {
    /// The command called `name`, if there is one. Matched as an enum: who adds a command and does not say here how it
    /// is read is told by the compiler.
    fn read(name: &str) -> Option<Self> {
        Self::deserialize(IntoDeserializer::<value::Error>::into_deserializer(name)).ok()
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

#[cfg(test)]
mod tests {
    use super::*;
    use tsify::Tsify;

    /// What stands between quotes.
    fn quoted(text: &str) -> Vec<&str> {
        text.split('"').skip(1).step_by(2).collect()
    }

    #[test]
    fn every_command_that_the_page_can_write_is_read_and_no_other_word() {
        let tags = Command::DECL.split("type: ").skip(1).map(|tag| quoted(tag)[0]);
        let written: Vec<_> = tags.collect();
        let names = quoted(CommandName::DECL);
        assert!(written.len() >= 16, "{written:?}");
        // The shell's own command has a name, but no page can give it.
        let read: Vec<_> = names.iter().copied().filter(|name| *name != "OpenRoom").collect();
        assert_eq!(written, read);
        for name in names {
            let as_told = serde_json::to_value(CommandName::read(name)).unwrap();
            assert_eq!(as_told, name, "a failure names the command as the page does");
        }
        for other in ["", "say", "Say ", "0", "Close"] {
            assert_eq!(CommandName::read(other), None, "{other}");
        }
    }
}
