//! What people do, in the words of a story: make a room, knock, let in, talk, share, save.

use crate::content::Content;
use crate::context::Net;
use crate::happening::NodeId;
use crate::store::{Sink, SinkState};
use crate::view::{Member, View};
use crate::world::World;
use peer_core::error::StoreFailure;
use peer_core::id::{EntryId, FileId, KnockId, MemberId, RoomId, Root, SinkId, SourceId};
use peer_core::io::{Command, FileState, NewFile, Presence};

/// The seeds a test runs with: `SIM_SEED` alone, or `SIM_SEEDS` many, or `few`.
pub fn seeds(few: u64) -> impl Iterator<Item = u64> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match (number("SIM_SEED"), number("SIM_SEEDS")) {
        (Some(one), _) => one..one + 1,
        (None, Some(many)) => 1..many + 1,
        (None, None) => 1..few + 1,
    }
}

/// A world with a good network and one with a bad one for each of [`seeds`].
pub fn worlds(few: u64) -> impl Iterator<Item = World> {
    seeds(few).flat_map(|seed| [World::with_net(seed, Net::good()), World::with_net(seed, Net::bad())])
}

/// Rooms, people and doors.
impl World {
    /// A host with a room of its own; the room's link.
    pub fn host(&mut self, name: &str) -> (NodeId, String) {
        let host = self.node(name);
        let link = self.create_room(host);
        (host, link)
    }

    /// Make a room; its link.
    pub fn create_room(&mut self, node: NodeId) -> String {
        let name = self.nodes[node.0].name.clone();
        self.command(node, Command::CreateRoom { name });
        self.run_until("the room is ready", |world| world.view(node).ready.is_some());
        self.link(node)
    }

    /// A person who knocks with `link`.
    pub fn guest(&mut self, name: &str, link: &str) -> NodeId {
        let node = self.node(name);
        self.join(node, link);
        node
    }

    /// Knock.
    pub fn join(&mut self, node: NodeId, link: &str) {
        let name = self.nodes[node.0].name.clone();
        self.command(node, Command::JoinRoom { link: String::from(link).into(), name });
    }

    /// Wait until the host is asked about the person called as `guest` is, and the guest sees the same digits.
    pub fn knock(&mut self, host: NodeId, guest: NodeId) -> KnockId {
        let (_, _, key) = self.ready(guest);
        let asked = move |world: &Self| {
            let card = world.view(host).knocks.iter().find(|(_, knock)| knock.member == key);
            let shown = match &world.view(guest).presence {
                Some(Presence::Asked { sas }) => sas.clone(),
                Some(_) | None => return None,
            };
            card.map(|(id, knock)| (*id, knock.sas.clone(), shown))
        };
        self.run_until("the knock is shown on both sides", |world| asked(world).is_some());
        let (knock, here, there) = asked(self).expect("it is shown");
        assert_eq!(here, there, "both read the same digits");
        knock
    }

    /// Let somebody in who knocks, and wait until both are linked.
    pub fn admit(&mut self, host: NodeId, guest: NodeId) {
        let knock = self.knock(host, guest);
        let room = self.room(host);
        self.command(host, Command::Admit { room, knock });
        self.run_until("the guest is in", |world| world.view(guest).member);
        self.linked(&[host, guest]);
    }

    /// A room of `size` people, all linked, the first being the host.
    pub fn room_of(&mut self, size: usize) -> Vec<NodeId> {
        const NAMES: [&str; 8] = ["Hanna", "Gustav", "Ines", "Jorge", "Kaya", "Liv", "Mio", "Nora"];
        let (host, link) = self.host(NAMES[0]);
        let mut all = vec![host];
        for name in &NAMES[1..size] {
            let guest = self.guest(name, &link);
            self.admit(host, guest);
            all.push(guest);
        }
        self.linked(&all);
        self.run_until("everybody knows everybody", |world| {
            all.iter().all(|one| all.iter().all(|other| world.sees(*one, *other).is_some()))
        });
        all
    }

    /// Wait until everybody is linked with everybody.
    pub fn linked(&mut self, nodes: &[NodeId]) {
        let keys: Vec<(NodeId, MemberId)> = nodes.iter().map(|node| (*node, self.ready(*node).2)).collect();
        self.run_until("everybody is linked", |world| {
            keys.iter().all(|(node, own)| {
                keys.iter().all(|(_, other)| own == other || world.view(*node).linked(*other))
            })
        });
    }

    /// Room, link and own key of a node.
    pub fn ready(&self, node: NodeId) -> (RoomId, String, MemberId) {
        self.view(node).ready.clone().expect("its room is ready")
    }

    /// The node's room.
    pub fn room(&self, node: NodeId) -> RoomId {
        self.ready(node).0
    }

    /// The room's link as the node has it.
    pub fn link(&self, node: NodeId) -> String {
        self.ready(node).1
    }

    /// The node's key.
    pub fn key(&self, node: NodeId) -> MemberId {
        self.ready(node).2
    }

    /// How `node` sees `other`.
    pub fn sees(&self, node: NodeId, other: NodeId) -> Option<&Member> {
        self.view(node).members.get(&self.key(other))
    }
}

/// Chat and files.
impl World {
    /// Say something.
    pub fn say(&mut self, node: NodeId, text: &str) {
        let (room, sent_at) = (self.room(node), 1_700_000_000_000 + self.now());
        self.command(node, Command::Say { room, text: text.into(), sent_at });
    }

    /// Wait until each of `nodes` shows the same chat of `count` messages.
    pub fn same_chat(&mut self, nodes: &[NodeId], count: usize) {
        self.run_until("everybody has the whole chat", |world| {
            nodes.iter().all(|node| world.view(*node).chat.len() == count)
        });
        for node in nodes {
            assert_eq!(self.view(*node).chat, self.view(nodes[0]).chat, "everybody reads the same order");
        }
    }

    /// Share one file; wait until it is on one's own shelf.
    pub fn share(&mut self, node: NodeId, name: &str, content: Content) -> FileId {
        let source = self.add_source(node, content);
        let room = self.room(node);
        let me = self.key(node);
        let own = move |view: &View| {
            let shelf = view.shelf.iter().filter(move |(_, share)| share.author == me);
            shelf.map(|((_, id), _)| *id).collect::<Vec<EntryId>>()
        };
        let before = own(self.view(node));
        let new = NewFile { source, name: name.into(), size: content.size };
        self.command(node, Command::Share { room, files: vec![new] });
        let fresh = |view: &View| own(view).into_iter().find(|id| !before.contains(id));
        self.run_until("the share is on the own shelf", |world| fresh(world.view(node)).is_some());
        FileId { share: fresh(self.view(node)).expect("it is there"), index: 0 }
    }

    /// Start to save a file, once it is on the shelf.
    pub fn fetch(&mut self, node: NodeId, file: FileId) -> SinkId {
        self.run_until("the file is on the shelf", |world| world.view(node).files.contains_key(&file));
        let sink = self.nodes[node.0].store.add_sink();
        let room = self.room(node);
        self.command(node, Command::Fetch { room, file, sink });
        sink
    }

    /// Wait until a file is done and check every byte of it.
    pub fn saved(&mut self, node: NodeId, file: FileId, sink: SinkId, content: Content) {
        self.run_until("the file is done", |world| {
            matches!(world.file(node, file), FileState::Done { .. } | FileState::Failed { .. })
        });
        assert_eq!(self.file(node, file), FileState::Done { root: Root(content.hash()) });
        let sink = self.sink(node, sink);
        assert_eq!(sink.state, SinkState::Kept);
        assert!(sink.bytes == content.read(0, sink.bytes.len()), "the very bytes");
        assert_eq!(sink.bytes.len() as u64, content.size);
    }

    /// The state of a file.
    pub fn file(&self, node: NodeId, file: FileId) -> FileState {
        *self.view(node).files.get(&file).expect("the file is on the shelf")
    }

    /// A file being received.
    pub fn sink(&self, node: NodeId, sink: SinkId) -> &Sink {
        &self.nodes[node.0].store.sinks[&sink]
    }

    /// Verified bytes of a fetch.
    pub fn verified(&self, node: NodeId, file: FileId) -> u64 {
        self.view(node).verified.get(&file).copied().unwrap_or(0)
    }

    /// Register a file without sharing it.
    pub fn choose(&mut self, node: NodeId, content: Content) -> SourceId {
        self.add_source(node, content)
    }

    /// Whether the engine may still read this file: it has not let go of it.
    pub fn holds_source(&self, node: NodeId, source: SourceId) -> bool {
        self.nodes[node.0].store.sources.contains_key(&source)
    }

    /// Reading any of the node's shared files fails from now on.
    pub fn break_sources(&mut self, node: NodeId, fault: StoreFailure) {
        for source in self.nodes[node.0].store.sources.values_mut() {
            source.fault = Some(fault);
        }
    }

    /// Reading one of them fails from now on.
    pub fn break_source(&mut self, node: NodeId, source: SourceId, fault: StoreFailure) {
        self.nodes[node.0].store.sources.get_mut(&source).expect("it is still held").fault = Some(fault);
    }

    /// The node's shared files get other bytes of the same length, and nothing says so.
    pub fn alter_sources(&mut self, node: NodeId) {
        for source in self.nodes[node.0].store.sources.values_mut() {
            source.content.seed ^= 0x5EED;
        }
    }

    /// Most reads of the node's shared files that were ever under way at once.
    pub fn most_reads(&self, node: NodeId) -> usize {
        self.nodes[node.0].store.most_reads
    }

    /// The node's shared files in the order in which each was first read.
    pub fn read_first(&self, node: NodeId) -> &[SourceId] {
        &self.nodes[node.0].store.read_first
    }

    /// Bytes read from the node's shared files.
    pub fn bytes_read(&self, node: NodeId) -> u64 {
        self.nodes[node.0].store.sources.values().map(|source| source.reads).sum()
    }
}
