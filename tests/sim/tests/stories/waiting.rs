//! While one waits at the door: what is said of who is there, and that the conversation outlives reloads and restarts.

use peer_core::io::Presence;
use signal_proto::{ClientMessage, Role, ServerMessage};
use sim::attacker::{Link, at};
use sim::{NodeId, World, seeds, worlds};

#[test]
fn nobody_there_is_said_and_the_knock_is_heard_when_somebody_comes() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        world.run_for(1_000);
        world.close(host, true);
        let guest = world.guest("Gustav", &link);
        world.run_until("nobody is there", |world| world.view(guest).presence == Some(Presence::NobodyThere));
        world.run_for(50_000);
        world.reopen(host);
        world.admit(host, guest);
    }
}

/// Host and guest: who is at the door stays there and hears nothing, as a tab that its browser has frozen, and who
/// knocks has been told so.
fn unanswered(world: &mut World) -> (NodeId, NodeId) {
    let (host, link) = world.host("Hanna");
    world.run_for(1_000);
    world.intercept(Box::new(|_, passing| {
        if matches!(passing.message, ServerMessage::Message { .. }) { Vec::new() } else { vec![(0, passing)] }
    }));
    let guest = world.guest("Gustav", &link);
    world.run_until("it does not answer", |world| said(world, guest) == Some(Presence::NotAnswering));
    (host, guest)
}

fn said(world: &World, guest: NodeId) -> Option<Presence> {
    world.view(guest).presence.clone()
}

#[test]
fn who_is_there_and_does_not_answer_is_said_to_be_that_until_it_does() {
    for mut world in worlds(2) {
        let (host, guest) = unanswered(&mut world);
        for _ in 0..60 {
            world.run_for(1_000);
            assert_eq!(said(&world, guest), Some(Presence::NotAnswering), "it is dialled again all the time");
        }
        world.trust_again();
        world.admit(host, guest);
    }
}

#[test]
fn who_did_not_answer_and_goes_is_not_there_any_more() {
    for mut world in worlds(2) {
        let (host, guest) = unanswered(&mut world);
        world.close(host, true);
        world.run_until("it has gone", |world| said(world, guest) == Some(Presence::NobodyThere));
    }
}

#[test]
fn a_link_whose_room_was_changed_finds_nobody_and_says_so_before_it_tries_again() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        // One character of C: the door is the same, whoever answers there is another room's host.
        let at = 36;
        let other = if &link[at..=at] == "A" { "B" } else { "A" };
        let guest = world.guest("Gustav", &format!("{}{other}{}", &link[..at], &link[at + 1..]));
        world.run_until("nobody of that room is there", |world| {
            world.view(guest).presence == Some(Presence::NobodyThere)
        });
        assert!(world.view(host).knocks.is_empty());
    }
}

#[test]
fn who_waits_at_the_door_is_told_when_the_last_listener_goes_and_not_before() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        let asked = |world: &World| matches!(world.view(guest).presence, Some(Presence::Asked { .. }));
        world.run_until("it has digits", asked);
        let door = Link::of(&link);
        let other = at(&mut world, &door, Role::Listen);
        world.run_for(2_000);
        world.script_send(other, &ClientMessage::Leave { tag: door.tag });
        world.run_for(2_000);
        assert!(asked(&world), "the host is still there: {:?}", world.view(guest).presence);
        world.close(host, true);
        world.run_for(2_000);
        assert_eq!(world.view(guest).presence, Some(Presence::NobodyThere));
        world.reopen(host);
        world.admit(host, guest);
    }
}

#[test]
fn a_listener_that_never_answers_is_said_to_be_there_and_silent() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        world.run_for(1_000);
        world.close(host, true);
        let _mute = at(&mut world, &Link::of(&link), Role::Listen);
        world.run_for(1_000);
        let (guest, since) = (world.guest("Gustav", &link), world.now());
        world.run_until("it is said", |world| world.view(guest).presence == Some(Presence::NotAnswering));
        assert!(world.now() - since <= 20_000, "so it is said before one gives up");
        world.reopen(host);
        world.admit(host, guest);
    }
}

#[test]
fn a_restart_of_the_server_leaves_the_digits_of_who_waits_as_they_are() {
    for seed in seeds(8) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        let digits = |world: &World| match &world.view(guest).presence {
            Some(Presence::Asked { sas }) => Some(sas.clone()),
            _ => None,
        };
        world.run_until("it has digits", |world| digits(world).is_some());
        let before = digits(&world);
        // Far away, so that an answer takes its time.
        world.net().signal_latency = (350, 450);
        world.restart_signaling();
        world.run_for(15_000);
        assert_eq!((digits(&world), world.view(host).knocked), (before, 1), "people may be comparing them");
        world.admit(host, guest);
    }
}

#[test]
fn a_host_that_reloads_during_a_knock_is_asked_again() {
    for mut world in worlds(3) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        world.reload(host);
        let since = world.now();
        world.run_until("it is asked again", |world| !world.view(host).knocks.is_empty());
        assert!(world.now() - since <= 15_000, "not only when the old conversation is given up");
        world.admit(host, guest);
    }
}

#[test]
fn a_guest_that_reloads_while_it_knocks_asks_as_the_same_key() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        let key = world.key(guest);
        world.reload(guest);
        if world.view(guest).ready.is_none() {
            world.join(guest, &link); // a guest's knock need not be kept, the page's address asks again
        } else {
            assert_eq!(world.key(guest), key);
        }
        world.admit(host, guest);
    }
}
