//! The worker's half: the lanes' channels, their credit, and what arrives on them.

use super::credit::{Credit, LOW};
use crate::bridge::{LaneKey, Report, Task, ToPage};
use crate::js;
use crate::map::Map;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use peer_core::id::Fingerprint;
use peer_core::io::{Channel, Input, LinkInput, LinkOp, Turn};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, RtcDataChannel, RtcDataChannelState, RtcDataChannelType, RtcIceServer};

/// Most messages held back between the first of them and the page's word that the connection is up. A peer of
/// ours sends its confirmation and at most a few frames.
const MOST_EARLY: usize = 64;

const BOTH: [Channel; 2] = [Channel::Control, Channel::Bulk];

/// What happened on a channel that lives in this worker.
pub(crate) enum Happened {
    Opened,
    Message(Option<Vec<u8>>),
    Low,
    Closed,
}

/// Takes what happened to the driver.
pub(crate) type Notify = Rc<dyn Fn(LaneKey, Channel, Happened)>;

/// Every lane of the engine.
pub(crate) struct Lanes {
    lanes: Map<LaneKey, Lane>,
    notify: Notify,
}

impl Lanes {
    /// None yet.
    pub(crate) fn new(notify: Notify) -> Self {
        Self { lanes: Map::default(), notify }
    }

    /// Do what the engine wants, and return what comes of it at once.
    pub(crate) fn perform(&mut self, key: LaneKey, op: LinkOp) -> Option<Input> {
        let task = match op {
            LinkOp::OpenAsOfferer { turn } => Task::OpenAsOfferer(ice_server(turn)),
            LinkOp::OpenAsAnswerer { offer, turn } => Task::OpenAsAnswerer(offer, ice_server(turn)),
            LinkOp::RemoteDescription(answer) => Task::RemoteDescription(answer),
            LinkOp::RemoteCandidate(line) => Task::RemoteCandidate(line),
            LinkOp::Send(channel, bytes) => return self.send(key, channel, &bytes),
            LinkOp::Close => {
                self.lanes.remove(key);
                Task::Close
            }
        };
        if matches!(task, Task::OpenAsOfferer(_) | Task::OpenAsAnswerer(..)) {
            self.lanes.insert(key, Lane::default());
        }
        post(key, task);
        None
    }

    /// What the page's report is to the engine.
    pub(crate) fn report(&mut self, key: LaneKey, report: Report) -> Vec<Input> {
        let Some(lane) = self.lanes.get_mut(key) else {
            return Vec::new(); // Closed here before the page knew.
        };
        let inputs = match report {
            Report::Made(channels) => {
                lane.pipes = Some(match channels {
                    Some(channels) => {
                        let mut both = BOTH.iter().zip(channels);
                        let mut next = || {
                            let (channel, native) = both.next().expect("two of two");
                            Pipe::Native(Native::new(native, key, *channel, &self.notify))
                        };
                        [next(), next()]
                    }
                    None => [Pipe::Posted(Posted::default()), Pipe::Posted(Posted::default())],
                });
                // A channel that opened on the way here will not say so again.
                let open: Vec<_> = BOTH.into_iter().filter(|c| lane.is_open(*c)).collect();
                open.into_iter().flat_map(|c| lane.opened(c)).collect()
            }
            Report::LocalDescription(sdp) => vec![LinkInput::LocalDescription(sdp)],
            Report::LocalCandidate(line) => vec![LinkInput::LocalCandidate(line)],
            Report::Connected(fingerprint, relayed) => {
                let remote_fingerprint = fingerprint.and_then(|f| f.try_into().ok()).map(Fingerprint);
                lane.connected = true;
                let mut inputs = vec![LinkInput::Connected { remote_fingerprint, relayed }];
                inputs.append(&mut lane.early);
                inputs
            }
            Report::Path(relayed) => vec![LinkInput::Path { relayed }],
            Report::Closed => self.closed(key).into_iter().collect(),
            Report::Opened(channel) => lane.opened(channel),
            Report::Message(channel, bytes) => return self.happened(key, channel, Happened::Message(bytes)),
            Report::Buffered(channel, given, left) => {
                if let Some(Pipe::Posted(posted)) = lane.pipe(channel) {
                    posted.buffered = posted.sent - given + left;
                }
                Vec::new()
            }
        };
        about(key, inputs)
    }

    /// What happened on a channel is to the engine.
    pub(crate) fn happened(&mut self, key: LaneKey, channel: Channel, happened: Happened) -> Vec<Input> {
        let Some(lane) = self.lanes.get_mut(key) else {
            return Vec::new();
        };
        let inputs = match happened {
            Happened::Opened => lane.opened(channel),
            // Text is no frame, and neither is an empty message: the engine names the violation.
            Happened::Message(bytes) => {
                match lane.unless_early(LinkInput::Data(channel, bytes.unwrap_or_default().into())) {
                    Ok(inputs) => inputs,
                    Err(TooMuch) => {
                        post(key, Task::Close);
                        self.closed(key).into_iter().collect()
                    }
                }
            }
            Happened::Low => Vec::new(), // Credit is renewed after every input anyway.
            Happened::Closed => {
                post(key, Task::Close);
                self.closed(key).into_iter().collect()
            }
        };
        about(key, inputs)
    }

    /// New credit for every channel that has room for it.
    pub(crate) fn renew_credit(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (key, lane) in self.lanes.iter_mut().filter(|(_, lane)| lane.connected) {
            for channel in BOTH {
                if let Some(bytes) = lane.renew(channel) {
                    inputs.extend(about(key, vec![LinkInput::Writable(channel, bytes)]));
                }
            }
        }
        inputs
    }

    fn send(&mut self, key: LaneKey, channel: Channel, bytes: &[u8]) -> Option<Input> {
        let lane = self.lanes.get_mut(key)?;
        lane.credit[channel as usize].spend(bytes.len());
        let sent = match lane.pipe(channel)? {
            Pipe::Native(native) => native.channel.send_with_u8_array(bytes),
            Pipe::Posted(posted) => {
                posted.sent += bytes.len() as f64;
                posted.buffered += bytes.len() as f64;
                post(key, Task::Send(channel, Uint8Array::from(bytes).buffer()));
                Ok(())
            }
        };
        let Err(error) = sent else {
            return None;
        };
        // It has just closed, or takes no more: either way it has lost a message and is of no use.
        js::warn("a channel took no message", &error);
        post(key, Task::Close);
        self.closed(key).map(|input| Input::Link { link: key.0, lane: key.1, input })
    }

    fn closed(&mut self, key: LaneKey) -> Option<LinkInput> {
        let lane = self.lanes.remove(key)?;
        Some(LinkInput::Closed { was_connected: lane.connected })
    }
}

/// One RTCPeerConnection as the worker sees it.
#[derive(Default)]
struct Lane {
    pipes: Option<[Pipe; 2]>,
    credit: [Credit; 2],
    open: [bool; 2],
    /// Whether the page has said that DTLS is up. Until then what arrives is held back: the engine must know the
    /// remote's certificate before it judges the first frame.
    connected: bool,
    early: Vec<LinkInput>,
}

struct TooMuch;

impl Lane {
    fn pipe(&mut self, channel: Channel) -> Option<&mut Pipe> {
        self.pipes.as_mut().map(|pipes| &mut pipes[channel as usize])
    }

    fn is_open(&mut self, channel: Channel) -> bool {
        match self.pipe(channel) {
            Some(Pipe::Native(native)) => native.channel.ready_state() == RtcDataChannelState::Open,
            Some(Pipe::Posted(_)) | None => false,
        }
    }

    fn opened(&mut self, channel: Channel) -> Vec<LinkInput> {
        if std::mem::replace(&mut self.open[channel as usize], true) {
            return Vec::new();
        }
        self.unless_early(LinkInput::Open(channel)).unwrap_or_default()
    }

    fn unless_early(&mut self, input: LinkInput) -> Result<Vec<LinkInput>, TooMuch> {
        if self.connected {
            return Ok(vec![input]);
        }
        if self.early.len() >= MOST_EARLY {
            return Err(TooMuch);
        }
        self.early.push(input);
        Ok(Vec::new())
    }

    fn renew(&mut self, channel: Channel) -> Option<usize> {
        if !self.open[channel as usize] {
            return None;
        }
        let buffered = match self.pipe(channel)? {
            Pipe::Native(native) => native.channel.buffered_amount(),
            Pipe::Posted(posted) => posted.buffered as u32,
        };
        self.credit[channel as usize].renew(buffered)
    }
}

enum Pipe {
    Native(Native),
    Posted(Posted),
}

/// A channel that stayed on the page.
#[derive(Default)]
struct Posted {
    /// Bytes posted to the page in all.
    sent: f64,
    /// Of them not on the line yet, as far as the page has told.
    buffered: f64,
}

/// A channel that was transferred here.
struct Native {
    channel: RtcDataChannel,
    _opened: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _low: Closure<dyn FnMut()>,
    _closed: Closure<dyn FnMut()>,
}

impl Native {
    fn new(native: RtcDataChannel, key: LaneKey, channel: Channel, notify: &Notify) -> Self {
        let tell = |what: fn() -> Happened| {
            let notify = notify.clone();
            Closure::<dyn FnMut()>::new(move || notify(key, channel, what()))
        };
        let listening = Self {
            _opened: tell(|| Happened::Opened),
            _low: tell(|| Happened::Low),
            _closed: tell(|| Happened::Closed),
            _message: {
                let notify = notify.clone();
                Closure::new(move |event: MessageEvent| {
                    notify(key, channel, Happened::Message(binary(&event)));
                })
            },
            channel: native,
        };
        let channel = &listening.channel;
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        channel.set_buffered_amount_low_threshold(LOW);
        channel.set_onopen(Some(listening._opened.as_ref().unchecked_ref()));
        channel.set_onmessage(Some(listening._message.as_ref().unchecked_ref()));
        channel.set_onbufferedamountlow(Some(listening._low.as_ref().unchecked_ref()));
        channel.set_onclose(Some(listening._closed.as_ref().unchecked_ref()));
        listening
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        unhook(&self.channel);
    }
}

/// Let no listener of `channel` run any more.
pub(super) fn unhook(channel: &RtcDataChannel) {
    channel.set_onopen(None);
    channel.set_onmessage(None);
    channel.set_onbufferedamountlow(None);
    channel.set_onclose(None);
}

/// The bytes of a message; none if it is text.
pub(super) fn binary(event: &MessageEvent) -> Option<Vec<u8>> {
    event.data().dyn_into::<ArrayBuffer>().ok().map(|buffer| js::take_bytes(&buffer))
}

/// The TURN server as an RTCIceServer, or undefined.
fn ice_server(turn: Option<Turn>) -> JsValue {
    let Some(turn) = turn else { return JsValue::UNDEFINED };
    let server = RtcIceServer::new();
    let urls: Array = turn.urls().iter().map(|url| JsValue::from_str(url)).collect();
    server.set_urls(&urls);
    server.set_username(turn.username());
    server.set_credential(turn.credential());
    server.into()
}

fn about(key: LaneKey, inputs: Vec<LinkInput>) -> Vec<Input> {
    inputs.into_iter().map(|input| Input::Link { link: key.0, lane: key.1, input }).collect()
}

fn post(key: LaneKey, task: Task) {
    let (message, transfer) = ToPage::Lane(key, task).into_js();
    js::post_to_page_with(&message, &transfer);
}
