//! Rooms heal without the server: members that lost each other meet again through one that both are linked with.

use peer_core::error::Misbehavior;
use peer_core::id::MemberId;
use peer_core::io::Channel;
use signal_proto::ServerMessage;
use sim::attacker::OPEN;
use sim::{NodeId, World, seeds, worlds};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The frame that asks a neighbour to pass an envelope on.
const PASS: u8 = 13;

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
        let opened: Rc<RefCell<BTreeSet<(NodeId, Vec<u8>)>>> = Rc::default();
        let seen = opened.clone();
        world.tap(Some(Box::new(move |crossing| {
            // Kind of frame, whom to, a length of two bytes, the envelope: its kind, and which meeting it is.
            if let [PASS, rest @ ..] = &crossing.bytes[..]
                && rest[34] == OPEN
            {
                seen.borrow_mut().insert((crossing.from.node, rest[34..54].to_vec()));
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
