//! The page's half: makes RTCPeerConnections when told to and never before, and reports what happens to them.

use crate::bridge::{LaneKey, Report, Task, ToWorker};
use crate::js;
use crate::map::Map;
use js_sys::{Array, Promise, Reflect, Uint8Array};
use peer_core::io::Channel;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;
use web_sys::{
    MessageEvent, RtcConfiguration, RtcDataChannel, RtcDataChannelInit, RtcDataChannelType,
    RtcIceCandidateInit, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSdpType,
    RtcSessionDescriptionInit, Worker,
};

/// All RTCPeerConnections of this page.
pub(crate) struct Connections {
    worker: Worker,
    ice_servers: JsValue,
    lanes: RefCell<Map<LaneKey, Rc<PageLane>>>,
    me: Weak<Self>,
}

impl Connections {
    /// None yet; they will use `ice_servers` and report to `worker`.
    pub(crate) fn new(worker: Worker, ice_servers: JsValue) -> Rc<Self> {
        Rc::new_cyclic(|me| Self { worker, ice_servers, lanes: RefCell::default(), me: me.clone() })
    }

    /// Do a task; those of one lane take effect in order, though each may take its time.
    pub(crate) fn perform(&self, key: LaneKey, task: Task) {
        match task {
            Task::OpenAsOfferer(ref turn) | Task::OpenAsAnswerer(_, ref turn) => match self.make(key, turn) {
                Ok(lane) => lane.then(task),
                Err(error) => {
                    js::warn("no RTCPeerConnection", &error);
                    self.post(key, Report::Closed);
                }
            },
            Task::RemoteDescription(_) | Task::RemoteCandidate(_) => {
                if let Some(lane) = self.lane(key) {
                    lane.then(task);
                }
            }
            Task::Send(channel, bytes) => {
                if let Some(lane) = self.lane(key) {
                    lane.send(channel, &Uint8Array::new(&bytes));
                }
            }
            Task::Close => {
                if let Some(lane) = self.take(key) {
                    lane.close();
                }
            }
        }
    }

    /// Close every one of them.
    pub(crate) fn close(&self) {
        let lanes: Vec<_> = self.lanes.borrow_mut().drain().collect();
        for lane in lanes {
            lane.close();
        }
    }

    fn make(&self, key: LaneKey, turn: &JsValue) -> Result<Rc<PageLane>, JsValue> {
        let ice_servers = Array::from(&self.ice_servers);
        if !turn.is_undefined() {
            ice_servers.push(turn);
        }
        let configuration = RtcConfiguration::new();
        configuration.set_ice_servers(&ice_servers);
        let connection = RtcPeerConnection::new_with_configuration(&configuration)?;
        let channels = [Channel::Control, Channel::Bulk].map(|c| negotiated(&connection, c));
        let lane = Rc::new_cyclic(|me| PageLane {
            key,
            owner: self.me.clone(),
            handlers: Handlers::new(&connection, me),
            connection,
            channels: RefCell::default(),
            given: Cell::default(),
            tasks: RefCell::default(),
            busy: Cell::new(false),
            connected: Cell::new(false),
            relayed: Cell::new(None),
            ended: Cell::new(false),
            me: me.clone(),
        });
        self.lanes.borrow_mut().insert(key, lane.clone());
        // Untouched until here: a channel can be transferred only before anything was done with it.
        if self.try_post(key, Report::Made(Some(channels.clone()))).is_err() {
            lane.keep(channels);
            self.post(key, Report::Made(None));
        }
        Ok(lane)
    }

    fn lane(&self, key: LaneKey) -> Option<Rc<PageLane>> {
        self.lanes.borrow().get(key).cloned()
    }

    fn take(&self, key: LaneKey) -> Option<Rc<PageLane>> {
        self.lanes.borrow_mut().remove(key)
    }

    fn post(&self, key: LaneKey, report: Report) {
        self.try_post(key, report).expect("strings, numbers and buffers can always be posted");
    }

    fn try_post(&self, key: LaneKey, report: Report) -> Result<(), JsValue> {
        let (message, transfer) = ToWorker::Lane(key, report).into_js();
        self.worker.post_message_with_transfer(&message, &transfer)
    }
}

/// One RTCPeerConnection and what is still to be done with it.
struct PageLane {
    key: LaneKey,
    owner: Weak<Connections>,
    connection: RtcPeerConnection,
    handlers: Handlers,
    /// Only where they could not be transferred.
    channels: RefCell<Option<Kept>>,
    given: Cell<[f64; 2]>,
    tasks: RefCell<VecDeque<Task>>,
    busy: Cell<bool>,
    connected: Cell<bool>,
    /// Whether a TURN server carries it, as last told.
    relayed: Cell<Option<bool>>,
    /// Whether the end of candidates was told.
    ended: Cell<bool>,
    me: Weak<Self>,
}

impl PageLane {
    fn report(&self, report: Report) {
        if let Some(owner) = self.owner.upgrade() {
            owner.post(self.key, report);
        }
    }

    /// Do `task` after all earlier ones.
    fn then(self: &Rc<Self>, task: Task) {
        self.tasks.borrow_mut().push_back(task);
        if self.busy.replace(true) {
            return;
        }
        let lane = self.clone();
        js_sys::futures::spawn_local(async move {
            while let Some(task) = lane.next() {
                if let Err(error) = lane.perform(task).await {
                    js::warn("RTCPeerConnection", &error);
                    lane.lost();
                }
            }
            lane.busy.set(false);
        });
    }

    fn next(&self) -> Option<Task> {
        self.tasks.borrow_mut().pop_front()
    }

    async fn perform(&self, task: Task) -> Result<(), JsValue> {
        let connection = &self.connection;
        match task {
            Task::OpenAsOfferer(_) => self.set_local(connection.create_offer().await?).await,
            Task::OpenAsAnswerer(offer, _) => {
                self.set_remote(RtcSdpType::Offer, &offer).await?;
                self.set_local(connection.create_answer().await?).await
            }
            Task::RemoteDescription(answer) => self.set_remote(RtcSdpType::Answer, &answer).await,
            Task::RemoteCandidate(line) => {
                let candidate = RtcIceCandidateInit::new(&line);
                candidate.set_sdp_mid(Some("0"));
                let added =
                    connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&candidate)).await;
                if let Err(error) = added {
                    // One address less to try; the others may do.
                    js::warn("a candidate was refused", &error);
                }
                Ok(())
            }
            Task::Send(..) | Task::Close => unreachable!("done at once, never queued"),
        }
    }

    async fn set_local(&self, description: JsValue) -> Result<(), JsValue> {
        let sdp = js::property(&description, "sdp").as_string().unwrap_or_default();
        // Told before it is set, because candidates come from then on.
        self.report(Report::LocalDescription(sdp));
        self.connection.set_local_description(description.unchecked_ref()).await?;
        Ok(())
    }

    async fn set_remote(&self, kind: RtcSdpType, sdp: &str) -> Result<(), JsValue> {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(sdp);
        self.connection.set_remote_description(&description).await?;
        Ok(())
    }

    fn on_candidate(&self, event: &RtcPeerConnectionIceEvent) {
        match event.candidate().map(|c| c.candidate()).filter(|line| !line.is_empty()) {
            Some(line) => self.report(Report::LocalCandidate(Some(line))),
            None if self.ended.replace(true) => {}
            None => self.report(Report::LocalCandidate(None)),
        }
    }

    fn on_state(self: &Rc<Self>) {
        match self.connection.connection_state() {
            RtcPeerConnectionState::Connected if !self.connected.replace(true) => {
                let lane = self.clone();
                js_sys::futures::spawn_local(async move {
                    // A better path may be found at any time from now on.
                    lane.handlers.watch_path(&lane.connection);
                    // Both are asked for before either is waited for.
                    let stats = lane.connection.get_stats();
                    let fingerprint = remote_fingerprint(&lane.connection).await;
                    let relayed = is_relayed(stats).await;
                    lane.relayed.set(Some(relayed));
                    lane.report(Report::Connected(fingerprint, relayed));
                    lane.tell_path().await;
                });
            }
            RtcPeerConnectionState::Failed | RtcPeerConnectionState::Closed => self.lost(),
            // A path that is interrupted may come back; the engine's own pings decide.
            _ => {}
        }
    }

    /// Tell whether a TURN server carries it, if that is not what was told last.
    async fn tell_path(&self) {
        let relayed = is_relayed(self.connection.get_stats()).await;
        if self.relayed.get().is_some_and(|before| before != relayed) {
            self.relayed.set(Some(relayed));
            self.report(Report::Path(relayed));
        }
    }

    /// It is of no use any more, and nobody asked for that.
    fn lost(&self) {
        let known = self.owner.upgrade().and_then(|owner| owner.take(self.key));
        self.close();
        if known.is_some() {
            self.report(Report::Closed);
        }
    }

    fn close(&self) {
        self.tasks.borrow_mut().clear();
        self.handlers.remove(&self.connection);
        if let Some(kept) = self.channels.borrow_mut().take() {
            kept.remove();
        }
        self.connection.close();
    }

    fn keep(&self, channels: [RtcDataChannel; 2]) {
        *self.channels.borrow_mut() = Some(Kept::new(channels, &self.me));
    }

    fn send(&self, channel: Channel, bytes: &Uint8Array) {
        let sent = match self.channels.borrow().as_ref() {
            Some(kept) => kept.channels[channel as usize].send_with_array_buffer_view(bytes),
            None => return,
        };
        match sent {
            Ok(()) => {
                let mut given = self.given.get();
                given[channel as usize] += f64::from(bytes.length());
                self.given.set(given);
                self.report_buffered(channel);
            }
            Err(error) => {
                js::warn("a channel took no message", &error);
                self.lost();
            }
        }
    }

    fn report_buffered(&self, channel: Channel) {
        if let Some(kept) = self.channels.borrow().as_ref() {
            let left = kept.channels[channel as usize].buffered_amount();
            let given = self.given.get()[channel as usize];
            self.report(Report::Buffered(channel, given, left.into()));
        }
    }
}

/// Listeners on a connection; they live as long as it is in use.
struct Handlers {
    candidate: Closure<dyn FnMut(RtcPeerConnectionIceEvent)>,
    state: Closure<dyn FnMut()>,
    path: Closure<dyn FnMut()>,
}

impl Handlers {
    fn new(connection: &RtcPeerConnection, lane: &Weak<PageLane>) -> Self {
        let (a, b, c) = (lane.clone(), lane.clone(), lane.clone());
        let handlers = Self {
            candidate: Closure::new(move |event| {
                if let Some(lane) = a.upgrade() {
                    lane.on_candidate(&event);
                }
            }),
            state: Closure::new(move || {
                if let Some(lane) = b.upgrade() {
                    lane.on_state();
                }
            }),
            path: Closure::new(move || {
                if let Some(lane) = c.upgrade() {
                    js_sys::futures::spawn_local(async move { lane.tell_path().await });
                }
            }),
        };
        connection.set_onicecandidate(Some(handlers.candidate.as_ref().unchecked_ref()));
        connection.set_onconnectionstatechange(Some(handlers.state.as_ref().unchecked_ref()));
        handlers
    }

    /// Browsers that have no such event leave `path` as it was when the connection came up.
    fn watch_path(&self, connection: &RtcPeerConnection) {
        on_path(connection, self.path.as_ref());
    }

    fn remove(&self, connection: &RtcPeerConnection) {
        on_path(connection, &JsValue::NULL);
        connection.set_onicecandidate(None);
        connection.set_onconnectionstatechange(None);
    }
}

/// Channels that this browser could not transfer, and their listeners.
struct Kept {
    channels: [RtcDataChannel; 2],
    _opened: [Closure<dyn FnMut()>; 2],
    _message: [Closure<dyn FnMut(MessageEvent)>; 2],
    _low: [Closure<dyn FnMut()>; 2],
    _closed: [Closure<dyn FnMut()>; 2],
}

impl Kept {
    fn new(channels: [RtcDataChannel; 2], lane: &Weak<PageLane>) -> Self {
        let both = [Channel::Control, Channel::Bulk];
        let tell = |what: fn(&PageLane, Channel)| {
            both.map(|channel| {
                let lane = lane.clone();
                Closure::<dyn FnMut()>::new(move || {
                    if let Some(lane) = lane.upgrade() {
                        what(&lane, channel);
                    }
                })
            })
        };
        let kept = Self {
            _opened: tell(|lane, channel| lane.report(Report::Opened(channel))),
            _low: tell(|lane, channel| lane.report_buffered(channel)),
            _closed: tell(|lane, _| lane.lost()),
            _message: both.map(|channel| {
                let lane = lane.clone();
                Closure::new(move |event: MessageEvent| {
                    if let Some(lane) = lane.upgrade() {
                        lane.report(Report::Message(channel, super::lane::binary(&event)));
                    }
                })
            }),
            channels,
        };
        for (i, channel) in kept.channels.iter().enumerate() {
            channel.set_binary_type(RtcDataChannelType::Arraybuffer);
            channel.set_buffered_amount_low_threshold(super::credit::LOW);
            channel.set_onopen(Some(kept._opened[i].as_ref().unchecked_ref()));
            channel.set_onmessage(Some(kept._message[i].as_ref().unchecked_ref()));
            channel.set_onbufferedamountlow(Some(kept._low[i].as_ref().unchecked_ref()));
            channel.set_onclose(Some(kept._closed[i].as_ref().unchecked_ref()));
        }
        kept
    }

    fn remove(&self) {
        for channel in &self.channels {
            super::lane::unhook(channel);
        }
    }
}

fn negotiated(connection: &RtcPeerConnection, channel: Channel) -> RtcDataChannel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(channel as u16);
    connection.create_data_channel_with_data_channel_dict("", &init)
}

/// Let `listener` hear when ICE chooses another path.
fn on_path(connection: &RtcPeerConnection, listener: &JsValue) {
    let transport = js::property(&js::property(connection, "sctp"), "transport");
    let ice = js::property(&transport, "iceTransport");
    if ice.is_object()
        && let Err(error) = Reflect::set(&ice, &"onselectedcandidatepairchange".into(), listener)
    {
        js::warn("a change of path will not be told", &error);
    }
}

/// SHA-256 of the certificate that the remote showed, where the browser tells (Chromium does).
async fn remote_fingerprint(connection: &RtcPeerConnection) -> Option<Vec<u8>> {
    let transport = js::property(&js::property(connection, "sctp"), "transport");
    let certificates: Array = js::call(&transport, "getRemoteCertificates")?.dyn_into().ok()?;
    let certificate = certificates.get(0);
    if certificate.is_undefined() {
        return None;
    }
    let digest = js::digest("SHA-256", &certificate).await.ok()?;
    Some(Uint8Array::new(&digest).to_vec())
}

/// Whether either end of the path in use is a TURN server's.
async fn is_relayed(stats: Promise) -> bool {
    let Ok(report) = stats.await else {
        return false;
    };
    let report: &js_sys::Map = report.unchecked_ref();
    let text = |of: &JsValue, name: &str| js::property(of, name).as_string().unwrap_or_default();
    let mut pair = JsValue::UNDEFINED;
    let mut named = String::new();
    report.for_each(&mut |stats, _| match text(&stats, "type").as_str() {
        "transport" => named = text(&stats, "selectedCandidatePairId"),
        // Firefox has no transport stats but marks the pair.
        "candidate-pair" if js::property(&stats, "selected").is_truthy() => pair = stats,
        _ => {}
    });
    if !named.is_empty() {
        pair = report.get(&named.into());
    }
    ["localCandidateId", "remoteCandidateId"]
        .iter()
        .any(|end| text(&report.get(&js::property(&pair, end)), "candidateType") == "relay")
}
