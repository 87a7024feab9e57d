use super::*;
use crate::base::rng::{Rng, Seed};
use crate::cx::Ids;
use alloc::collections::VecDeque;
use alloc::vec;
use signal_proto::MAX_ENVELOPE;

const ROOM: RoomId = RoomId([1; 16]);
const DOOR: Tag = Tag([2; 16]);
const MESH: Tag = Tag([3; 16]);

/// A room's socket, driven by hand.
struct Driven {
    signal: Signal,
    now: Instant,
    rng: Rng,
    ids: Ids,
    out: VecDeque<Output>,
}

/// What a call led to.
#[derive(Debug, PartialEq)]
enum Did {
    Connect,
    Disconnect,
    Said(ClientMessage),
    Shows(Presence),
}
use Did::{Connect, Disconnect, Said, Shows};

impl Driven {
    fn new() -> Self {
        let (rng, now) = (Rng::new(&Seed([4; 32])), Instant::from_millis(1_000));
        Self { signal: Signal::new(ROOM), now, rng, ids: Ids::default(), out: VecDeque::new() }
    }

    fn act<T>(&mut self, act: impl FnOnce(&mut Signal, &mut Context<'_>) -> T) -> T {
        let Self { signal, now, rng, ids, out } = self;
        act(signal, &mut Context { now: *now, rng, ids, out, frames: Vec::new() })
    }

    fn did(&mut self) -> Vec<Did> {
        self.out
            .drain(..)
            .map(|output| match output {
                Output::Signal { op: SignalOp::Connect, .. } => Connect,
                Output::Signal { op: SignalOp::Disconnect, .. } => Disconnect,
                Output::Signal { op: SignalOp::Send(bytes), .. } => {
                    Said(ClientMessage::decode(&bytes).unwrap())
                }
                Output::Event(Event::Presence { state, .. }) => Shows(state),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn join(&mut self, tag: Tag, role: Role) -> Vec<Did> {
        self.act(|signal, cx| signal.join(tag, role, cx));
        self.did()
    }

    fn leave(&mut self, tag: Tag) -> Vec<Did> {
        self.act(|signal, cx| signal.leave(tag, cx));
        self.did()
    }

    fn input(&mut self, input: SignalInput) -> Vec<Did> {
        self.act(|signal, cx| signal.handle(input, cx));
        self.did()
    }

    fn lost(&mut self) -> Vec<Did> {
        self.input(SignalInput::Disconnected { code: 1006 })
    }

    fn heard(&mut self, message: &ServerMessage) -> Option<Heard> {
        let bytes = message.encode();
        self.act(|signal, cx| signal.handle(SignalInput::Message(bytes), cx))
    }

    fn joined(&mut self, tag: Tag, peers: &[Handle]) -> Vec<Did> {
        let heard = self.heard(&ServerMessage::Joined { tag, peers: peers.to_vec() });
        assert!(matches!(heard, Some(Heard::Joined(joined, there)) if joined == tag && there == peers));
        self.did()
    }

    fn refused(&mut self, tag: Tag, reason: Refusal) -> Vec<Did> {
        assert!(matches!(self.heard(&ServerMessage::Refused { tag, reason }), Some(Heard::Refused)));
        self.did()
    }

    fn sends(&mut self, tag: Tag) -> bool {
        self.act(|signal, cx| signal.send(tag, handle(7), vec![1], cx));
        let expected = ClientMessage::Send { tag, to: Some(handle(7)), bytes: vec![1] };
        let did = self.did();
        assert!(did.is_empty() || did == [Said(expected)]);
        !did.is_empty()
    }

    /// The next moment at which something is to be done, in ms from now.
    fn wait(&self) -> Option<u64> {
        self.signal.next_timeout().map(|due| due.since(self.now).as_millis() as u64)
    }

    /// Nothing is done before that moment; then what?
    fn when_due(&mut self) -> Vec<Did> {
        let due = self.signal.next_timeout().expect("something is due");
        self.now = due - Duration::from_millis(1);
        self.act(Signal::handle_timeout);
        assert_eq!(self.did(), [], "too early");
        self.now = due;
        self.act(Signal::handle_timeout);
        self.did()
    }

    fn peers(&self, tag: Tag) -> Vec<Handle> {
        self.signal.peers(&tag).collect()
    }
}

fn handle(n: u8) -> Handle {
    Handle([n; 8])
}

fn ask(tag: Tag, role: Role) -> Did {
    Said(ClientMessage::Join { tag, role })
}

/// A member on its room's mesh.
fn member() -> Driven {
    let mut socket = Driven::new();
    assert_eq!(socket.join(MESH, Role::Mesh), [Connect, Shows(Presence::Connecting)]);
    assert_eq!(socket.input(SignalInput::Connected), [ask(MESH, Role::Mesh)]);
    assert_eq!(socket.joined(MESH, &[]), [Shows(Presence::Waiting)]);
    assert_eq!(socket.wait(), None, "nothing to do but to listen");
    socket
}

#[test]
fn a_server_that_is_away_is_tried_later_and_later_each_time_at_another_moment() {
    let mut socket = member();
    let mut shown = Presence::Connecting;
    for wait in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000] {
        assert_eq!(socket.lost(), [Shows(shown)], "one loss is the ordinary restart of a server");
        let until = socket.wait().unwrap();
        assert!((wait / 2..=wait).contains(&until), "{until} of {wait}");
        assert_eq!(socket.when_due(), [Connect]);
        shown = Presence::ServerUnreachable;
    }
    assert_eq!(socket.input(SignalInput::Connected), [ask(MESH, Role::Mesh)]);
    assert_eq!(socket.joined(MESH, &[]), [Shows(Presence::Waiting)]);
    assert_eq!(socket.lost(), [Shows(Presence::Connecting)]);
    assert!((250..=500).contains(&socket.wait().unwrap()), "what was is forgotten once one is in again");

    let mut waits: Vec<u64> = Vec::new();
    for seed in 0..20 {
        let mut socket = member();
        socket.rng = Rng::new(&Seed([seed; 32]));
        socket.lost();
        waits.push(socket.wait().unwrap());
    }
    let (soonest, latest) = (*waits.iter().min().unwrap(), *waits.iter().max().unwrap());
    assert!(soonest < 320 && latest > 430, "thousands who lost one server come back spread out: {waits:?}");
}

#[test]
fn a_server_that_does_not_open_does_not_confirm_or_talks_nonsense_is_given_up() {
    let mut socket = Driven::new();
    socket.join(MESH, Role::Mesh);
    assert_eq!(socket.wait(), Some(15_000));
    assert_eq!(socket.when_due(), [Disconnect, Shows(Presence::Connecting)]);
    assert_eq!(socket.when_due(), [Connect]);
    assert_eq!(socket.input(SignalInput::Connected), [ask(MESH, Role::Mesh)]);
    assert_eq!(socket.wait(), Some(8_000));
    assert_eq!(socket.when_due(), [Disconnect, Shows(Presence::ServerUnreachable)]);
    assert_eq!(socket.when_due(), [Connect]);
    socket.input(SignalInput::Connected);
    let nonsense = SignalInput::Message(vec![0xff; 3]);
    assert_eq!(socket.input(nonsense), [Disconnect, Shows(Presence::ServerUnreachable)]);
    assert!(socket.wait().unwrap() >= 1_000, "each counts as a failure");
}

#[test]
fn late_news_of_a_socket_that_was_given_up_changes_nothing() {
    let mut socket = member();
    socket.lost();
    let until = socket.wait();
    for late in [
        SignalInput::Disconnected { code: 1006 },
        SignalInput::Connected,
        SignalInput::Message(ServerMessage::Joined { tag: MESH, peers: Vec::new() }.encode()),
    ] {
        assert_eq!(socket.input(late), []);
        assert_eq!(socket.wait(), until);
        assert!(!socket.signal.is_connected());
    }
}

#[test]
fn a_refused_place_is_said_with_its_reason_and_asked_for_again() {
    for (role, reason, shown) in [
        (Role::Knock, Refusal::TagFull, Presence::Crowded),
        (Role::Mesh, Refusal::TagFull, Presence::RoomFull),
        (Role::Knock, Refusal::ServerFull, Presence::ServerFull),
        (Role::Mesh, Refusal::ServerFull, Presence::ServerFull),
    ] {
        let mut socket = member();
        socket.join(DOOR, role);
        for _ in 0..3 {
            assert_eq!(socket.refused(DOOR, reason), [Shows(shown.clone())]);
            assert_eq!(socket.wait(), Some(5_000));
            assert_eq!(socket.when_due(), [ask(DOOR, role)], "only what was refused, on the same socket");
        }
        assert_eq!(socket.wait(), Some(8_000), "the server answers, or it is dead");
        assert_eq!(socket.joined(DOOR, &[]), [Shows(Presence::Waiting)]);
        assert_eq!(socket.wait(), None);
    }
}

#[test]
fn one_waits_for_others_only_where_one_has_every_place_that_one_asked_for() {
    let mut socket = Driven::new();
    assert_eq!(socket.join(DOOR, Role::Listen), [Connect, Shows(Presence::Connecting)]);
    assert_eq!(socket.join(MESH, Role::Mesh), [], "the socket is being opened");
    assert_eq!(socket.join(MESH, Role::Mesh), [], "once is enough");
    assert_eq!(socket.input(SignalInput::Connected), [ask(DOOR, Role::Listen), ask(MESH, Role::Mesh)]);
    assert_eq!(socket.joined(DOOR, &[]), []);
    assert_eq!(socket.joined(MESH, &[handle(1)]), [Shows(Presence::Waiting)]);
    assert_eq!(socket.peers(MESH), [handle(1)]);
    assert_eq!(socket.peers(DOOR), []);
    assert_eq!(socket.join(MESH, Role::Mesh), [], "one is there");
}

#[test]
fn a_server_that_goes_says_when_to_come_back_within_reason() {
    for (hint, soonest, latest) in [(0, 250, 500), (10_000, 5_000, 10_000), (u32::MAX, 15_000, 30_000)] {
        let mut socket = member();
        assert!(socket.heard(&ServerMessage::GoingAway { retry_ms: hint }).is_none());
        socket.lost();
        let until = socket.wait().unwrap();
        assert!((soonest..=latest).contains(&until), "{until} of {hint}");
        socket.when_due();
        socket.lost();
        let until = socket.wait().unwrap();
        assert!((500..=1_000).contains(&until), "its word counts once: {until}");
    }
}

#[test]
fn who_is_there_is_known_as_the_server_tells_it_and_no_more_than_fit() {
    let mut socket = member();
    let attached = |n| ServerMessage::Attached { tag: MESH, handle: handle(n) };
    let detached = |n| ServerMessage::Detached { tag: MESH, handle: handle(n) };
    for n in 0..MAX_PEERS as u8 {
        assert!(matches!(socket.heard(&attached(n)), Some(Heard::Attached(MESH, it)) if it == handle(n)));
    }
    assert!(socket.heard(&attached(3)).is_none(), "known already");
    assert!(socket.heard(&attached(200)).is_none(), "one past");
    assert!(socket.heard(&detached(200)).is_none());
    assert!(matches!(socket.heard(&detached(3)), Some(Heard::Detached(MESH, it)) if it == handle(3)));
    assert!(socket.heard(&attached(200)).is_some());
    assert_eq!(socket.peers(MESH).len(), MAX_PEERS);

    let message = |tag| ServerMessage::Message { tag, from: handle(1), bytes: vec![9; MAX_ENVELOPE] };
    assert!(matches!(socket.heard(&message(MESH)), Some(Heard::Envelope(MESH, _, bytes)) if bytes[0] == 9));
    assert!(socket.heard(&message(DOOR)).is_none(), "of a tag that one has left");
    let elsewhere = ServerMessage::Attached { tag: DOOR, handle: handle(1) };
    assert!(socket.heard(&elsewhere).is_none());
}

#[test]
fn one_speaks_only_where_one_is() {
    let mut socket = member();
    assert!(socket.sends(MESH) && !socket.sends(DOOR));
    socket.join(DOOR, Role::Knock);
    assert!(!socket.sends(DOOR), "not yet");
    assert_eq!(socket.leave(DOOR), [], "one never was there");
    socket.join(DOOR, Role::Knock);
    socket.joined(DOOR, &[]);
    assert!(socket.sends(DOOR));
    assert_eq!(socket.leave(DOOR), [Said(ClientMessage::Leave { tag: DOOR })]);
    assert_eq!(socket.leave(DOOR), []);

    socket.act(|signal, cx| signal.prepare_turn(DOOR, cx));
    assert_eq!(socket.did(), [], "the server gives nothing for a tag one is not on");
    socket.act(|signal, cx| signal.prepare_turn(MESH, cx));
    assert_eq!(socket.did(), [Said(ClientMessage::AskTurn { tag: MESH })]);
    assert_eq!(socket.act(|signal, cx| signal.turn(cx.now)), None);
    let turn = Turn::new(vec!["turn:host".into()], "user".into(), "word".into(), 600).unwrap();
    assert!(socket.heard(&ServerMessage::Turn { turn: Some(turn.clone()) }).is_none());
    assert_eq!(socket.act(|signal, cx| signal.turn(cx.now)), Some(turn));

    socket.lost();
    assert!(!socket.sends(MESH));
    assert_eq!(socket.leave(MESH), []);
}

#[test]
fn another_network_gets_another_socket_and_a_room_that_stops_none() {
    let mut socket = member();
    socket.heard(&ServerMessage::Attached { tag: MESH, handle: handle(1) });
    socket.act(Signal::restart);
    assert_eq!(socket.did(), [Disconnect, Connect, Shows(Presence::Connecting)]);
    assert_eq!(socket.peers(MESH), [], "handles are the old socket's");
    assert!(!socket.sends(MESH));
    socket.act(Signal::restart);
    assert_eq!(socket.did(), [], "one is being opened");
    assert_eq!(socket.input(SignalInput::Connected), [ask(MESH, Role::Mesh)]);
    socket.joined(MESH, &[]);
    socket.act(Signal::stop);
    assert_eq!(socket.did(), [Disconnect]);
    assert_eq!(socket.wait(), None);
    assert!(!socket.signal.is_connected());
    socket.act(Signal::stop);
    assert_eq!(socket.did(), []);
}
