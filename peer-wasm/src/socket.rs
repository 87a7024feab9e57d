//! A room's WebSocket to the signaling server. It carries sealed envelopes and understands none of them.

use crate::js;
use crate::map::Map;
use js_sys::{ArrayBuffer, Uint8Array};
use peer_core::id::RoomId;
use peer_core::io::{Input, SignalInput, SignalOp};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

/// Close code of a socket that never opened or just vanished (RFC 6455 section 7.4.1).
const ABNORMAL: u16 = 1006;

/// Takes what happened on a room's socket to the driver.
pub(crate) type Notify = Rc<dyn Fn(RoomId, SignalInput)>;

/// The sockets of all rooms.
pub(crate) struct Sockets {
    url: String,
    sockets: Map<RoomId, Socket>,
    notify: Notify,
}

impl Sockets {
    /// None yet; they will go to `url`.
    pub(crate) fn new(url: String, notify: Notify) -> Self {
        Self { url, sockets: Map::default(), notify }
    }

    /// Do what the engine wants, and return what comes of it at once.
    pub(crate) fn perform(&mut self, room: RoomId, op: SignalOp) -> Option<Input> {
        match op {
            SignalOp::Connect => {
                self.close(room);
                match Socket::open(&self.url, room, &self.notify) {
                    Ok(socket) => {
                        self.sockets.insert(room, socket);
                    }
                    Err(error) => {
                        js::warn("no WebSocket", &error);
                        let input = SignalInput::Disconnected { code: ABNORMAL };
                        return Some(Input::Signal { room, input });
                    }
                }
            }
            SignalOp::Send(bytes) => {
                if let Some(socket) = self.sockets.get(room)
                    && let Err(error) = socket.socket.send_with_u8_array(&bytes)
                {
                    // Only a socket that never opened throws; its close event is on the way.
                    js::warn("a WebSocket took no message", &error);
                }
            }
            SignalOp::Disconnect => self.close(room),
        }
        None
    }

    /// To be called when the browser has closed the room's socket.
    pub(crate) fn forget(&mut self, room: RoomId) {
        self.sockets.remove(room);
    }

    fn close(&mut self, room: RoomId) {
        if let Some(socket) = self.sockets.remove(room)
            && let Err(error) = socket.socket.close()
        {
            js::warn("a WebSocket did not close", &error);
        }
    }
}

/// One WebSocket and its listeners; dropped, it tells nothing more.
struct Socket {
    socket: WebSocket,
    _opened: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    fn open(url: &str, room: RoomId, notify: &Notify) -> Result<Self, JsValue> {
        let socket = WebSocket::new_with_str(url, signal_proto::SUBPROTOCOL)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (a, b, c) = (notify.clone(), notify.clone(), notify.clone());
        let this = Self {
            socket,
            _opened: Closure::new(move || a(room, SignalInput::Connected)),
            _message: Closure::new(move |event: MessageEvent| {
                // Text decodes to nothing, as it should: the server sends none.
                let bytes =
                    event.data().dyn_into::<ArrayBuffer>().map(|buffer| Uint8Array::new(&buffer).to_vec());
                b(room, SignalInput::Message(bytes.unwrap_or_default()));
            }),
            _closed: Closure::new(move |event: CloseEvent| {
                c(room, SignalInput::Disconnected { code: event.code() });
            }),
        };
        this.socket.set_onopen(Some(this._opened.as_ref().unchecked_ref()));
        this.socket.set_onmessage(Some(this._message.as_ref().unchecked_ref()));
        this.socket.set_onclose(Some(this._closed.as_ref().unchecked_ref()));
        Ok(this)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
    }
}
