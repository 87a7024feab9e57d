//! What goes wrong, in the words of a story: reloads, crashes, full disks, lost networks, and the hostile.

use crate::happening::NodeId;
use crate::hub::{Client, Interceptor, Passing, SocketId};
use crate::lane::{LaneKey, Tap};
use crate::turn::{Desk, Opening};
use crate::world::World;
use peer_core::error::StoreFailure;
use peer_core::id::{Fingerprint, LinkId};
use peer_core::io::{Channel, Command, Hidden, Input, LinkInput};
use signal_proto::{ClientMessage, Refusal, ServerMessage};

/// What goes wrong.
impl World {
    /// F5: the page closes politely and comes back with all that it had asked to keep.
    pub fn reload(&mut self, node: NodeId) {
        self.stop_page(node, true);
        self.nodes[node.0].store.unload(usize::MAX);
        self.reopen(node);
    }

    /// The browser is killed: no word to anybody; of what was not yet durable the first `kept` records survive.
    pub fn crash(&mut self, node: NodeId, kept: usize) {
        self.stop_page(node, false);
        self.nodes[node.0].store.unload(kept);
        self.reopen(node);
    }

    /// Records asked for and not yet durable.
    pub fn unwritten(&self, node: NodeId) -> usize {
        self.nodes[node.0].store.unwritten.len()
    }

    /// The tab is closed for good.
    pub fn close(&mut self, node: NodeId, polite: bool) {
        self.stop_page(node, polite);
        self.nodes[node.0].store.unload(usize::MAX);
    }

    /// Open the page again with what the store holds.
    pub fn reopen(&mut self, node: NodeId) {
        self.reopen_by(node, None);
    }

    /// Open the page again by a link, with what the store holds.
    pub fn reopen_by(&mut self, node: NodeId, link: Option<&str>) {
        self.start_page(node);
        let stored: Vec<_> = self.nodes[node.0].store.records.values().cloned().collect();
        for records in stored {
            let records = records.into_iter().collect();
            self.command(
                node,
                Command::OpenRoom { records: Hidden(records), link: link.map(|link| Hidden(link.into())) },
            );
        }
    }

    /// All records that the node's store holds.
    pub fn records(&self, node: NodeId) -> Vec<(Vec<u8>, Vec<u8>)> {
        let stored = &self.nodes[node.0].store.records;
        stored.values().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Every put of the node's store fails from now on (or no more).
    pub fn fail_puts(&mut self, node: NodeId, fault: Option<StoreFailure>) {
        self.nodes[node.0].store.put_fault = fault;
    }

    /// Every write into a received file fails from now on (or no more).
    pub fn fail_writes(&mut self, node: NodeId, fault: Option<StoreFailure>) {
        self.nodes[node.0].store.write_fault = fault;
    }

    /// The node has room for files of at most so many bytes.
    pub fn limit_space(&mut self, node: NodeId, space: u64) {
        self.nodes[node.0].store.sink_space = Some(space);
    }

    /// The signaling server drops everybody and is back at once.
    pub fn restart_signaling(&mut self) {
        self.hub.stop(false, &mut self.cx);
    }

    /// The signaling server is away until [`World::start_signaling`].
    pub fn stop_signaling(&mut self) {
        self.hub.stop(true, &mut self.cx);
    }

    /// The signaling server is back.
    pub fn start_signaling(&mut self) {
        self.hub.start();
    }

    /// Openings of sockets get no answer at all from now on (or again).
    pub fn swallow_openings(&mut self, swallows: bool) {
        self.hub.swallows = swallows;
    }

    /// The server refuses every join from now on (or no more).
    pub fn refuse_joins(&mut self, reason: Option<Refusal>) {
        self.hub.refuses = reason;
    }

    /// The node's way to the server is gone.
    pub fn cut_signal(&mut self, node: NodeId) {
        self.hub.cut(node, &mut self.cx);
    }

    /// It is back.
    pub fn heal_signal(&mut self, node: NodeId) {
        self.hub.heal(node, &mut self.cx);
    }

    /// Nothing crosses between two nodes any more.
    pub fn cut_lanes(&mut self, one: NodeId, other: NodeId) {
        self.lanes.cut(one, other);
    }

    /// It does again.
    pub fn heal_lanes(&mut self, one: NodeId, other: NodeId) {
        self.lanes.heal(one, other, &mut self.cx);
    }

    /// The node's Wi-Fi is gone.
    pub fn cut_wifi(&mut self, node: NodeId) {
        self.cut_signal(node);
        for other in (0..self.nodes.len()).map(NodeId).filter(|other| *other != node) {
            self.cut_lanes(node, other);
        }
    }

    /// It is back.
    pub fn heal_wifi(&mut self, node: NodeId) {
        self.heal_signal(node);
        for other in (0..self.nodes.len()).map(NodeId).filter(|other| *other != node) {
            self.heal_lanes(node, other);
        }
    }
}

/// What the hostile do, and what a court would ask.
impl World {
    /// Put a man in the middle into the server.
    pub fn intercept(&mut self, interceptor: Interceptor) {
        self.hub.interceptor = Some(interceptor);
    }

    /// Take him out.
    pub fn trust_again(&mut self) {
        self.hub.interceptor = None;
    }

    /// The server says something of its own to a socket.
    pub fn inject(&mut self, to: SocketId, message: ServerMessage) {
        self.hub.lies = true;
        self.hub.pass(Passing { to, from: None, message }, &mut self.cx);
    }

    /// A socket that the test speaks on itself.
    pub fn script(&mut self) -> SocketId {
        let socket = self.hub.connect(Client::Script, &mut self.cx);
        self.hub.scripts.insert(socket, Vec::new());
        self.run_for(2_000);
        socket
    }

    /// Speak on it.
    pub fn script_send(&mut self, socket: SocketId, message: &ClientMessage) {
        self.hub.send(socket, message.encode(), &mut self.cx);
    }

    /// Take what it has heard.
    pub fn script_heard(&mut self, socket: SocketId) -> Vec<ServerMessage> {
        self.hub.scripts.get_mut(&socket).map(std::mem::take).unwrap_or_default()
    }

    /// The node's socket, once it is open.
    pub fn socket(&self, node: NodeId) -> Option<SocketId> {
        let mut open = self.nodes[node.0].sockets.values().filter(|(_, open)| *open);
        open.next().map(|(socket, _)| *socket)
    }

    /// When the node's engine asked for a socket, ever.
    pub fn socket_tries(&self, node: NodeId) -> Vec<u64> {
        let own = |client: &Client| matches!(client, Client::Node(owner, ..) if *owner == node);
        self.hub.tries.iter().filter(|(_, client)| own(client)).map(|(at, _)| *at).collect()
    }

    /// Who holds a socket.
    pub fn client(&self, socket: SocketId) -> Option<Client> {
        self.hub.client(socket)
    }

    /// Every byte that the server ever received.
    pub fn server_received(&self) -> Vec<u8> {
        self.hub.received.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    /// What the server received, message by message.
    pub fn server_messages(&self) -> &[(SocketId, Vec<u8>)] {
        &self.hub.received
    }

    /// Peer connections that the node ever made.
    pub fn lanes_opened(&self, node: NodeId) -> usize {
        self.lanes.opened.get(&node).copied().unwrap_or(0)
    }

    /// The node's connections that are up, each with the other end.
    pub fn lanes_up(&self, node: NodeId) -> Vec<(LaneKey, LaneKey)> {
        self.lanes.up(node)
    }

    /// The node's connections that are coming up.
    pub fn lanes_opening(&self, node: NodeId) -> Vec<LaneKey> {
        self.lanes.opening(node)
    }

    /// A hostile member's hand on the channels.
    pub fn tap(&mut self, tap: Option<Tap>) {
        self.lanes.tap = tap;
    }

    /// The node's browser sees this certificate at the far end of every lane from now on.
    pub fn forge_fingerprint(&mut self, node: NodeId, seen: Option<Fingerprint>) {
        match seen {
            Some(seen) => self.lanes.forged.insert(node, seen),
            None => self.lanes.forged.remove(&node),
        };
    }

    /// A message arrives at an end of a lane that its other end never sent.
    pub fn lane_data(&mut self, to: LaneKey, channel: Channel, bytes: Vec<u8>) {
        let LaneKey { node, link, lane, .. } = to;
        self.input(node, Input::Link { link, lane, input: LinkInput::Data(channel, bytes.into()) });
    }

    /// The link of `node` to `other` that is up, if there is exactly one.
    pub fn only_link(&self, node: NodeId, other: NodeId) -> Option<LinkId> {
        match self.lanes_up(node).into_iter().filter(|(_, to)| to.node == other).collect::<Vec<_>>()[..] {
            [(own, _)] => Some(own.link),
            _ => None,
        }
    }

    /// What the server has from now on for who asks for TURN.
    pub fn turn_desk(&mut self, desk: Desk) {
        self.hub.turn.desk = desk;
    }

    /// How often the server was asked for TURN.
    pub fn turn_asked(&self) -> usize {
        self.hub.turn.asked
    }

    /// Every connection that was ever opened, in order.
    pub fn openings(&self) -> &[Opening] {
        &self.lanes.openings
    }
}
