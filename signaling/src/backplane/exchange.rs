//! What this node tells the others and what it has asked them, as a plain value: no I/O, no clock, no randomness.
//!
//! Everything in here is bounded, however slow Redis is and whatever comes from it.

use super::nodes::{MAX_NODES, Nodes};
use super::{Backplane, Channel, Garbage, Key, MAX_PLACES, Name, Note, What};
use crate::hub::{Hub, NodeId, Relay};
use crate::metrics::Traffic;
use signal_proto::{Handle, Role, Tag};
use std::collections::{HashMap, HashSet, VecDeque};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Bytes of envelopes that may wait for Redis; more are given up, and their senders send again. 8 MiB: a second of
/// thirty busy members.
const MAX_RELAY_BYTES: usize = 8 * 1024 * 1024;
/// Anything that may wait for Redis. It only gets near if Redis does not follow at all; then the connection is given
/// up, and the next one begins by telling everything anew.
const MAX_JOBS: usize = 262_144;

/// See the module.
#[derive(Debug)]
pub(crate) struct Exchange {
    backplane: Backplane,
    traffic: Traffic,
    /// Our name while connected.
    name: Option<Name>,
    tags: HashMap<Key, Entry>,
    /// What Redis has been asked to send us.
    channels: HashSet<Key>,
    /// For which there is a [`Job::Heed`].
    heeding: HashSet<Key>,
    jobs: VecDeque<Job>,
    relay_bytes: usize,
    overloaded: bool,
    nodes: Nodes,
}

/// A tag that somebody here is on or about to join.
#[derive(Debug)]
struct Entry {
    tag: Tag,
    holders: usize,
    /// Whether the others have been asked on this connection. Not before is anything heard: what came until then may
    /// have been taken back while we did not listen.
    listening: bool,
    /// Whether telling its places is among the jobs already.
    telling: bool,
    answers: Answers,
}

#[derive(Debug)]
enum Answers {
    /// Those who wait are woken by the end of the channel.
    Awaited {
        from: Vec<Name>,
        expected: Option<usize>,
        waiting: Vec<oneshot::Sender<()>>,
    },
    Complete,
}

/// Ends when the others have told who is on a tag, or cannot be asked.
pub(crate) type Answered = oneshot::Receiver<()>;

/// What is to be done, in this order.
#[derive(Debug)]
enum Job {
    /// If somebody here is on the tag by then, listen to it, tell what we have there and ask the others; otherwise tell
    /// that we have nothing there, and listen no more. So those who come and go at once cost nothing.
    Heed(Key),
    /// Tell what we have there.
    Tell(Key),
    Relay(Key, Note),
}

/// One command for Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Subscribe(String),
    Unsubscribe(String),
    Publish {
        channel: String,
        bytes: Vec<u8>,
        /// The tag that is asked about: how many hear it is how many answers there will be.
        ask: Option<Key>,
    },
}

/// What another node has told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Places { node: NodeId, tag: Tag, places: Vec<(Handle, Role)> },
    Relay { node: NodeId, tag: Tag, from: Handle, to: Option<Handle>, bytes: Vec<u8> },
}

impl Exchange {
    /// Nobody is known, and there is no connection.
    pub(crate) fn new(backplane: Backplane, traffic: Traffic) -> Self {
        Self {
            nodes: Nodes::new(backplane.silence),
            backplane,
            traffic,
            name: None,
            tags: HashMap::new(),
            channels: HashSet::new(),
            heeding: HashSet::new(),
            jobs: VecDeque::new(),
            relay_bytes: 0,
            overloaded: false,
        }
    }

    /// A socket is about to join `tag`. The others are asked about it unless they were.
    pub(crate) fn enter(&mut self, tag: Tag) -> Option<Answered> {
        let key = Key::of(tag);
        let connected = self.name.is_some();
        let entry = self.tags.entry(key).or_insert_with(|| {
            let answers = if connected { Answers::awaited() } else { Answers::Complete };
            Entry { tag, holders: 0, listening: false, telling: false, answers }
        });
        entry.holders += 1;
        let is_first = entry.holders == 1;
        let answered = match &mut entry.answers {
            Answers::Awaited { waiting, .. } => {
                let (sender, receiver) = oneshot::channel();
                waiting.push(sender);
                Some(receiver)
            }
            Answers::Complete => None,
        };
        if is_first {
            self.heed(key);
        }
        answered
    }

    /// A socket that had entered `tag` is off it. Tells whether it was the last one.
    pub(crate) fn leave(&mut self, tag: Tag) -> bool {
        let key = Key::of(tag);
        let Some(entry) = self.tags.get_mut(&key) else { return false };
        entry.holders -= 1;
        if entry.holders > 0 {
            self.tell(key);
            return false;
        }
        self.tags.remove(&key);
        self.heed(key);
        true
    }

    /// Our places on `tag` have changed.
    pub(crate) fn changed(&mut self, tag: Tag) {
        self.tell(Key::of(tag));
    }

    /// An envelope for other nodes' places.
    pub(crate) fn relay(&mut self, Relay { tag, from, to, bytes, copies: _ }: Relay) {
        let size = size_of::<Job>() + bytes.len();
        let Some(name) = self.name.filter(|_| self.relay_bytes + size <= MAX_RELAY_BYTES) else {
            self.traffic.dropped.inc();
            return;
        };
        self.relay_bytes += size;
        self.push(Job::Relay(Key::of(tag), Note { from: name, what: What::Relay { from, to, bytes } }));
    }

    /// There is a connection, on which we are called `name`: everything is told and asked anew.
    pub(crate) fn connected(&mut self, name: Name) {
        self.name = Some(name);
        let keys: Vec<Key> = self.tags.keys().copied().collect();
        for key in keys {
            if let Some(entry) = self.tags.get_mut(&key) {
                entry.answers = Answers::awaited();
            }
            self.heed(key);
        }
        self.traffic.up.set(1);
    }

    /// The connection is gone. Nobody waits for answers any more.
    pub(crate) fn disconnected(&mut self) {
        let unsent = self.jobs.drain(..).filter(|job| matches!(job, Job::Relay(..))).count();
        self.traffic.dropped.inc_by(unsent as u64);
        (self.name, self.relay_bytes, self.overloaded) = (None, 0, false);
        self.channels.clear();
        self.heeding.clear();
        for entry in self.tags.values_mut() {
            (entry.listening, entry.telling, entry.answers) = (false, false, Answers::Complete);
        }
        self.nodes.unheard();
        self.traffic.up.set(0);
    }

    /// The next commands for Redis, at most about `many`.
    pub(crate) fn commands(&mut self, hub: &Hub, many: usize) -> Vec<Command> {
        let mut commands = Vec::new();
        while commands.len() < many
            && let Some(name) = self.name
            && let Some(job) = self.jobs.pop_front()
        {
            match job {
                Job::Heed(key) => {
                    self.heeding.remove(&key);
                    if let Some(entry) = self.tags.get_mut(&key) {
                        entry.listening = true;
                        if self.channels.insert(key) {
                            commands.push(Command::Subscribe(self.channel(key)));
                        }
                        commands.push(self.places(name, key, true, hub));
                    } else if self.channels.remove(&key) {
                        commands.push(self.places(name, key, false, hub));
                        commands.push(Command::Unsubscribe(self.channel(key)));
                    }
                }
                Job::Tell(key) => {
                    // Unless heeding it has told everything meanwhile, or is about to.
                    if self.tags.get(&key).is_some_and(|entry| entry.telling && entry.listening) {
                        commands.push(self.places(name, key, false, hub));
                    }
                }
                Job::Relay(key, note) => {
                    if let What::Relay { bytes, .. } = &note.what {
                        self.relay_bytes -= size_of::<Job>() + bytes.len();
                    }
                    let channel = self.channel(key);
                    commands.push(Command::Publish { channel, bytes: note.encode(), ask: None });
                }
            }
        }
        let publish = |command: &&Command| matches!(command, Command::Publish { .. });
        self.traffic.sent.inc_by(commands.iter().filter(publish).count() as u64);
        commands
    }

    /// The command by which the others hear that we live.
    pub(crate) fn alive(&self) -> Vec<Command> {
        let channel = self.backplane.channel(Channel::Nodes);
        let note = self.name.map(|from| Note { from, what: What::Alive }.encode());
        note.map(|bytes| Command::Publish { channel, bytes, ask: None }).into_iter().collect()
    }

    /// Asking about `key` was heard by so many, ourselves among them.
    pub(crate) fn asked(&mut self, key: Key, heard_by: usize) {
        // One that is not listening yet came after: its question is still to be asked.
        if let Some(entry) = self.tags.get_mut(&key).filter(|entry| entry.listening) {
            if let Answers::Awaited { expected, .. } = &mut entry.answers {
                *expected = Some(heard_by.saturating_sub(1).min(MAX_NODES));
            }
            entry.answers.settle();
        }
    }

    /// Whoever has not answered by now about `tag` is waited for no more.
    pub(crate) fn answered_late(&mut self, tag: Tag) {
        if let Some(entry) = self.tags.get_mut(&Key::of(tag)) {
            entry.answers = Answers::Complete;
        }
    }

    /// What `bytes` on the channel `name` tell us, if anything.
    ///
    /// # Errors
    /// [`Garbage`] if no node of ours would send this here.
    pub(crate) fn note(&mut self, name: &[u8], bytes: &[u8], now: Instant) -> Result<Option<Heard>, Garbage> {
        let channel = self.backplane.parse_channel(name).ok_or(Garbage)?;
        let Note { from, what } = Note::decode(bytes)?;
        // Our own words come back to us, too; and late ones after we have left.
        if self.name.is_none_or(|own| own == from) {
            return Ok(None);
        }
        let node = self.nodes.heard(from, now).ok_or(Garbage)?;
        self.traffic.received.inc();
        match (channel, what) {
            (Channel::Nodes, What::Alive) => Ok(None),
            (Channel::Tag(key), What::Places { ask, places }) => {
                let Some(entry) = self.tags.get_mut(&key).filter(|entry| entry.listening) else {
                    return Ok(None);
                };
                let tag = entry.tag;
                entry.answers.came(from);
                if ask {
                    self.tell(key);
                }
                Ok(Some(Heard::Places { node, tag, places }))
            }
            (Channel::Tag(key), What::Relay { from, to, bytes }) => {
                let Some(entry) = self.tags.get(&key) else { return Ok(None) };
                Ok(Some(Heard::Relay { node, tag: entry.tag, from, to, bytes }))
            }
            (Channel::Nodes, What::Places { .. } | What::Relay { .. }) | (Channel::Tag(_), What::Alive) => {
                Err(Garbage)
            }
        }
    }

    /// The nodes that have been silent for too long, each once.
    pub(crate) fn silent(&mut self, now: Instant) -> Vec<NodeId> {
        let silent = self.nodes.silent(now);
        self.traffic.nodes.set(i64::try_from(self.nodes.count()).unwrap_or(i64::MAX));
        silent
    }

    /// What passes through, for the operator.
    pub(crate) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Whether Redis does not follow at all.
    pub(crate) fn is_overloaded(&self) -> bool {
        self.overloaded
    }

    /// Whether there is a connection.
    pub(crate) fn is_connected(&self) -> bool {
        self.name.is_some()
    }

    /// Whether everything is said and nobody is on any tag.
    pub(crate) fn is_idle(&self) -> bool {
        self.tags.is_empty() && self.channels.is_empty() && self.relay_bytes == 0
    }

    fn channel(&self, key: Key) -> String {
        self.backplane.channel(Channel::Tag(key))
    }

    fn heed(&mut self, key: Key) {
        if self.name.is_some() && self.heeding.insert(key) {
            self.push(Job::Heed(key));
        }
    }

    fn tell(&mut self, key: Key) {
        let connected = self.name.is_some();
        if let Some(entry) = self.tags.get_mut(&key)
            && connected
            && !std::mem::replace(&mut entry.telling, true)
        {
            self.push(Job::Tell(key));
        }
    }

    /// All that we have on a tag, at the time when it is told.
    fn places(&mut self, from: Name, key: Key, ask: bool, hub: &Hub) -> Command {
        let places = self.tags.get_mut(&key).map(|entry| {
            entry.telling = false;
            hub.places_here(entry.tag).take(MAX_PLACES).collect()
        });
        let what = What::Places { ask, places: places.unwrap_or_default() };
        let bytes = Note { from, what }.encode();
        Command::Publish { channel: self.channel(key), bytes, ask: ask.then_some(key) }
    }

    fn push(&mut self, job: Job) {
        if self.name.is_none() {
            return;
        }
        if self.jobs.len() < MAX_JOBS {
            self.jobs.push_back(job);
        } else {
            self.overloaded = true;
        }
    }
}

impl Answers {
    fn awaited() -> Self {
        Self::Awaited { from: Vec::new(), expected: None, waiting: Vec::new() }
    }

    fn came(&mut self, name: Name) {
        if let Self::Awaited { from, .. } = self
            && from.len() < MAX_NODES
            && !from.contains(&name)
        {
            from.push(name);
        }
        self.settle();
    }

    fn settle(&mut self) {
        if let Self::Awaited { from, expected: Some(expected), .. } = self
            && from.len() >= *expected
        {
            *self = Self::Complete;
        }
    }
}

#[cfg(test)]
mod tests;
