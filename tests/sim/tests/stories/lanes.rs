//! A lane before it is confirmed: what may wait, for how long, and that a new one is made when it comes to nothing.

use peer_core::error::Misbehavior;
use peer_core::io::{Channel, Command, Input, LinkInput, LinkState, LostReason};
use sim::{NodeId, World, seeds};

/// Frames that may arrive before this side is ready to check the first one.
const MAX_EARLY: usize = 64;
/// How long an open lane may stay unconfirmed, in ms.
const CONFIRM: u64 = 10_000;

/// A host whose lane to a guest is coming up.
fn coming_up(seed: u64) -> (World, [NodeId; 2]) {
    let mut world = World::new(seed);
    let (host, link) = world.host("Hanna");
    let guest = world.guest("Gustav", &link);
    let knock = world.knock(host, guest);
    let room = world.room(host);
    world.command(host, Command::Admit { room, knock });
    world.run_until("a lane is opened", |world| !world.lanes_opening(host).is_empty());
    (world, [host, guest])
}

#[test]
fn what_comes_before_a_lane_is_confirmed_is_bounded() {
    let one_too_many = vec![(Channel::Control, 100); MAX_EARLY + 1];
    let a_file = vec![(Channel::Bulk, 100)];
    for early in [one_too_many, a_file] {
        for seed in seeds(2) {
            let (mut world, all) = coming_up(seed);
            let lane = world.lanes_opening(all[0])[0];
            let (last, first) = early.split_last().expect("not empty");
            for (channel, length) in first {
                world.lane_data(lane, *channel, vec![0; *length]);
            }
            assert!(world.view(all[0]).misbehaved.is_empty(), "so much may wait");
            world.lane_data(lane, last.0, vec![0; last.1]);
            // Nobody is named: nobody has shown on this lane who it is.
            assert_eq!(world.view(all[0]).misbehaved, [(None, Misbehavior::Unconfirmed)]);
            world.linked(&all);
            assert_eq!(world.view(all[0]).knocked, 1, "no new knock");
        }
    }
}

#[test]
fn a_lane_that_is_never_confirmed_is_given_up_and_another_one_made() {
    for seed in seeds(2) {
        let (mut world, all) = coming_up(seed);
        let mut first = None;
        world.tap(Some(Box::new(move |crossing| {
            let own = crossing.from.node == all[1];
            let mute = own && *first.get_or_insert(crossing.from) == crossing.from;
            if mute { Vec::new() } else { vec![crossing.bytes.clone()] }
        })));
        world.run_until("it is open", |world| !world.lanes_up(all[0]).is_empty());
        let (since, key) = (world.now(), world.key(all[1]));
        let lost = LinkState::Lost { reason: LostReason::NoPath };
        world.run_until("it is given up", |world| world.view(all[0]).links.get(&key) == Some(&lost));
        assert!((CONFIRM - 100..=CONFIRM + 100).contains(&(world.now() - since)));
        world.linked(&all);
        world.say(all[1], "at last");
        world.same_chat(&all, 1);
    }
}

/// A browser that has no address at all to connect from tells people something else to try than a network in between.
#[test]
fn a_lane_given_up_before_it_was_described_had_no_address_and_one_given_up_later_found_no_path() {
    for (described, reason) in [(false, LostReason::NoAddress), (true, LostReason::NoPath)] {
        for seed in seeds(2) {
            let (mut world, [host, guest]) = coming_up(seed);
            let (lane, key) = (world.lanes_opening(host)[0], world.key(guest));
            if described {
                world.run_until("the guest has the offer", |world| !world.lanes_opening(guest).is_empty());
            }
            let input = LinkInput::Closed { was_connected: false };
            world.input(host, Input::Link { link: lane.link, lane: lane.lane, input });
            assert_eq!(world.view(host).links[&key], LinkState::Lost { reason });
        }
    }
}
