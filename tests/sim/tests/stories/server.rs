//! A signaling server that is slow, full, mute or unreasonable: the engine comes back by itself, neither hammering
//! it nor staying away, and what people see says what is the matter.

use peer_core::io::{Input, Presence, SignalInput};
use signal_proto::{ClientMessage, Refusal, ServerMessage};
use sim::{NodeId, World, seeds};
use std::cell::Cell;
use std::rc::Rc;

/// The waits of PROTOCOL.md, *The server's model*, in ms.
const BACKOFF: u64 = 500;
const MAX_BACKOFF: u64 = 30_000;
const CONNECT: u64 = 15_000;
const JOIN: u64 = 8_000;
const REFUSED: u64 = 5_000;

/// The server says when to come back, and restarts; how long the node stayed away.
fn sent_away(world: &mut World, node: NodeId, retry_ms: u32) -> u64 {
    world.run_until("it is connected", |world| world.socket(node).is_some());
    let socket = world.socket(node).expect("just seen");
    world.inject(socket, ServerMessage::GoingAway { retry_ms });
    world.run_for(50);
    let before = world.socket_tries(node).len();
    let since = world.now();
    world.restart_signaling();
    world.run_until("it comes back", |world| world.socket_tries(node).len() > before);
    world.now() - since
}

#[test]
fn a_server_that_is_going_away_is_neither_hammered_nor_left_alone_for_hours() {
    for seed in seeds(4) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        // Sockets of a restarted server are gone within 30 ms; half of each wait is random.
        for _ in 0..20 {
            let away = sent_away(&mut world, host, 0);
            assert!((BACKOFF / 2..=BACKOFF + 30).contains(&away), "{away} ms after \"at once\"");
        }
        let away = sent_away(&mut world, host, 4_000);
        assert!((2_000..=4_030).contains(&away), "{away} ms after \"in four seconds\"");
        let away = sent_away(&mut world, host, u32::MAX);
        assert!((MAX_BACKOFF / 2..=MAX_BACKOFF + 30).contains(&away), "{away} ms after \"in weeks\"");
        // What it said is good for one time.
        world.run_until("it is connected", |world| world.socket(host).is_some());
        world.run_for(1_000);
        let before = world.socket_tries(host).len();
        world.restart_signaling();
        world.run_for(BACKOFF + 30);
        assert_eq!(world.socket_tries(host).len(), before + 1);
        let guest = world.guest("Gustav", &link);
        world.admit(host, guest);
    }
}

#[test]
fn a_socket_that_never_opens_is_given_up_and_tried_again_after_growing_waits() {
    let mut all_waits = Vec::new();
    for seed in seeds(3) {
        let mut world = World::new(seed);
        world.swallow_openings(true);
        let host = world.node("Hanna");
        world.command(host, peer_core::io::Command::CreateRoom { name: "Hanna".into() });
        world.run_until("it is said", |world| world.view(host).presence == Some(Presence::ServerUnreachable));
        world.run_until("it is tried often", |world| world.socket_tries(host).len() == 10);
        let tries = world.socket_tries(host);
        let waits: Vec<u64> = tries.windows(2).map(|two| two[1] - two[0] - CONNECT).collect();
        for (n, wait) in waits.iter().enumerate() {
            let whole = (BACKOFF << n.min(6)).min(MAX_BACKOFF);
            assert!((whole / 2..=whole).contains(wait), "wait {n}: {wait} ms of {whole}");
        }
        world.swallow_openings(false);
        let link = world.link(host);
        let guest = world.guest("Gustav", &link);
        world.admit(host, guest);
        // After that a loss is an ordinary one again.
        world.run_for(1_000);
        let before = world.socket_tries(host).len();
        world.restart_signaling();
        world.run_for(BACKOFF + 30);
        assert_eq!(world.socket_tries(host).len(), before + 1);
        all_waits.push(waits);
    }
    all_waits.dedup();
    assert_eq!(all_waits.len(), seeds(3).count(), "a crowd does not come back in step");
}

#[test]
fn a_server_that_opens_but_never_answers_is_given_up() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        world.intercept(Box::new(|_, passing| match passing.message {
            ServerMessage::Joined { .. } => Vec::new(),
            _ => vec![(0, passing)],
        }));
        let (host, link) = world.host("Hanna");
        world.run_until("it is tried again", |world| world.socket_tries(host).len() == 4);
        let tries = world.socket_tries(host);
        assert!(tries.windows(2).all(|two| two[1] - two[0] >= JOIN + BACKOFF / 2), "{tries:?}");
        assert_eq!(world.view(host).presence, Some(Presence::ServerUnreachable));
        world.trust_again();
        let guest = world.guest("Gustav", &link);
        world.admit(host, guest);
    }
}

#[test]
fn a_refused_join_is_said_and_asked_again_on_the_same_socket() {
    let reasons = [(Refusal::TagFull, Presence::RoomFull), (Refusal::ServerFull, Presence::ServerFull)];
    for (reason, said) in reasons {
        for seed in seeds(2) {
            let mut world = World::new(seed);
            world.refuse_joins(Some(reason));
            let (host, link) = world.host("Hanna");
            world.run_until("it is said", |world| world.view(host).presence.as_ref() == Some(&said));
            let since = world.now();
            world.run_for(60_000);
            let joins = world
                .server_messages()
                .iter()
                .filter(|(_, bytes)| matches!(ClientMessage::decode(bytes), Ok(ClientMessage::Join { .. })));
            // The host has two places to join: its door and the mesh.
            let most = 2 * ((world.now() - since) / REFUSED + 1) as usize;
            assert!((4..=most).contains(&joins.count()));
            assert_eq!(world.socket_tries(host).len(), 1, "the socket stays");
            world.refuse_joins(None);
            let guest = world.guest("Gustav", &link);
            world.admit(host, guest);
            assert_eq!(world.socket_tries(host).len(), 1);
        }
    }
}

#[test]
fn a_guest_for_whom_the_server_has_no_place_hears_that_many_are_at_the_door() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        world.run_until("the host is there", |world| world.view(host).presence == Some(Presence::Waiting));
        world.refuse_joins(Some(Refusal::TagFull));
        let guest = world.guest("Gustav", &link);
        world.run_until("it is said", |world| world.view(guest).presence == Some(Presence::Crowded));
        world.refuse_joins(None);
        world.admit(host, guest);
    }
}

#[test]
fn late_news_of_a_socket_that_is_gone_makes_nobody_wait_longer() {
    for seed in seeds(4) {
        let mut world = World::new(seed);
        let (host, _) = world.host("Hanna");
        world.run_until("it is connected", |world| world.socket(host).is_some());
        world.run_for(5_000);
        let (room, tries) = (world.room(host), world.socket_tries(host).len());
        world.restart_signaling();
        world.run_until("it is noticed", |world| world.socket(host).is_none());
        for _ in 0..8 {
            let input = SignalInput::Disconnected { code: 1006 };
            world.input(host, Input::Signal { room, input });
        }
        let since = world.now();
        world.run_until("it tries again", |world| world.socket_tries(host).len() > tries);
        assert!(world.now() - since <= 500, "the first wait: {} ms", world.now() - since);
    }
}

#[test]
fn after_a_restart_the_door_counts_as_open_only_when_the_server_has_said_so() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, _) = world.host("Hanna");
        world.run_until("its door is open", |world| world.view(host).presence == Some(Presence::Waiting));
        // Of its two places the server confirms one only, at first.
        let one = Rc::new(Cell::new(None));
        let first = one.clone();
        world.intercept(Box::new(move |_, passing| match passing.message {
            ServerMessage::Joined { tag, .. } => {
                let confirmed = first.get().unwrap_or(tag);
                first.set(Some(confirmed));
                if confirmed == tag { vec![(0, passing)] } else { vec![(JOIN / 2, passing)] }
            }
            _ => vec![(0, passing)],
        }));
        world.restart_signaling();
        world.run_until("one is confirmed", |_| one.get().is_some());
        world.run_for(1_000);
        assert_ne!(world.view(host).presence, Some(Presence::Waiting), "nobody who knocks would be heard");
        world.run_until("both are", |world| world.view(host).presence == Some(Presence::Waiting));
    }
}
