//! What the page's half and the worker's half say to each other: two small enums and their form as arrays of a
//! kind, a lane and arguments. Both halves are the same module, so anything else is a broken invariant.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use peer_core::id::{LaneId, LinkId};
use peer_core::io::Channel;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::RtcDataChannel;

/// One RTCPeerConnection.
pub(crate) type LaneKey = (LinkId, LaneId);

/// From the page to the worker.
pub(crate) enum ToWorker {
    /// First of all: the page's options.
    Start(JsValue),
    /// A command, as the page made it.
    Command(JsValue),
    /// The page goes away.
    Hide,
    /// About a lane.
    Lane(LaneKey, Report),
}

/// What the page saw of a lane.
pub(crate) enum Report {
    /// It is made; here are its channels (control, bulk), untouched, or none if this browser cannot transfer
    /// them and the page passes messages on.
    Made(Option<[RtcDataChannel; 2]>),
    /// The local description, unmodified.
    LocalDescription(String),
    /// A local candidate; none is the end of them.
    LocalCandidate(Option<String>),
    /// DTLS is up: the remote certificate's SHA-256 where the platform tells, and whether a TURN server carries it.
    Connected(Option<Vec<u8>>, bool),
    /// The path has changed: whether a TURN server carries it now.
    Path(bool),
    /// It is gone.
    Closed,
    /// A channel of the page's is open.
    Opened(Channel),
    /// A message on a channel of the page's; none if it was text, which no peer of ours sends.
    Message(Channel, Option<Vec<u8>>),
    /// Of a channel of the page's: bytes given to it in all, and how many of them are still buffered.
    Buffered(Channel, f64, f64),
}

/// From the worker to the page.
pub(crate) enum ToPage {
    /// Events, in order, as [`crate::api`] shapes; and whether more of what happened together follow.
    Events(Array, bool),
    /// To do with a lane.
    Lane(LaneKey, Task),
}

/// What the page is to do with a lane, in order.
pub(crate) enum Task {
    /// With a further RTCIceServer, or undefined.
    OpenAsOfferer(JsValue),
    /// The offer; as above.
    OpenAsAnswerer(String, JsValue),
    RemoteDescription(String),
    RemoteCandidate(String),
    Close,
    /// Only where channels cannot be transferred.
    Send(Channel, ArrayBuffer),
}

impl ToWorker {
    /// The message, and what of it is to be transferred.
    pub(crate) fn into_js(self) -> (Array, Array) {
        let (message, transfer) = (Array::new(), Array::new());
        match self {
            Self::Start(options) => fill(&message, 0, None, &[options]),
            Self::Command(command) => fill(&message, 1, None, &[command]),
            Self::Hide => fill(&message, 2, None, &[]),
            Self::Lane(lane, report) => {
                let lane = Some(lane);
                match report {
                    Report::Made(None) => fill(&message, 3, lane, &[]),
                    Report::Made(Some([control, bulk])) => {
                        transfer.push(&control);
                        transfer.push(&bulk);
                        fill(&message, 3, lane, &[control.into(), bulk.into()]);
                    }
                    Report::LocalDescription(sdp) => fill(&message, 4, lane, &[sdp.into()]),
                    Report::LocalCandidate(line) => fill(&message, 5, lane, &[line.into()]),
                    Report::Connected(fingerprint, relayed) => {
                        let fingerprint = fingerprint.map(|f| Uint8Array::from(&f[..]));
                        fill(&message, 6, lane, &[fingerprint.into(), relayed.into()]);
                    }
                    Report::Path(relayed) => fill(&message, 11, lane, &[relayed.into()]),
                    Report::Closed => fill(&message, 7, lane, &[]),
                    Report::Opened(channel) => fill(&message, 8, lane, &[stream(channel)]),
                    Report::Message(channel, bytes) => {
                        let bytes = bytes.map(|b| Uint8Array::from(&b[..]));
                        if let Some(bytes) = &bytes {
                            transfer.push(&bytes.buffer());
                        }
                        fill(&message, 9, lane, &[stream(channel), bytes.into()]);
                    }
                    Report::Buffered(channel, given, left) => {
                        fill(&message, 10, lane, &[stream(channel), given.into(), left.into()]);
                    }
                }
            }
        }
        (message, transfer)
    }

    /// The message in what was received.
    pub(crate) fn from_js(message: &JsValue) -> Self {
        let message = Parts(message.unchecked_ref());
        match message.kind() {
            0 => Self::Start(message.at(0)),
            1 => Self::Command(message.at(0)),
            2 => Self::Hide,
            3 => {
                let pair = (message.at(0), message.at(1));
                let pair = (pair.0.dyn_into(), pair.1.dyn_into());
                Self::Lane(message.lane(), Report::Made(pair.0.ok().zip(pair.1.ok()).map(|(c, b)| [c, b])))
            }
            4 => Self::Lane(message.lane(), Report::LocalDescription(message.text(0))),
            5 => Self::Lane(message.lane(), Report::LocalCandidate(message.at(0).as_string())),
            6 => {
                let fingerprint = message.bytes(0);
                Self::Lane(message.lane(), Report::Connected(fingerprint, message.at(1).is_truthy()))
            }
            7 => Self::Lane(message.lane(), Report::Closed),
            8 => Self::Lane(message.lane(), Report::Opened(message.channel())),
            9 => Self::Lane(message.lane(), Report::Message(message.channel(), message.bytes(1))),
            10 => {
                let report = Report::Buffered(message.channel(), message.number(1), message.number(2));
                Self::Lane(message.lane(), report)
            }
            11 => Self::Lane(message.lane(), Report::Path(message.at(0).is_truthy())),
            _ => unreachable!("both halves are the same module"),
        }
    }
}

impl ToPage {
    /// The message, and what of it is to be transferred.
    pub(crate) fn into_js(self) -> (Array, Array) {
        let (message, transfer) = (Array::new(), Array::new());
        match self {
            Self::Events(events, more) => fill(&message, 0, None, &[events.into(), more.into()]),
            Self::Lane(lane, task) => {
                let lane = Some(lane);
                match task {
                    Task::OpenAsOfferer(turn) => fill(&message, 1, lane, &[turn]),
                    Task::OpenAsAnswerer(sdp, turn) => fill(&message, 2, lane, &[sdp.into(), turn]),
                    Task::RemoteDescription(sdp) => fill(&message, 3, lane, &[sdp.into()]),
                    Task::RemoteCandidate(line) => fill(&message, 4, lane, &[line.into()]),
                    Task::Close => fill(&message, 5, lane, &[]),
                    Task::Send(channel, bytes) => {
                        transfer.push(&bytes);
                        fill(&message, 6, lane, &[stream(channel), bytes.into()]);
                    }
                }
            }
        }
        (message, transfer)
    }

    /// The message in what was received.
    pub(crate) fn from_js(message: &JsValue) -> Self {
        let message = Parts(message.unchecked_ref());
        let task = match message.kind() {
            0 => return Self::Events(message.at(0).unchecked_into(), message.at(1).is_truthy()),
            1 => Task::OpenAsOfferer(message.at(0)),
            2 => Task::OpenAsAnswerer(message.text(0), message.at(1)),
            3 => Task::RemoteDescription(message.text(0)),
            4 => Task::RemoteCandidate(message.text(0)),
            5 => Task::Close,
            6 => Task::Send(message.channel(), message.at(1).unchecked_into()),
            _ => unreachable!("both halves are the same module"),
        };
        Self::Lane(message.lane(), task)
    }
}

/// A message is `[kind, link, lane, arguments…]`.
fn fill(message: &Array, kind: u32, lane: Option<LaneKey>, arguments: &[JsValue]) {
    let (link, lane) = lane.map_or((0, 0), |(link, lane)| (link.0, lane.0));
    for number in [kind, link, lane] {
        message.push(&number.into());
    }
    for argument in arguments {
        message.push(argument);
    }
}

fn stream(channel: Channel) -> JsValue {
    match channel {
        Channel::Control => 0.into(),
        Channel::Bulk => 1.into(),
    }
}

struct Parts<'a>(&'a Array);

impl Parts<'_> {
    fn kind(&self) -> u32 {
        self.0.get(0).as_f64().unwrap_or(f64::MAX) as u32
    }

    fn lane(&self) -> LaneKey {
        let number = |i| self.0.get(i).as_f64().unwrap_or_default() as u32;
        (LinkId(number(1)), LaneId(number(2)))
    }

    fn at(&self, argument: u32) -> JsValue {
        self.0.get(argument + 3)
    }

    fn text(&self, argument: u32) -> String {
        self.at(argument).as_string().unwrap_or_default()
    }

    fn number(&self, argument: u32) -> f64 {
        self.at(argument).as_f64().unwrap_or_default()
    }

    fn bytes(&self, argument: u32) -> Option<Vec<u8>> {
        self.at(argument).dyn_into::<Uint8Array>().ok().map(|b| b.to_vec())
    }

    fn channel(&self) -> Channel {
        if self.number(0) == 0.0 { Channel::Control } else { Channel::Bulk }
    }
}
