use super::*;
use std::time::Duration;

const DOOR: Tag = Tag([1; 16]);
const MESH: Tag = Tag([2; 16]);

/// A hub whose handles count up, so that tests can name them.
struct Table {
    hub: Hub,
    drawn: u64,
}

impl Table {
    fn new(limits: Limits) -> Self {
        Self { hub: Hub::new(limits), drawn: 0 }
    }

    fn handle(&mut self, socket: SocketId, message: ClientMessage) -> Result<Vec<Delivery>, Violation> {
        let drawn = &mut self.drawn;
        self.hub.handle(socket, message, Instant::now(), &mut || {
            *drawn += 1;
            Handle(drawn.to_be_bytes())
        })
    }

    fn join(&mut self, socket: SocketId, tag: Tag, role: Role) -> Result<Vec<Delivery>, Violation> {
        self.handle(socket, ClientMessage::Join { tag, role })
    }

    /// A new socket on `tag`; the join must succeed.
    fn joined(&mut self, tag: Tag, role: Role) -> (SocketId, Handle) {
        let socket = self.hub.connect();
        let deliveries = self.join(socket, tag, role).unwrap();
        assert!(matches!(deliveries[0].message, ServerMessage::Joined { .. }), "{deliveries:?}");
        (socket, Handle(self.drawn.to_be_bytes()))
    }

    fn send(&mut self, from: SocketId, tag: Tag, to: Option<Handle>) -> Vec<SocketId> {
        let deliveries = self.handle(from, ClientMessage::Send { tag, to, bytes: vec![7] }).unwrap();
        deliveries.into_iter().flat_map(|d| d.to).collect()
    }
}

fn refusal(deliveries: &[Delivery]) -> Option<Refusal> {
    match deliveries {
        [Delivery { message: ServerMessage::Refused { reason, .. }, .. }] => Some(*reason),
        _ => None,
    }
}

#[test]
fn a_knocker_and_a_listener_see_each_other_whoever_comes_first() {
    for (first, second) in [(Role::Listen, Role::Knock), (Role::Knock, Role::Listen)] {
        let mut table = Table::new(Limits::default());
        let (a, a_handle) = table.joined(DOOR, first);
        let b = table.hub.connect();
        let deliveries = table.join(b, DOOR, second).unwrap();
        let b_handle = Handle(2u64.to_be_bytes());
        assert_eq!(
            deliveries,
            [
                to_one(b, ServerMessage::Joined { tag: DOOR, peers: vec![a_handle] }),
                to_one(a, ServerMessage::Attached { tag: DOOR, handle: b_handle }),
            ]
        );
        let bytes = vec![1, 2, 3];
        let message = ClientMessage::Send { tag: DOOR, to: Some(a_handle), bytes: bytes.clone() };
        assert_eq!(
            table.handle(b, message),
            Ok(vec![to_one(a, ServerMessage::Message { tag: DOOR, from: b_handle, bytes })])
        );
        let gone = ServerMessage::Detached { tag: DOOR, handle: b_handle };
        assert_eq!(table.hub.disconnect(b), [to_one(a, gone)]);
    }
}

#[test]
fn who_reaches_whom() {
    let roles = [Role::Listen, Role::Listen, Role::Knock, Role::Knock, Role::Mesh, Role::Mesh];
    let reached = [vec![2, 3], vec![2, 3], vec![0, 1], vec![0, 1], vec![5], vec![4]];
    for (from, expected) in reached.iter().enumerate() {
        let mut table = Table::new(Limits::default());
        let sockets: Vec<_> = roles.iter().map(|role| table.joined(DOOR, *role)).collect();
        let to: Vec<_> = expected.iter().map(|i| sockets[*i].0).collect();
        assert_eq!(table.send(sockets[from].0, DOOR, None), to, "{:?} to all", roles[from]);
        assert_eq!(table.hub.take_relays(), [], "nobody is elsewhere");
        assert_eq!(table.hub.counts(), (1, roles.len()));
        for (i, (socket, handle)) in sockets.iter().enumerate() {
            let expected = if expected.contains(&i) { vec![*socket] } else { vec![] };
            assert_eq!(table.send(sockets[from].0, DOOR, Some(*handle)), expected, "{from} to {i}");
        }
        let told: Vec<_> = table.hub.disconnect(sockets[from].0).into_iter().flat_map(|d| d.to).collect();
        assert_eq!(told, to, "who is told that {from} left");
    }
}

#[test]
fn a_message_to_somebody_gone_disappears_without_a_word() {
    let mut table = Table::new(Limits::default());
    let (listener, listener_handle) = table.joined(DOOR, Role::Listen);
    let (knocker, _) = table.joined(DOOR, Role::Knock);
    table.hub.disconnect(listener);
    assert_eq!(table.send(knocker, DOOR, Some(listener_handle)), []);
    assert_eq!(table.send(knocker, DOOR, Some(Handle([0xff; 8]))), []);
    assert_eq!(table.send(knocker, DOOR, None), []);
}

#[test]
fn one_past_the_places_of_each_role_is_refused_and_takes_no_other_roles_place() {
    let limits = Limits { listeners: 2, knockers: 3, members: 4, ..Limits::default() };
    for (role, places) in [(Role::Listen, 2), (Role::Knock, 3), (Role::Mesh, 4)] {
        let mut table = Table::new(limits.clone());
        let sockets: Vec<_> = (0..places).map(|_| table.joined(DOOR, role).0).collect();
        let late = table.hub.connect();
        assert_eq!(refusal(&table.join(late, DOOR, role).unwrap()), Some(Refusal::TagFull));
        assert_eq!(table.send(sockets[0], DOOR, Some(Handle([0; 8]))), [], "the others stay");
        for other in [Role::Listen, Role::Knock, Role::Mesh] {
            if other != role {
                table.joined(DOOR, other);
            }
        }
        table.joined(MESH, role);
        table.hub.disconnect(sockets[0]);
        assert_eq!(refusal(&table.join(late, DOOR, role).unwrap()), None, "a place freed is a place");
    }
}

#[test]
fn a_full_server_refuses_alike_whether_the_tag_exists_or_not() {
    let mut table = Table::new(Limits { joins: 2, ..Limits::default() });
    let (first, _) = table.joined(DOOR, Role::Listen);
    table.joined(MESH, Role::Mesh);
    let late = table.hub.connect();
    let known = table.join(late, DOOR, Role::Knock).unwrap();
    let unknown = table.join(late, Tag([9; 16]), Role::Knock).unwrap();
    assert_eq!(refusal(&known), Some(Refusal::ServerFull));
    assert_eq!(refusal(&unknown), Some(Refusal::ServerFull));
    table.handle(first, ClientMessage::Leave { tag: DOOR }).unwrap();
    assert_eq!(refusal(&table.join(late, DOOR, Role::Knock).unwrap()), None);
}

#[test]
fn one_tag_too_many_is_a_violation_that_changes_nothing() {
    let mut table = Table::new(Limits { tags_per_socket: 2, ..Limits::default() });
    let (socket, _) = table.joined(DOOR, Role::Listen);
    table.join(socket, MESH, Role::Mesh).unwrap();
    assert_eq!(table.join(socket, Tag([3; 16]), Role::Mesh), Err(Violation::TooManyTags));
    assert_eq!(table.hub.tags_of(socket), 2);
    table.handle(socket, ClientMessage::Leave { tag: MESH }).unwrap();
    assert!(table.hub.is_on(socket, DOOR) && !table.hub.is_on(socket, MESH));
    table.join(socket, Tag([3; 16]), Role::Mesh).unwrap();
}

#[test]
fn a_tag_must_be_joined_once_before_it_is_used() {
    let mut table = Table::new(Limits::default());
    let (socket, _) = table.joined(DOOR, Role::Listen);
    let bad = Err(Violation::BadTag);
    assert_eq!(table.join(socket, DOOR, Role::Knock), Err(Violation::JoinedTwice));
    assert_eq!(table.handle(socket, ClientMessage::Leave { tag: MESH }), bad);
    let send = ClientMessage::Send { tag: MESH, to: None, bytes: vec![] };
    assert_eq!(table.handle(socket, send.clone()), bad);
    table.joined(MESH, Role::Mesh);
    assert_eq!(table.handle(socket, send), bad, "the same when others are on the tag");
}

#[test]
fn sockets_of_one_address_cannot_take_all_places_of_a_tag() {
    let limits = Limits { listeners_per_address: 1, knockers_per_address: 1, ..Limits::default() };
    let mut table = Table::new(limits);
    let full = Some(Refusal::TagFull);
    for (role, other) in [(Role::Listen, Role::Knock), (Role::Knock, Role::Listen)] {
        for (one, same) in [("192.0.2.1", "::ffff:192.0.2.1"), ("2001:db8::1", "2001:db8::2")] {
            let tag = Tag([role as u8 + one.len() as u8; 16]);
            let first = table.hub.connect_from(one.parse().unwrap());
            assert_eq!(refusal(&table.join(first, tag, role).unwrap()), None);
            let second = table.hub.connect_from(same.parse().unwrap());
            assert_eq!(refusal(&table.join(second, tag, role).unwrap()), full);
            assert_eq!(refusal(&table.join(second, tag, other).unwrap()), None, "another role");
            let elsewhere = table.hub.connect_from("203.0.113.1".parse().unwrap());
            assert_eq!(refusal(&table.join(elsewhere, tag, role).unwrap()), None, "another address");
            let late = table.hub.connect_from(same.parse().unwrap());
            assert_eq!(refusal(&table.join(late, tag, role).unwrap()), full);
            table.hub.disconnect(first);
            assert_eq!(refusal(&table.join(late, tag, role).unwrap()), None, "its place is free");
        }
    }
}

#[test]
fn each_role_has_a_bound_of_its_own_for_one_address() {
    let limits = Limits {
        listeners_per_address: 2,
        knockers_per_address: 3,
        members_per_address: 4,
        ..Limits::default()
    };
    for (role, places) in [(Role::Listen, 2), (Role::Knock, 3), (Role::Mesh, 4)] {
        let mut table = Table::new(limits.clone());
        for n in 0..=places {
            let socket = table.hub.connect_from("192.0.2.1".parse().unwrap());
            let refused = refusal(&table.join(socket, DOOR, role).unwrap());
            assert_eq!(refused, (n == places).then_some(Refusal::TagFull), "{role:?}, place {n}");
        }
    }
}

#[test]
fn meetings_are_counted_once_one_way_and_once_when_answered() {
    let mut table = Table::new(Limits::default());
    let (host, _) = table.joined(DOOR, Role::Listen);
    let (guest, handle) = table.joined(DOOR, Role::Knock);
    table.join(guest, MESH, Role::Mesh).unwrap();
    table.send(guest, MESH, None);
    assert_eq!(table.hub.flowed(), Flowed::default(), "nobody got it");
    table.send(guest, DOOR, None);
    table.send(guest, DOOR, None);
    assert_eq!(table.hub.flowed(), Flowed { one_way: 1, both_ways: 0 });
    table.send(host, DOOR, Some(handle));
    table.send(host, DOOR, None);
    table.send(guest, DOOR, None);
    assert_eq!(table.hub.flowed(), Flowed { one_way: 1, both_ways: 1 });
}

#[test]
fn nothing_is_left_when_everybody_has_gone() {
    let mut table = Table::new(Limits::default());
    let [one, two] = ["192.0.2.1", "2001:db8::1"].map(|ip| table.hub.connect_from(ip.parse().unwrap()));
    table.join(one, DOOR, Role::Listen).unwrap();
    table.join(two, DOOR, Role::Knock).unwrap();
    table.send(one, DOOR, None);
    table.join(one, MESH, Role::Mesh).unwrap();
    table.handle(two, ClientMessage::Leave { tag: DOOR }).unwrap();
    table.hub.disconnect(one);
    table.hub.disconnect(two);
    assert_eq!(table.hub.disconnect(two), [], "a second time is nothing");
    assert!(table.hub.tags.is_empty() && table.hub.sockets.is_empty() && table.hub.flows.is_empty());
    assert!(table.hub.networks.is_empty(), "nor of where they came from");
    assert_eq!(table.hub.joins, 0);
}

#[test]
fn a_handle_drawn_twice_is_drawn_again() {
    let mut table = Table::new(Limits::default());
    let (_, first) = table.joined(MESH, Role::Mesh);
    let socket = table.hub.connect();
    let mut draws = vec![Handle([5; 8]), first];
    let join = ClientMessage::Join { tag: MESH, role: Role::Mesh };
    let deliveries = table.hub.handle(socket, join, Instant::now(), &mut || draws.pop().unwrap()).unwrap();
    assert_eq!(deliveries[1].message, ServerMessage::Attached { tag: MESH, handle: Handle([5; 8]) });
}

#[test]
fn only_who_was_just_heard_and_has_just_heard_on_a_tag_meets_somebody_there() {
    let recent = Limits::default().turn_recent;
    for (one, other) in [(Role::Listen, Role::Knock), (Role::Knock, Role::Listen), (Role::Mesh, Role::Mesh)] {
        let mut table = Table::new(Limits::default());
        let ((a, _), (b, b_handle)) = (table.joined(DOOR, one), table.joined(DOOR, other));
        table.join(a, MESH, Role::Mesh).unwrap();
        let start = Instant::now();
        let mut send = |from, to, at| {
            let message = ClientMessage::Send { tag: DOOR, to, bytes: vec![7] };
            table.hub.handle(from, message, at, &mut || unreachable!("nobody joins")).unwrap();
            [table.hub.meets(a, DOOR, at), table.hub.meets(b, DOOR, at)]
        };
        assert_eq!(send(a, Some(Handle([0xff; 8])), start), [false, false], "to nobody");
        assert_eq!(send(a, Some(b_handle), start), [false, false], "one way only");
        assert_eq!(send(a, None, start), [false, false]);
        let later = start + recent;
        assert_eq!(send(b, None, later), [true, true]);
        let late = later + Duration::from_millis(1);
        assert!(!table.hub.meets(a, DOOR, late) && !table.hub.meets(b, DOOR, late), "too long ago");
        assert!(!table.hub.meets(a, MESH, later), "not on another tag");
        assert!(!table.hub.meets(a, Tag([9; 16]), later), "nor where it is not");
    }
}

#[test]
fn who_reaches_nobody_meets_nobody_however_much_it_says() {
    let mut table = Table::new(Limits::default());
    let pairs = [(Role::Listen, Role::Listen), (Role::Knock, Role::Knock), (Role::Knock, Role::Mesh)];
    for (tag, (one, other)) in pairs.into_iter().enumerate() {
        let tag = Tag([tag as u8 + 10; 16]);
        let ((a, _), (b, _)) = (table.joined(tag, one), table.joined(tag, other));
        assert_eq!((table.send(a, tag, None), table.send(b, tag, None)), (vec![], vec![]));
        let now = Instant::now();
        assert!(!table.hub.meets(a, tag, now) && !table.hub.meets(b, tag, now));
    }
}

#[test]
fn a_question_for_a_turn_server_is_about_a_tag_that_one_is_on() {
    let mut table = Table::new(Limits::default());
    let (socket, _) = table.joined(DOOR, Role::Knock);
    assert_eq!(table.handle(socket, ClientMessage::AskTurn { tag: DOOR }), Ok(vec![]));
    assert_eq!(table.handle(socket, ClientMessage::AskTurn { tag: MESH }), Err(Violation::BadTag));
}
