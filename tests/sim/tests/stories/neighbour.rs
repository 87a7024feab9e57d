//! Rooms heal without the server: members that lost each other meet again through one that both are linked with.

use super::stranger::let_in;
use peer_core::error::Misbehavior;
use peer_core::id::MemberId;
use peer_core::io::Channel;
use signal_proto::ServerMessage;
use sim::attacker::{ANSWER, Key, Link, OPEN, Opening};
use sim::{NodeId, World, seeds, worlds};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The frame that asks a neighbour to pass an envelope on.
const PASS: u8 = 13;
/// The frame by which a neighbour passes one on.
const PASSED: u8 = 14;

/// Whether a frame asks to pass on the opening of a call: its kind, whom to, a length of two bytes, the envelope's kind.
fn is_call(frame: &[u8]) -> bool {
    frame.len() > 55 && frame[0] == PASS && frame[35] == OPEN
}

/// Cut the lanes between all of `apart` until each has lost the others.
fn lose_each_other(world: &mut World, apart: &[NodeId]) {
    let pairs: Vec<(NodeId, NodeId)> = apart
        .iter()
        .enumerate()
        .flat_map(|(i, one)| apart[i + 1..].iter().map(|other| (*one, *other)))
        .collect();
    for (one, other) in &pairs {
        world.cut_lanes(*one, *other);
    }
    world.run_until("they have lost each other", |world| {
        let linked = |one: NodeId, other: NodeId| world.view(one).linked(world.key(other));
        pairs.iter().all(|(one, other)| !linked(*one, *other) && !linked(*other, *one))
    });
    for (one, other) in &pairs {
        world.heal_lanes(*one, *other);
    }
}

#[test]
fn two_meet_again_through_a_third_while_the_server_is_away() {
    for mut world in worlds(4) {
        let all = world.room_of(3);
        world.stop_signaling();
        world.run_for(1_000);
        lose_each_other(&mut world, &all[1..]);
        world.linked(&all);
        world.say(all[1], "without the server");
        world.same_chat(&all, 1);
    }
}

/// Two calls that cross cost both ends a connection for nothing.
#[test]
fn of_two_that_lost_each_other_one_calls_at_once_and_the_other_leaves_it_to_it() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        world.run_for(40_000);
        world.stop_signaling();
        world.run_for(1_000);
        let opened = Rc::new(RefCell::new(BTreeSet::<(NodeId, Vec<u8>)>::new()));
        let seen = opened.clone();
        world.tap(Some(Box::new(move |crossing| {
            if is_call(&crossing.bytes) {
                // The envelope's header: which call it is.
                seen.borrow_mut().insert((crossing.from.node, crossing.bytes[35..55].to_vec()));
            }
            vec![crossing.bytes.clone()]
        })));
        let lane = world.lanes_up(all[0]).into_iter().find(|(_, other)| other.node == all[1]);
        world.lane_data(lane.expect("linked").0, Channel::Control, vec![0xFF]);
        let keys = [world.key(all[0]), world.key(all[1])];
        world.run_until("it is lost", |world| {
            !world.view(all[0]).linked(keys[1]) && !world.view(all[1]).linked(keys[0])
        });
        world.linked(&all);
        let smaller = usize::from(keys[1] < keys[0]);
        let callers: Vec<NodeId> = opened.borrow().iter().map(|(node, _)| *node).collect();
        assert_eq!(callers, [all[smaller]]);
    }
}

#[test]
fn a_neighbour_that_cannot_reach_whom_one_calls_says_so_and_the_next_one_is_asked_soon() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let mut all = world.room_of(4);
        world.run_for(40_000);
        all.sort_by_key(|node| world.key(*node));
        let [caller, called, without_link, with_link] = all[..] else { panic!("four") };
        world.stop_signaling();
        world.cut_lanes(called, without_link);
        world.run_until("they have lost each other", |world| {
            !world.view(called).linked(world.key(without_link))
                && !world.view(without_link).linked(world.key(called))
        });
        // Calls of the other end are lost, so that it is only this one that may bring them together.
        world.tap(Some(Box::new(move |crossing| {
            let calls = crossing.from.node == called && is_call(&crossing.bytes);
            if calls { Vec::new() } else { vec![crossing.bytes.clone()] }
        })));
        let lane = world.lanes_up(caller).into_iter().find(|(_, other)| other.node == called);
        world.lane_data(lane.expect("linked").0, Channel::Control, vec![0xFF]);
        let since = world.now();
        world.run_until("it is lost", |world| {
            !world.view(caller).linked(world.key(called)) && !world.view(called).linked(world.key(caller))
        });
        world.linked(&[caller, called, with_link]);
        assert!(world.now() - since < 8_000, "without waiting for an answer: {} ms", world.now() - since);
    }
}

/// One that answers and never offers a link has its call's waits like any other, and one of the two places at most.
#[test]
fn who_answers_a_call_and_never_connects_is_not_called_twice_at_once() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let mut all = world.room_of(3);
        world.run_for(40_000);
        all.sort_by_key(|node| world.key(*node));
        let [caller, called, _] = all[..] else { panic!("three") };
        world.stop_signaling();
        world.cut_lanes(caller, called);
        world.run_until("they have lost each other", |world| {
            !world.view(caller).linked(world.key(called)) && !world.view(called).linked(world.key(caller))
        });
        let calls: Rc<RefCell<BTreeSet<Vec<u8>>>> = Rc::default();
        let seen = calls.clone();
        // Of what the called one says its answer passes, and nothing after it.
        world.tap(Some(Box::new(move |crossing| {
            let pass = crossing.bytes.len() > 55 && crossing.bytes[0] == PASS;
            if crossing.from.node == caller && is_call(&crossing.bytes) {
                seen.borrow_mut().insert(crossing.bytes[35..55].to_vec());
            }
            let mute = crossing.from.node == called && pass && crossing.bytes[35] != ANSWER;
            if mute { Vec::new() } else { vec![crossing.bytes.clone()] }
        })));
        world.run_for(120_000);
        let count = calls.borrow().len();
        assert!((2..=4).contains(&count), "{count} calls in two minutes");
    }
}

/// Whoever knows what members know still needs somebody who vouches for it.
#[test]
fn what_a_neighbour_passes_on_from_somebody_who_is_no_member_is_not_answered() {
    let mut world = World::new(1);
    let host = world.room_of(2)[0];
    let (fragment, insider) = (world.link(host), Key::new(66));
    let (_, epoch) = let_in(&mut world, &fragment, &insider);
    let mesh = Link::with(&epoch, "mesh", 2);
    let answers = Rc::new(Cell::new(0));
    let seen = answers.clone();
    world.tap(Some(Box::new(move |crossing| {
        seen.set(seen.get() + usize::from(crossing.from.node == host && crossing.bytes[0] == PASS));
        vec![crossing.bytes.clone()]
    })));
    for (n, (from, answered)) in [(Key::new(67), false), (insider, true)].into_iter().enumerate() {
        let envelope = Opening::new(&mesh, [50 + n as u8; 16], n as u64).envelope;
        let length = [envelope.len() as u8 | 0x80, (envelope.len() >> 7) as u8];
        let frame = [&[PASSED][..], &from.public(), &length, &envelope].concat();
        let (lane, _) = world.lanes_up(host)[0];
        world.lane_data(lane, Channel::Control, frame);
        world.run_for(1_000);
        assert_eq!(answers.get() > 0, answered);
    }
}

#[test]
fn a_room_of_eight_grows_together_again_around_one_member() {
    for mut world in worlds(1) {
        let all = world.room_of(8);
        world.stop_signaling();
        lose_each_other(&mut world, &all[1..]);
        world.linked(&all);
    }
}

#[test]
fn a_server_that_carries_nothing_keeps_nobody_apart() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        world.intercept(Box::new(|_, passing| match passing.message {
            ServerMessage::Message { .. } => Vec::new(),
            _ => vec![(0, passing)],
        }));
        lose_each_other(&mut world, &all[1..]);
        world.linked(&all);
    }
}

#[test]
fn a_neighbour_that_changes_what_it_passes_on_gains_nothing() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        world.stop_signaling();
        let keys: Vec<MemberId> = all.iter().map(|node| world.key(*node)).collect();
        // In each envelope another byte is turned: kind, meeting, sealed part and padding all have their turn.
        let mut turned = 0;
        world.tap(Some(Box::new(move |crossing| {
            let mut bytes = crossing.bytes.clone();
            if crossing.channel == Channel::Control && bytes.first() == Some(&14) && turned < 600 {
                let at = 36 + (turned * 7) % (bytes.len() - 36);
                bytes[at] ^= 1;
                turned += 1;
            }
            vec![bytes]
        })));
        lose_each_other(&mut world, &all[1..]);
        world.run_for(120_000);
        for node in &all {
            let named = world.view(*node).misbehaved.clone();
            let innocent = |(who, how): &(Option<MemberId>, Misbehavior)| {
                *who != Some(keys[0]) || *how != Misbehavior::FingerprintMismatch
            };
            assert!(named.iter().all(innocent), "{named:?}");
        }
        world.tap(None);
        world.linked(&all);
    }
}

#[test]
fn a_flood_to_be_passed_on_reaches_nobody_in_full_and_breaks_nothing() {
    for mut world in worlds(1) {
        let all = world.room_of(3);
        let (own, _) =
            world.lanes_up(all[0]).into_iter().find(|(_, other)| other.node == all[1]).expect("linked");
        let envelope = vec![7; 1_000];
        let pass = |to: MemberId| [&[13_u8][..], &to.0, &[0xe8, 0x07], &envelope].concat();
        let (target, stranger) = (pass(world.key(all[2])), pass(MemberId([9; 32])));
        let (passed, here) = (Rc::new(Cell::new(0)), all[0]);
        let count = passed.clone();
        world.tap(Some(Box::new(move |crossing| {
            if crossing.from.node == here && crossing.bytes.first() == Some(&14) {
                count.set(count.get() + 1);
            }
            vec![crossing.bytes.clone()]
        })));
        for _ in 0..700 {
            world.lane_data(own, Channel::Control, target.clone());
            world.lane_data(own, Channel::Control, stranger.clone());
            world.run_for(5);
        }
        world.tap(None);
        assert!((1..=512).contains(&passed.get()), "{} of 700 in a minute", passed.get());
        world.linked(&all);
        world.say(all[2], "still here");
        world.same_chat(&all, 1);
        assert!(world.view(all[0]).misbehaved.is_empty() && world.view(all[2]).misbehaved.is_empty());
    }
}
