use super::*;
use crate::hub::SocketId;
use crate::limits::Limits;
use signal_proto::ClientMessage;
use std::time::Duration;

const TAG: Tag = Tag([1; 16]);
const OWN: Name = Name([1; 8]);
const OTHER: Name = Name([2; 8]);

/// A node without a network: its hub and its exchange.
struct Node {
    hub: Hub,
    exchange: Exchange,
}

impl Node {
    fn connected() -> Self {
        let backplane = Backplane::at("redis://127.0.0.1").unwrap();
        let hub = Hub::new(Limits::default());
        let mut node = Self { hub, exchange: Exchange::new(backplane, Traffic::default()) };
        node.exchange.connected(OWN);
        node
    }

    fn join(&mut self, n: u8) -> (SocketId, Option<Answered>) {
        let answered = self.exchange.enter(TAG);
        let socket = self.hub.connect();
        let join = ClientMessage::Join { tag: TAG, role: Role::Mesh };
        self.hub.handle(socket, join, Instant::now().into_std(), &mut || Handle([n; 8])).unwrap();
        self.exchange.changed(TAG);
        (socket, answered)
    }

    fn commands(&mut self) -> Vec<Command> {
        self.exchange.commands(&self.hub, usize::MAX)
    }

    fn note(&mut self, from: Name, what: What) -> Result<Option<Heard>, Garbage> {
        self.exchange.note(channel().as_bytes(), &Note { from, what }.encode(), Instant::now())
    }
}

fn channel() -> String {
    Backplane::at("redis://127.0.0.1").unwrap().channel(Channel::Tag(Key::of(TAG)))
}

fn places(ask: bool, handles: &[u8]) -> What {
    What::Places { ask, places: handles.iter().map(|n| (Handle([*n; 8]), Role::Mesh)).collect() }
}

fn publish(what: What) -> Command {
    let ask = matches!(what, What::Places { ask: true, .. }).then_some(Key::of(TAG));
    Command::Publish { channel: channel(), bytes: Note { from: OWN, what }.encode(), ask }
}

fn relay(bytes: usize) -> Relay {
    Relay { tag: TAG, from: Handle([1; 8]), to: None, bytes: vec![0; bytes], copies: 1 }
}

#[test]
fn a_tag_is_asked_about_by_the_first_told_with_each_change_and_left_by_the_last() {
    let mut node = Node::connected();
    node.join(1);
    assert_eq!(node.commands(), [Command::Subscribe(channel()), publish(places(true, &[1]))]);
    node.join(2);
    node.exchange.changed(TAG);
    assert_eq!(node.commands(), [publish(places(false, &[1, 2]))], "once, however often it changed");
    assert!(!node.exchange.leave(TAG));
    assert_eq!(node.commands(), [publish(places(false, &[1, 2]))]);
    assert!(node.exchange.leave(TAG));
    node.hub = Hub::new(Limits::default());
    assert_eq!(node.commands(), [publish(places(false, &[])), Command::Unsubscribe(channel())]);
    assert!(node.exchange.is_idle());
}

#[test]
fn a_join_waits_for_as_many_answers_as_there_are_listeners() {
    let mut node = Node::connected();
    let mut answered = node.exchange.enter(TAG).unwrap();
    node.commands();
    node.exchange.asked(Key::of(TAG), 3);
    node.note(OTHER, places(false, &[])).unwrap();
    node.note(OTHER, places(false, &[])).unwrap();
    node.note(OWN, places(true, &[])).unwrap();
    assert_eq!(answered.try_recv(), Err(oneshot::error::TryRecvError::Empty), "one of two, twice");
    node.note(Name([3; 8]), places(false, &[])).unwrap();
    assert_eq!(answered.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    assert!(node.exchange.enter(TAG).is_none(), "known by now");

    let mut alone = Node::connected();
    let mut answered = alone.exchange.enter(TAG).unwrap();
    alone.exchange.asked(Key::of(TAG), 1);
    assert_eq!(answered.try_recv(), Err(oneshot::error::TryRecvError::Empty), "that was an earlier question");
    alone.commands();
    alone.exchange.asked(Key::of(TAG), 1);
    assert_eq!(answered.try_recv(), Err(oneshot::error::TryRecvError::Closed));
}

#[test]
fn who_has_not_answered_in_time_is_waited_for_once() {
    let mut node = Node::connected();
    let answered = node.exchange.enter(TAG);
    node.commands();
    node.exchange.asked(Key::of(TAG), 2);
    assert!(node.exchange.enter(TAG).is_some(), "who comes meanwhile waits, too");
    node.exchange.answered_late(TAG);
    assert!(node.exchange.enter(TAG).is_none());
    assert_eq!(answered.unwrap().try_recv(), Err(oneshot::error::TryRecvError::Closed));
}

#[test]
fn nobody_waits_for_a_connection_that_is_gone_and_the_next_one_tells_everything() {
    let mut node = Node::connected();
    let (_, answered) = node.join(1);
    node.commands();
    node.exchange.relay(relay(1));
    let late = Tag([8; 16]);
    node.exchange.enter(late);
    node.exchange.disconnected();
    assert_eq!(answered.unwrap().try_recv(), Err(oneshot::error::TryRecvError::Closed));
    assert!(node.exchange.enter(TAG).is_none());
    for _ in 0..3 {
        assert!(node.exchange.enter(Tag([9; 16])).is_none());
        assert!(node.exchange.leave(Tag([9; 16])));
        node.exchange.relay(relay(1));
    }
    assert!(node.exchange.jobs.is_empty(), "nothing piles up");
    assert_eq!(node.exchange.traffic().dropped.get(), 4);
    node.exchange.connected(OWN);
    assert!(node.exchange.enter(TAG).is_some(), "who comes waits until the others have been asked again");
    let commands = node.commands();
    for told in [Command::Subscribe(channel()), publish(places(true, &[1]))] {
        assert!(commands.contains(&told), "{told:?}");
    }
    assert_eq!(commands.len(), 4, "and the same for the tag that nothing was told of yet: {commands:?}");
}

#[test]
fn who_asks_is_answered_and_everybody_else_is_only_heard() {
    let mut node = Node::connected();
    node.join(1);
    node.commands();
    let heard = node.note(OTHER, places(true, &[5])).unwrap();
    assert!(matches!(heard, Some(Heard::Places { tag: TAG, .. })), "{heard:?}");
    assert_eq!(node.commands(), [publish(places(false, &[1]))]);
    node.note(OTHER, places(false, &[5])).unwrap();
    assert_eq!(node.commands(), []);
}

#[test]
fn what_comes_before_the_others_are_asked_again_is_not_heard() {
    let mut node = Node::connected();
    node.exchange.enter(TAG);
    node.commands();
    node.exchange.leave(TAG);
    assert!(node.commands().contains(&Command::Unsubscribe(channel())));
    // Somebody comes back while Redis is told that we listen no more: a list that is under way is heard, that it has
    // become empty is not.
    node.exchange.enter(TAG);
    assert_eq!(node.note(OTHER, places(false, &[5])), Ok(None), "it could never be taken back");
    assert_eq!(node.commands(), [Command::Subscribe(channel()), publish(places(true, &[]))]);
    assert!(matches!(node.note(OTHER, places(false, &[5])), Ok(Some(Heard::Places { .. }))));
}

#[test]
fn who_comes_and_goes_faster_than_it_is_told_costs_nothing() {
    let mut node = Node::connected();
    for _ in 0..100 {
        node.exchange.enter(TAG);
        node.exchange.leave(TAG);
    }
    assert!(node.exchange.is_idle() && node.exchange.jobs.len() == 1);
    assert_eq!(node.commands(), []);

    node.join(1);
    node.commands();
    for _ in 0..100 {
        node.exchange.leave(TAG);
        node.exchange.enter(TAG);
    }
    assert!(!node.exchange.is_idle() && node.exchange.jobs.len() == 1);
    assert_eq!(
        node.commands(),
        [publish(places(true, &[1]))],
        "never deaf to it, but what was known is forgotten"
    );
    // Nor does what was about to be told when it went.
    node.exchange.changed(TAG);
    node.exchange.leave(TAG);
    node.exchange.enter(TAG);
    node.exchange.changed(TAG);
    assert_eq!(node.commands(), [publish(places(true, &[1]))]);
    node.exchange.leave(TAG);
    assert!(!node.exchange.is_idle(), "the others still have to hear of it");
    assert_eq!(node.commands().len(), 2);
    assert!(node.exchange.is_idle());
}

#[test]
fn what_no_node_would_send_is_garbage() {
    let mut node = Node::connected();
    node.join(1);
    let now = Instant::now();
    let note = |what| Note { from: OTHER, what }.encode();
    let relay = || What::Relay { from: Handle([1; 8]), to: None, bytes: vec![] };
    for (channel, bytes) in [
        (channel(), b"garbage".to_vec()),
        (channel(), note(What::Alive)),
        ("linkspan:1:nodes".to_owned(), note(places(false, &[1]))),
        ("linkspan:1:nodes".to_owned(), note(relay())),
        ("other".to_owned(), note(What::Alive)),
    ] {
        assert_eq!(node.exchange.note(channel.as_bytes(), &bytes, now), Err(Garbage), "{channel}");
    }
    assert_eq!(node.exchange.note(b"linkspan:1:nodes", &note(What::Alive), now), Ok(None));
    // Late news of a tag that was left is none.
    node.exchange.leave(TAG);
    assert_eq!(node.note(OTHER, relay()), Ok(None));
}

#[test]
fn what_waits_for_a_slow_redis_is_bounded() {
    let mut node = Node::connected();
    node.join(1);
    let largest = 16_384 - size_of::<Job>();
    for _ in 0..MAX_RELAY_BYTES / 16_384 {
        node.exchange.relay(relay(largest));
    }
    assert_eq!(node.exchange.traffic().dropped.get(), 0);
    node.exchange.relay(relay(0));
    assert_eq!(node.exchange.traffic().dropped.get(), 1);
    node.commands();
    node.exchange.relay(relay(1));
    assert_eq!(node.exchange.traffic().dropped.get(), 1, "what is sent makes room");

    for n in 0.. {
        assert!(node.exchange.jobs.len() <= MAX_JOBS);
        if node.exchange.is_overloaded() {
            break;
        }
        node.exchange.enter(Tag(u128::to_be_bytes(n)));
    }
    node.exchange.relay(relay(largest));
    node.exchange.disconnected();
    assert!(!node.exchange.is_overloaded() && node.exchange.jobs.is_empty());
    node.exchange.connected(OWN);
    let dropped = node.exchange.traffic().dropped.get();
    for _ in 0..MAX_RELAY_BYTES / 16_384 {
        node.exchange.relay(relay(largest));
    }
    assert_eq!(node.exchange.traffic().dropped.get(), dropped, "the next connection has all the room");
}

#[test]
fn a_second_of_thirty_members_who_say_all_that_they_may_waits_for_a_slow_redis() {
    let mut node = Node::connected();
    let envelope = 16_384;
    for _ in 0..30 * Limits::default().bytes_per_second / envelope {
        node.exchange.relay(relay(envelope as usize));
    }
    assert_eq!(node.exchange.traffic().dropped.get(), 0);
}

#[test]
fn what_passes_is_counted() {
    let mut node = Node::connected();
    assert_eq!(node.exchange.traffic().up.get(), 1);
    node.join(1);
    node.commands();
    node.exchange.changed(TAG);
    node.commands();
    assert_eq!(node.exchange.traffic().sent.get(), 2, "to listen is not to say something");
    node.note(OTHER, places(false, &[5])).unwrap();
    node.note(OWN, places(false, &[1])).unwrap();
    assert_eq!(node.exchange.traffic().received.get(), 1, "our own words do not count");
    let silence = Backplane::at("redis://127.0.0.1").unwrap().silence;
    for (later, nodes) in [(Duration::ZERO, 1), (2 * silence, 0)] {
        node.exchange.silent(Instant::now() + later);
        assert_eq!(node.exchange.traffic().nodes.get(), nodes);
    }
    node.exchange.disconnected();
    assert_eq!(node.exchange.traffic().up.get(), 0);
}

#[test]
fn what_was_told_before_we_were_away_is_lost_unless_it_is_told_again() {
    let mut node = Node::connected();
    node.join(1);
    node.commands();
    let Ok(Some(Heard::Places { node: before, .. })) = node.note(OTHER, places(false, &[5])) else {
        panic!("not heard")
    };
    node.exchange.disconnected();
    node.exchange.connected(OWN);
    node.commands();
    let Ok(Some(Heard::Places { node: after, .. })) = node.note(OTHER, places(false, &[6])) else {
        panic!("not heard")
    };
    assert!(after > before, "so that 5, of which nothing is said any more, goes with its old number");
}

#[test]
fn so_many_commands_are_given_at_once_and_the_rest_with_the_next_ones() {
    let mut node = Node::connected();
    for _ in 0..3 {
        node.exchange.relay(relay(1));
    }
    let given = [2, 2, 2].map(|many| node.exchange.commands(&node.hub, many).len());
    assert_eq!(given, [2, 1, 0]);
}

#[test]
fn no_more_answers_are_kept_than_nodes_are_listened_to() {
    let mut answers = Answers::awaited();
    for n in 0..=MAX_NODES as u64 {
        answers.came(Name(n.to_be_bytes()));
    }
    let Answers::Awaited { from, .. } = answers else { panic!("nobody has said how many there will be") };
    assert_eq!(from.len(), MAX_NODES);
}
