//! [`World`]: nodes, their network and their clock; runs until something is so.

use crate::content::Content;
use crate::context::{Context, Net};
use crate::happening::{Happening, Life, NodeId};
use crate::hub::{Client, Hub, SocketId};
use crate::lane::{LaneKey, Lanes, Reports};
use crate::rng::Rng;
use crate::sdp::Flavour;
use crate::store::Store;
use crate::trace;
use crate::view::View;
use peer_core::error::CommandError;
use peer_core::id::{CommandId, RoomId};
use peer_core::io::{Command, Input, Output, Reason, SignalInput, SignalOp};
use peer_core::time::Instant;
use peer_core::{Config, Peer, Seed};
use std::collections::BTreeMap;

/// How long a story waits for something, in virtual ms. Every back-off and give-up of the engine fits many times.
const PATIENCE: u64 = 300_000;
/// Timeouts handled at one instant before the engine is said to spin.
const SPINS: u32 = 1_000;

/// A page of one person, with its engine and its disk.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) flavour: Flavour,
    pub(crate) life: Life,
    pub(crate) peer: Option<Peer>,
    pub(crate) view: View,
    pub(crate) store: Store,
    pub(crate) sockets: BTreeMap<RoomId, (SocketId, bool)>,
    spins: (u64, u32),
}

/// Everything, under one clock and one seed.
pub struct World {
    seed: u64,
    pub(crate) nodes: Vec<Node>,
    pub(crate) hub: Hub,
    pub(crate) lanes: Lanes,
    pub(crate) cx: Context,
}

impl World {
    /// An empty world with a good network.
    pub fn new(seed: u64) -> Self {
        Self { seed, nodes: Vec::new(), hub: Hub::default(), lanes: Lanes::default(), cx: Context::new(seed) }
    }

    /// An empty world with this network.
    pub fn with_net(seed: u64, net: Net) -> Self {
        let mut world = Self::new(seed);
        world.cx.net = net;
        world
    }

    /// A person with a browser; every second one has Firefox.
    pub fn node(&mut self, name: &str) -> NodeId {
        let flavour = if self.nodes.len().is_multiple_of(2) { Flavour::Chromium } else { Flavour::Firefox };
        self.node_with(name, flavour)
    }

    /// A person with this browser.
    pub fn node_with(&mut self, name: &str, flavour: Flavour) -> NodeId {
        self.nodes.push(Node {
            name: name.into(),
            flavour,
            life: 0,
            peer: None,
            view: View::default(),
            store: Store::default(),
            sockets: BTreeMap::new(),
            spins: (0, 0),
        });
        let id = NodeId(self.nodes.len() - 1);
        self.start_page(id);
        id
    }

    /// The virtual time in ms.
    pub fn now(&self) -> u64 {
        self.cx.now
    }

    /// The network, to make it better or worse.
    pub fn net(&mut self) -> &mut Net {
        &mut self.cx.net
    }

    /// The world's dice, for stories that choose.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.cx.rng
    }

    /// What the node's page shows.
    pub fn view(&self, node: NodeId) -> &View {
        &self.nodes[node.0].view
    }

    /// Digest of everything that happened: equal seeds and stories must have equal ones.
    pub fn digest(&self) -> [u8; 32] {
        self.cx.trace.digest()
    }

    /// Carry out a command.
    ///
    /// # Errors
    /// What the engine says.
    pub fn try_command(&mut self, node: NodeId, command: Command) -> Result<CommandId, CommandError> {
        self.note(node, &format!("command: {command:?}"));
        let now = self.instant();
        let result = self.peer(node).submit(command, now);
        self.drain(node);
        result
    }

    /// Carry out a command that must be accepted.
    pub fn command(&mut self, node: NodeId, command: Command) -> CommandId {
        let told = format!("{command:?}");
        match self.try_command(node, command) {
            Ok(id) => id,
            Err(error) => panic!("{told}: {error}"),
        }
    }

    /// Hand an input to a node's engine, as its shell would.
    pub fn input(&mut self, node: NodeId, input: Input) {
        self.note(node, &trace::input(&input));
        let now = self.instant();
        self.peer(node).handle_input(input, now);
        self.drain(node);
    }

    /// Let one thing happen; false if nothing ever will again.
    pub fn step(&mut self) -> bool {
        let due = |node: &Node| node.peer.as_ref().and_then(Peer::poll_timeout);
        let timers = self.nodes.iter().enumerate().filter_map(|(i, node)| Some((due(node)?, NodeId(i))));
        let timer = timers.min_by_key(|((at, _), node)| (*at, *node));
        match (timer, self.cx.next_at()) {
            (Some(((at, reason), node)), next) if next.is_none_or(|next| at.as_millis() < next) => {
                self.cx.now = self.cx.now.max(at.as_millis());
                self.time_out(node, reason);
            }
            (_, Some(_)) => {
                let happening = self.cx.pop().expect("it has a next one");
                self.happen(happening);
            }
            (_, None) => return false,
        }
        true
    }

    /// Run until `condition` holds.
    ///
    /// # Panics
    /// If it does not within five virtual minutes.
    pub fn run_until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let end = self.cx.now + PATIENCE;
        while !condition(self) {
            assert!(self.step(), "nothing more will happen, but not: {what}");
            assert!(self.cx.now <= end, "not within {} s: {what}", PATIENCE / 1000);
        }
    }

    /// Let `ms` go by.
    pub fn run_for(&mut self, ms: u64) {
        let end = self.cx.now + ms;
        while self.next_at().is_some_and(|at| at <= end) {
            self.step();
        }
        self.cx.now = end;
    }

    fn next_at(&self) -> Option<u64> {
        let timers = self.nodes.iter().filter_map(|node| node.peer.as_ref()?.poll_timeout());
        timers.map(|(at, _)| at.as_millis()).chain(self.cx.next_at()).min()
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.cx.now)
    }

    fn peer(&mut self, node: NodeId) -> &mut Peer {
        self.nodes[node.0].peer.as_mut().expect("the node's page is open")
    }

    fn note(&mut self, node: NodeId, line: &str) {
        let line = format!("{} {line}", self.nodes[node.0].name);
        self.cx.trace.note(self.cx.now, &line);
    }

    pub(crate) fn start_page(&mut self, id: NodeId) {
        let seed = Seed(self.cx.rng.bytes());
        let now = self.instant();
        let node = &mut self.nodes[id.0];
        node.life += 1;
        node.view = View::default();
        node.peer = Some(Peer::new(Config::default(), seed, now));
    }

    /// The page goes away: `polite` as a closed tab, else as a killed browser.
    pub(crate) fn stop_page(&mut self, id: NodeId, polite: bool) {
        self.note(id, if polite { "page closed" } else { "browser killed" });
        let node = &mut self.nodes[id.0];
        node.peer = None;
        for (socket, _) in std::mem::take(&mut node.sockets).into_values() {
            self.hub.leave(socket, true, &mut self.cx); // the system closes TCP either way
        }
        self.lanes.unload(id, polite, &mut self.cx);
    }

    fn time_out(&mut self, id: NodeId, reason: Reason) {
        let now = self.cx.now;
        let node = &mut self.nodes[id.0];
        node.spins = if node.spins.0 == now { (now, node.spins.1 + 1) } else { (now, 0) };
        assert!(node.spins.1 < SPINS, "{} spins for {reason:?}", node.name);
        self.note(id, &format!("due: {reason:?}"));
        self.input(id, Input::Timeout);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::SocketOpens(socket) => {
                if self.hub.opens(socket)
                    && let Some((node, room)) = self.holder(socket)
                {
                    self.nodes[node.0].sockets.insert(room, (socket, true));
                    self.input(node, Input::Signal { room, input: SignalInput::Connected });
                }
            }
            Happening::AtServer(socket, bytes) => self.hub.handle(socket, bytes, &mut self.cx),
            Happening::AtClient(socket, message) => {
                if !self.hub.reaches_client(socket, &message) {
                    return;
                }
                if let Some(inbox) = self.hub.scripts.get_mut(&socket) {
                    inbox.push(message);
                } else if let Some((node, room)) = self.holder(socket) {
                    let input = SignalInput::Message(message.encode());
                    self.input(node, Input::Signal { room, input });
                }
            }
            Happening::NonsenseAtClient(socket, bytes) => {
                if let Some((node, room)) = self.holder(socket) {
                    self.input(node, Input::Signal { room, input: SignalInput::Message(bytes) });
                }
            }
            Happening::ServerNotices(socket) => self.hub.notices(socket, &mut self.cx),
            Happening::SocketStalls(socket) => self.hub.stalls(socket, &mut self.cx),
            Happening::ClientNotices(socket, code) => {
                let holder = self.holder(socket);
                self.hub.notices(socket, &mut self.cx);
                if let Some((node, room)) = holder {
                    self.nodes[node.0].sockets.remove(&room);
                    self.input(node, Input::Signal { room, input: SignalInput::Disconnected { code } });
                }
            }
            Happening::Lane(key, step) => {
                let reports = self.lanes.step(key, step, &mut self.cx);
                self.report(reports);
            }
            Happening::Stored(node, life, request, write) => {
                if self.nodes[node.0].life == life && self.nodes[node.0].peer.is_some() {
                    let result = self.nodes[node.0].store.carry_out(write).map(Into::into);
                    self.input(node, Input::Stored { request, result });
                }
            }
        }
    }

    /// Whose socket it is, if the page is still there and has not dropped it.
    fn holder(&self, socket: SocketId) -> Option<(NodeId, RoomId)> {
        let Client::Node(node, life, room) = self.hub.client(socket)? else { return None };
        let owner = &self.nodes[node.0];
        let current = owner.sockets.get(&room).is_some_and(|(held, _)| *held == socket);
        (owner.life == life && owner.peer.is_some() && current).then_some((node, room))
    }

    fn report(&mut self, reports: Reports) {
        for (key, input) in reports {
            let node = &self.nodes[key.node.0];
            if node.life == key.life && node.peer.is_some() && self.lanes.takes(key, &input) {
                self.input(key.node, Input::Link { link: key.link, lane: key.lane, input });
            }
        }
    }

    fn drain(&mut self, id: NodeId) {
        while let Some(output) = self.peer(id).poll_output() {
            self.note(id, &trace::output(&output));
            self.perform(id, output);
        }
        self.nodes[id.0].view.check();
    }

    fn perform(&mut self, id: NodeId, output: Output) {
        let node = &mut self.nodes[id.0];
        match output {
            Output::Event(event) => node.view.apply(event),
            Output::Store(op) => node.store.perform(id, node.life, op, &mut self.cx),
            Output::Link { link, lane, op } => {
                let key = LaneKey { node: id, life: node.life, link, lane };
                self.lanes.perform(key, node.flavour, op, &mut self.cx);
            }
            Output::Signal { room, op } => match op {
                SignalOp::Connect => {
                    let socket = self.hub.connect(Client::Node(id, node.life, room), &mut self.cx);
                    let former = node.sockets.insert(room, (socket, false));
                    assert!(former.is_none(), "{}: a second socket for one room", node.name);
                }
                SignalOp::Send(bytes) => match node.sockets.get(&room) {
                    Some((socket, true)) => self.hub.send(*socket, bytes, &mut self.cx),
                    Some((_, false)) | None => panic!("{}: sent without a connected socket", node.name),
                },
                SignalOp::Disconnect => {
                    let (socket, _) = node.sockets.remove(&room).expect("closed a socket that it has");
                    self.hub.leave(socket, true, &mut self.cx);
                }
            },
        }
    }

    /// A file for `node` to share.
    pub(crate) fn add_source(&mut self, node: NodeId, content: Content) -> peer_core::id::SourceId {
        self.nodes[node.0].store.add_source(content)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "{}\nthe above are the last lines; run again with SIM_SEED={}",
                self.cx.trace.tail(),
                self.seed
            );
        }
    }
}
