//! Which other nodes are alive, as far as we hear.

use super::Name;
use crate::hub::NodeId;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Most nodes that are known at once; further ones are not listened to.
pub(super) const MAX_NODES: usize = 64;

/// The other nodes. Each gets a number of ours, and another one after we have been away ourselves: what it had told
/// before may be old by then, and fades unless it is told again.
#[derive(Debug)]
pub(super) struct Nodes {
    silence: Duration,
    alive: HashMap<Name, Node>,
    fading: Vec<(NodeId, Instant)>,
    next: u64,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    id: NodeId,
    heard: Instant,
}

impl Nodes {
    /// A node is silent for at most `silence`.
    pub(super) fn new(silence: Duration) -> Self {
        Self { silence, alive: HashMap::new(), fading: Vec::new(), next: 0 }
    }

    /// There is a sign of life of `name`. None if there are too many nodes.
    pub(super) fn heard(&mut self, name: Name, now: Instant) -> Option<NodeId> {
        if let Some(node) = self.alive.get_mut(&name) {
            node.heard = now;
            return Some(node.id);
        }
        if self.alive.len() >= MAX_NODES {
            return None;
        }
        let id = NodeId(self.next);
        self.next += 1;
        self.alive.insert(name, Node { id, heard: now });
        Some(id)
    }

    /// How many are alive.
    pub(super) fn count(&self) -> usize {
        self.alive.len()
    }

    /// We cannot hear anybody any more. What they have told stays until they would have been silent for too long.
    pub(super) fn unheard(&mut self) {
        self.fading.extend(self.alive.drain().map(|(_, node)| (node.id, node.heard + self.silence)));
    }

    /// Those who have been silent for too long, each once.
    pub(super) fn silent(&mut self, now: Instant) -> Vec<NodeId> {
        let silence = self.silence;
        let silent = self.alive.extract_if(|_, node| now > node.heard + silence).map(|(_, node)| node.id);
        let mut silent: Vec<_> = silent.collect();
        silent.extend(self.fading.extract_if(.., |(_, until)| now > *until).map(|(id, _)| id));
        silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SILENCE: Duration = Duration::from_secs(15);

    fn name(n: usize) -> Name {
        Name((n as u64).to_be_bytes())
    }

    #[test]
    fn a_node_is_alive_as_long_as_it_is_heard_of() {
        let start = Instant::now();
        let mut nodes = Nodes::new(SILENCE);
        let one = nodes.heard(name(1), start).unwrap();
        let two = nodes.heard(name(2), start).unwrap();
        assert_ne!(one, two);
        assert_eq!(nodes.heard(name(1), start + SILENCE), Some(one));
        assert_eq!(nodes.silent(start + SILENCE), []);
        assert_eq!(nodes.silent(start + SILENCE + Duration::from_millis(1)), [two]);
        assert_eq!(nodes.silent(start + 2 * SILENCE + Duration::from_millis(1)), [one]);
        assert_eq!(nodes.silent(start + 9 * SILENCE), []);
    }

    #[test]
    fn after_we_were_away_old_news_fades_unless_it_is_told_again() {
        let start = Instant::now();
        let mut nodes = Nodes::new(SILENCE);
        let before = nodes.heard(name(1), start).unwrap();
        nodes.unheard();
        let after = nodes.heard(name(1), start + SILENCE).unwrap();
        assert_ne!(before, after);
        assert_eq!(nodes.silent(start + SILENCE), [], "a short while is nothing");
        assert_eq!(nodes.silent(start + SILENCE + Duration::from_millis(1)), [before]);
        assert_eq!(nodes.silent(start + 2 * SILENCE), [], "who was heard again is alive");
    }

    #[test]
    fn one_node_too_many_is_not_listened_to() {
        let now = Instant::now();
        let mut nodes = Nodes::new(SILENCE);
        for n in 0..MAX_NODES {
            assert!(nodes.heard(name(n), now).is_some());
        }
        assert_eq!(nodes.heard(name(MAX_NODES), now), None);
        assert!(nodes.heard(name(0), now).is_some());
    }
}
