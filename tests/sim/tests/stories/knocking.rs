//! The guest's side of the door, when others listen there too, when the host is away for a moment or speaks another
//! version, and when the guest thinks better of it.

use super::hostile_door::{impersonate, proof};
use super::mesh::calls;
use data_encoding::BASE64URL_NOPAD;
use peer_core::io::{Command, LinkState, Presence};
use signal_proto::{ClientMessage, Role, ServerMessage};
use sim::attacker::{Body, Key, Link, OPEN, SEALED, at, commitment};
use sim::{World, seeds};

#[test]
fn who_takes_the_knock_back_or_closes_the_room_is_gone_from_the_others_pages_at_once() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        let room = world.room(guest);
        world.command(guest, Command::Leave { room });
        world.run_for(2_000);
        assert!(world.view(host).knocks.is_empty(), "its card");

        let member = world.guest("Ines", &link);
        world.admit(host, member);
        world.command(member, Command::Close { room });
        world.run_for(2_000);
        assert!(matches!(world.view(host).links[&world.key(member)], LinkState::Lost { .. }), "its link");
    }
}

/// Whoever has the link may listen at the door and say nothing.
#[test]
fn a_silent_listener_neither_delays_a_knock_nor_draws_it_away() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let link = Link::of(&fragment);
        world.run_for(500);
        at(&mut world, &link, Role::Listen);
        if seed % 2 == 0 {
            world.reload(host); // now the other one was there first
            world.run_for(500);
        }
        let since = world.now();
        let guest = world.guest("Gustav", &fragment);
        world.knock(host, guest);
        assert!(world.now() - since < 3_000, "no delay");
        at(&mut world, &link, Role::Listen);
        world.run_for(120_000);
        let view = world.view(host);
        assert_eq!((view.knocks.len(), view.knocked), (1, 1), "the same card all the time");
        world.admit(host, guest);
    }
}

#[test]
fn who_knocks_is_heard_on_the_hosts_new_socket_though_the_first_word_there_is_lost() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        let old = world.socket(host).expect("connected");
        world.cut_signal(host);
        world.run_until("its socket is given up", |world| world.socket(host).is_none());
        let own = world.socket(guest);
        let mut lost = false;
        world.intercept(Box::new(move |_, passing| {
            let sealed =
                matches!(&passing.message, ServerMessage::Message { bytes, .. } if bytes[0] == SEALED);
            if sealed && passing.from == own && passing.to != old && !lost {
                lost = true;
                return Vec::new();
            }
            vec![(0, passing)]
        }));
        world.heal_signal(host);
        world.run_for(30_000);
        assert!(world.socket(host).is_some_and(|socket| socket != old));
        let view = world.view(host);
        assert_eq!((view.knocks.len(), view.knocked), (1, 1), "the same card, with the same digits");
        world.admit(host, guest);
    }
}

/// Whoever has the link may come to the door just after the host has come back to it.
#[test]
fn a_silent_listener_keeps_nobody_from_a_host_that_was_reloaded() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let guest = world.guest("Gustav", &fragment);
        world.knock(host, guest);
        let silent = world.script();
        let old = world.socket(host);
        world.reload(host);
        world.run_until("it is there again", |world| world.socket(host).is_some_and(|new| Some(new) != old));
        world.run_for(200);
        let tag = Link::of(&fragment).tag;
        world.script_send(silent, &ClientMessage::Join { tag, role: Role::Listen });
        let since = world.now();
        world.knock(host, guest);
        assert!(world.now() - since < 5_000, "after {} ms", world.now() - since);
    }
}

/// Whoever has the link may come to the door and go again, as often as the server lets it.
#[test]
fn who_comes_and_goes_at_the_door_keeps_nobody_from_a_host_that_was_reloaded() {
    for (seed, pause) in seeds(2).flat_map(|seed| [(seed, 0), (seed, 3_000)]) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let guest = world.guest("Gustav", &fragment);
        world.knock(host, guest);
        let tag = Link::of(&fragment).tag;
        let sockets: Vec<_> = (0..12).map(|_| world.script()).collect();
        world.close(host, true);
        for socket in sockets {
            world.script_send(socket, &ClientMessage::Join { tag, role: Role::Listen });
            world.run_for(60);
            world.script_send(socket, &ClientMessage::Leave { tag });
            world.run_for(60);
        }
        // Or those that were taken down to be dialled are being dialled by now.
        world.run_for(pause);
        world.reopen(host);
        let since = world.now();
        world.knock(host, guest);
        assert!(world.now() - since < 8_000, "after {} ms", world.now() - since);
    }
}

/// One socket with the link comes and goes, as fast as a server lets it, beside the host.
#[test]
fn who_comes_and_goes_at_the_door_makes_no_card_vanish_and_no_guest_send_too_much() {
    for (seed, sockets, pause) in [(1, 1, 500), (2, 1, 900), (3, 40, 20)] {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let guest = world.guest("Gustav", &fragment);
        world.knock(host, guest);
        let tag = Link::of(&fragment).tag;
        let sockets: Vec<_> = (0..sockets).map(|_| world.script()).collect();
        let (since, own) = (world.server_messages().len(), world.socket(guest).expect("connected"));
        for turn in 0..90_000 / pause / 2 {
            let socket = sockets[turn as usize % sockets.len()];
            world.script_send(socket, &ClientMessage::Join { tag, role: Role::Listen });
            world.run_for(pause);
            world.script_send(socket, &ClientMessage::Leave { tag });
            world.run_for(pause);
        }
        assert_eq!(
            (world.view(host).knocks.len(), world.view(host).knocked),
            (1, 1),
            "the same card, seed {seed}"
        );
        let sent = world.server_messages()[since..].iter().filter(|(socket, _)| *socket == own).count();
        assert!(sent < 2_000, "{sent} messages in 90 s, seed {seed}");
    }
}

/// More sockets than a guest turns to: those of whoever was there last wait, and so does the host that is back.
#[test]
fn a_host_that_reloads_among_many_who_come_and_go_is_asked_again() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let guest = world.guest("Gustav", &fragment);
        world.knock(host, guest);
        let tag = Link::of(&fragment).tag;
        let sockets: Vec<_> = (0..40).map(|_| world.script()).collect();
        let come_and_go = |world: &mut World, turns: usize| {
            for turn in 0..turns {
                let socket = sockets[turn % sockets.len()];
                world.script_send(socket, &ClientMessage::Join { tag, role: Role::Listen });
                world.run_for(20);
                world.script_send(socket, &ClientMessage::Leave { tag });
                world.run_for(20);
            }
        };
        come_and_go(&mut world, 400);
        world.reload(host);
        come_and_go(&mut world, 500);
        assert!(!world.view(host).knocks.is_empty(), "within 20 s, seed {seed}");
        // Nor is it harder to be met for the first time.
        let late = world.guest("Lotte", &fragment);
        come_and_go(&mut world, 500);
        assert_eq!(world.view(host).knocks.len(), 2, "within 20 s, seed {seed}");
        world.admit(host, late);
    }
}

#[test]
fn a_listener_that_comes_costs_a_guest_one_message_however_many_listen() {
    let mut world = World::new(1);
    let (host, fragment) = world.host("Hanna");
    let guest = world.guest("Gustav", &fragment);
    world.knock(host, guest);
    let tag = Link::of(&fragment).tag;
    let sockets: Vec<_> = (0..7).map(|_| world.script()).collect();
    world.close(host, false);
    let (since, own) = (world.server_messages().len(), world.socket(guest).expect("connected"));
    for socket in sockets {
        world.script_send(socket, &ClientMessage::Join { tag, role: Role::Listen });
    }
    world.run_for(500);
    let sent = world.server_messages()[since..].iter().filter(|(socket, _)| *socket == own).count();
    assert!((7..=14).contains(&sent), "{sent} messages");
}

#[test]
fn an_impostor_is_asked_again_now_and_then_and_while_another_may_answer_nobody_is_said_to_be_missing() {
    fn lie(_: &Link, _: &Key, host: &[u8; 32], _: &[u8; 32]) -> Body {
        proof(*host, ([0; 32], [0; 32]))
    }
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let (link, key) = (Link::of(&fragment), world.key(host).0);
        world.run_for(1_000);
        world.close(host, true);
        let door = at(&mut world, &link, Role::Listen);
        let silent = at(&mut world, &link, Role::Listen);
        let guest = world.guest("Gustav", &fragment);
        impersonate(&mut world, door, &link, key, lie, 5_000);
        assert!(!world.view(guest).misbehaved.is_empty(), "the impostor has answered");
        assert_eq!(world.view(guest).presence, Some(Presence::Greeting), "the other has not");
        world.script_send(silent, &ClientMessage::Leave { tag: link.tag });
        let since = world.server_messages().len();
        impersonate(&mut world, door, &link, key, lie, 60_000);
        assert_eq!(world.view(guest).presence, Some(Presence::NobodyThere));
        let asked = calls(&world, guest, since);
        assert!((5..=13).contains(&asked), "asked {asked} times in a minute");
    }
}

/// A room whose host demands what this version does not know, or speaks another version altogether.
#[test]
fn a_guest_of_a_newer_room_is_told_so() {
    fn newer(link: &Link, own: &Key, host: &[u8; 32], h: &[u8; 32]) -> Body {
        let (signature, demands) = (own.prove(link, false, host, host, h), 1 << 63);
        let commitment = commitment(&[7; 32]);
        Body::Proof { key: *host, signature, commitment, admit: None, features: demands, demands }
    }
    let mut world = World::new(1);
    let key = Key::new(66).public();
    let room = blake3::derive_key("linkspan/1 room id", &key);
    let fragment = BASE64URL_NOPAD.encode(&[&[1], &[5; 16][..], &room[..16]].concat());
    let link = Link::of(&fragment);
    let door = at(&mut world, &link, Role::Listen);
    let guest = world.guest("Gustav", &fragment);
    impersonate(&mut world, door, &link, key, newer, 5_000);
    assert_eq!(world.view(guest).presence, Some(Presence::VersionMismatch));

    let mut world = World::new(1);
    let (_, link) = world.host("Hanna");
    world.intercept(Box::new(|_, mut passing| {
        if let ServerMessage::Message { bytes, .. } = &mut passing.message
            && bytes[0] == OPEN
        {
            bytes[2..4].fill(9);
        }
        vec![(0, passing)]
    }));
    let guest = world.guest("Gustav", &link);
    world.run_until("it is told", |world| world.view(guest).presence == Some(Presence::VersionMismatch));
}
