//! TURN: whoever opens a connection has the right to it at hand if the server gives any, whenever that is, and
//! a server that gives none, or nonsense, keeps nobody apart.

use peer_core::io::{Command, Input, LinkInput, LinkState};
use sim::turn::Desk;
use sim::{Net, NodeId, World, seeds, worlds};

/// 10 minutes, the longest that a server may give.
const LIFE: u32 = 600;

fn everybody_had_one(world: &World, from: usize) {
    let openings = &world.openings()[from..];
    assert!(!openings.is_empty());
    for opening in openings {
        assert!(opening.with_valid_turn(), "{opening:?} of {openings:?}");
    }
}

#[test]
fn both_ends_of_every_connection_have_a_right_to_turn_that_is_valid_then() {
    for mut world in seeds(3).map(World::new) {
        world.turn_desk(Desk::Open(LIFE));
        let all = world.room_of(4);
        world.reload(all[2]);
        world.linked(&all);
        world.reload(all[0]);
        world.linked(&all);
        everybody_had_one(&world, 0);
        assert!(world.openings().len() >= 2 * (6 + 3 + 3));
    }
}

#[test]
fn a_knock_that_waits_for_long_still_finds_a_valid_one() {
    for mut world in worlds(2) {
        world.turn_desk(Desk::Open(LIFE));
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        world.run_for(47 * 60_000);
        assert!(world.openings().is_empty());
        let asked = world.turn_asked();
        assert!((10..=40).contains(&asked), "twice each life, by both: {asked}");
        world.admit(host, guest);
        everybody_had_one(&world, 0);
    }
}

#[test]
fn a_connection_lost_after_hours_comes_back_with_a_fresh_one() {
    for mut world in seeds(3).map(World::new) {
        world.turn_desk(Desk::Open(LIFE));
        let all = world.room_of(2);
        let asked = world.turn_asked();
        world.run_for(3 * 3_600_000);
        assert_eq!(world.turn_asked(), asked, "who is linked needs none");
        let before = world.openings().len();
        world.cut_lanes(all[0], all[1]);
        world.run_for(20_000);
        world.heal_lanes(all[0], all[1]);
        world.linked(&all);
        everybody_had_one(&world, before);
    }
}

#[test]
fn on_a_bad_line_nothing_waits_for_turn_and_none_is_used_that_has_expired() {
    for mut world in seeds(3).map(|seed| World::with_net(seed, Net::bad())) {
        world.turn_desk(Desk::Open(1));
        let all = world.room_of(3);
        world.run_for(60_000);
        world.cut_lanes(all[0], all[1]);
        world.run_for(20_000);
        world.heal_lanes(all[0], all[1]);
        world.linked(&all);
        for opening in world.openings() {
            assert!(opening.turn.is_none() || opening.with_valid_turn(), "{opening:?}");
        }
    }
}

#[test]
fn a_server_without_turn_keeps_nobody_apart_and_is_not_pestered() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        world.run_for(600_000);
        assert!(world.turn_asked() <= 2 * 31, "each at most every 20 s: {}", world.turn_asked());
        world.admit(host, guest);
        assert!(world.openings().iter().all(|opening| opening.turn.is_none()));
    }
}

/// Answers that a server might try: postcard by hand, as the library makes no unsound ones.
fn nonsense() -> Vec<Vec<u8>> {
    let turn = |urls: &[&str], user: &str, credential: &str, life: u32| {
        let turn = (urls, user, credential, life);
        [vec![6, 1], postcard::to_allocvec(&turn).expect("it fits")].concat()
    };
    let one = |url, user, credential, life| turn(&[url], user, credential, life);
    let huge = "x".repeat(16_000);
    vec![
        turn(&[], "u", "c", 60),
        turn(&["turn:a"; 5], "u", "c", 60),
        one("javascript:alert(1)", "u", "c", 60),
        one("stun:third.party", "u", "c", 60),
        one("turn:a b", "u", "c", 60),
        one(&format!("turn:{huge}"), "u", "c", 60),
        one("turn:a", &huge, "c", 60),
        one("turn:a", "u", &huge, 60),
        one("turn:a", "u\n", "c", 60),
        one("turn:a", "u", "c", 0),
        one("turn:a", "u", "c", 601),
        one("turn:a", "u", "c", u32::MAX),
        [&one("turn:a", "u", "c", 60)[..], &[0]].concat(),
        vec![6, 1],
        vec![6, 1, 0xff, 0xff, 0xff, 0xff, 0x0f],
        vec![6, 2],
        vec![6; 200_000],
    ]
}

#[test]
fn a_server_that_answers_with_nonsense_keeps_nobody_apart() {
    for mut world in worlds(2) {
        for start in 0..nonsense().len() {
            let mut answers = nonsense();
            answers.rotate_left(start);
            world.turn_desk(Desk::Nonsense(answers));
            let (host, link) = world.host("Hanna");
            let guest = world.guest("Gustav", &link);
            world.admit(host, guest);
            for node in [host, guest] {
                assert!(world.view(node).misbehaved.is_empty(), "nobody is blamed for the server");
                close(&mut world, node);
            }
        }
        assert!(world.openings().iter().all(|opening| opening.turn.is_none()), "none of it was used");
    }
}

fn close(world: &mut World, node: NodeId) {
    let room = world.room(node);
    world.command(node, Command::Close { room });
}

#[test]
fn a_path_that_changes_is_told_as_it_is_now() {
    let mut world = World::new(1);
    let all = world.room_of(2);
    let state = |world: &World| world.view(all[0]).links.get(&world.key(all[1])).cloned();
    assert_eq!(state(&world), Some(LinkState::Direct));
    let [(lane, _)] = world.lanes_up(all[0])[..] else { panic!("one lane") };
    for (relayed, expected) in
        [(true, LinkState::Relayed), (true, LinkState::Relayed), (false, LinkState::Direct)]
    {
        let input = LinkInput::Path { relayed };
        world.input(all[0], Input::Link { link: lane.link, lane: lane.lane, input });
        assert_eq!(state(&world), Some(expected));
    }
}
