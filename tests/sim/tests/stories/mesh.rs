//! Who calls whom, and how often.

use peer_core::io::Channel;
use signal_proto::{ClientMessage, ServerMessage};
use sim::attacker::OPEN;
use sim::hub::SocketId;
use sim::{NodeId, World, seeds};
use std::collections::BTreeSet;

/// The calls that a member's socket has made after the server's first `since` messages, by their meetings.
pub(crate) fn calls(world: &World, node: NodeId, since: usize) -> usize {
    let own: SocketId = world.socket(node).expect("connected");
    let opening = |bytes: &[u8]| match ClientMessage::decode(bytes) {
        Ok(ClientMessage::Send { bytes, .. }) if bytes[0] == OPEN => Some(bytes[..20].to_vec()),
        _ => None,
    };
    let sent = world.server_messages()[since..].iter().filter(|(socket, _)| *socket == own);
    sent.filter_map(|(_, bytes)| opening(bytes)).collect::<BTreeSet<_>>().len()
}

#[test]
fn who_does_not_answer_is_called_again_less_and_less_until_it_does() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        world.run_for(5_000);
        world.intercept(Box::new(|_, passing| match passing.message {
            ServerMessage::Message { .. } => Vec::new(),
            _ => vec![(0, passing)],
        }));
        world.reload(all[1]);
        let since = world.server_messages().len();
        world.run_for(300_000);
        for node in &all {
            let made = calls(&world, *node, since);
            assert!((5..=10).contains(&made), "{made} calls in five minutes");
        }
        world.trust_again();
        world.linked(&all);
    }
}

#[test]
fn after_a_lost_link_one_of_the_two_calls_at_once_and_the_other_leaves_it_to_it() {
    for seed in seeds(4) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        world.run_for(40_000);
        let since = world.server_messages().len();
        let (lane, _) = world.lanes_up(all[0])[0];
        world.lane_data(lane, Channel::Control, vec![0xFF]);
        let keys = [world.key(all[0]), world.key(all[1])];
        world.run_until("it is lost", |world| {
            !world.view(all[0]).linked(keys[1]) && !world.view(all[1]).linked(keys[0])
        });
        let lost = world.now();
        world.linked(&all);
        assert!(world.now() - lost < 3_000, "at once");
        let smaller = usize::from(keys[1] < keys[0]);
        assert_eq!((calls(&world, all[smaller], since), calls(&world, all[1 - smaller], since)), (1, 0));
    }
}
