//! In the room: chat, latecomers, glare, and everything that a bad day does to it.

use peer_core::error::StoreFailure;
use peer_core::io::{Channel, Command, LinkState, LostReason, Presence};
use sim::{NodeId, World, seeds, worlds};
use std::cell::Cell;
use std::rc::Rc;

#[test]
fn chat_reads_the_same_for_everybody_and_its_delivery_is_told() {
    for size in [2, 3, 8] {
        for mut world in worlds(if size == 8 { 1 } else { 3 }) {
            let all = world.room_of(size);
            for round in 0..3 {
                for node in &all {
                    world.say(*node, &format!("{round} from {}", node.0));
                }
                world.run_for(40);
            }
            world.same_chat(&all, 3 * size);
            for node in &all {
                let me = world.key(*node);
                let chat = world.view(*node).chat.iter();
                let own: Vec<_> =
                    chat.filter(|(_, said)| said.author == me).map(|((_, id), _)| *id).collect();
                let others: Vec<_> =
                    all.iter().filter(|other| *other != node).map(|other| world.key(*other)).collect();
                world.run_until("everybody has them", |world| {
                    own.iter()
                        .all(|id| others.iter().all(|by| world.view(*node).delivered.contains(&(*id, *by))))
                });
            }
        }
    }
}

#[test]
fn that_a_message_arrived_is_told_at_once() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        // Between two comparisons of logs, of which the next would tell it anyhow.
        world.run_for(2_000);
        world.say(all[1], "is anybody there?");
        let before = world.view(all[1]).delivered.len();
        world.run_for(1_000);
        assert_eq!(world.view(all[1]).delivered.len(), before + 2, "both have it");
    }
}

#[test]
fn a_latecomer_gets_the_whole_chat_and_the_shelf() {
    for mut world in worlds(3) {
        let (host, link) = world.host("Hanna");
        for i in 0..150 {
            world.say(host, &format!("line {i}"));
        }
        world.share(host, "a.bin", sim::Content { seed: 1, size: 10 });
        let guest = world.guest("Gustav", &link);
        world.admit(host, guest);
        world.say(guest, "hello");
        world.same_chat(&[host, guest], 151);
        let late = world.guest("Ines", &link);
        world.admit(host, late);
        world.same_chat(&[host, guest, late], 151);
        assert_eq!(world.view(late).texts()[149], "line 149");
        assert_eq!(world.view(late).texts()[150], "hello");
        world.run_until("the shelf is there", |world| world.view(late).shelf.len() == 1);
        world.linked(&[host, guest, late]);
    }
}

#[test]
fn a_log_larger_than_a_channel_takes_at_once_comes_in_full_frames() {
    for seed in seeds(1) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        // Small ones, sixty-four to a frame, then more bytes than a channel has credit for.
        for n in 0..640 {
            world.say(host, &format!("Berth {n} is free."));
            world.run_for(20);
        }
        for n in 0..160 {
            world.say(host, &format!("{n:08}").repeat(1_000));
            world.run_for(100);
        }
        let guest = world.guest("Gustav", &link);
        let frames = Rc::new(Cell::new(0));
        let count = frames.clone();
        world.tap(Some(Box::new(move |crossing| {
            let entries = crossing.channel == Channel::Control && crossing.bytes[0] == 3;
            count.set(count.get() + u32::from(entries && crossing.from.node == host));
            vec![crossing.bytes.clone()]
        })));
        world.admit(host, guest);
        world.run_until("all of it came", |world| world.view(guest).texts().len() == 800);
        assert_eq!(world.view(guest).texts(), world.view(host).texts());
        // 801 entries: ten full frames, and seven of the long ones in each of the others, as an honest link's frames are counted.
        assert!(frames.get() <= 42, "{} frames", frames.get());
    }
}

#[test]
fn two_members_that_dial_each_other_at_once_end_with_one_link() {
    for mut world in worlds(5) {
        let all = world.room_of(3);
        // Everybody comes back at the same instant: all pairs dial both ways.
        for node in &all {
            world.reload(*node);
        }
        world.linked(&all);
        world.run_for(30_000);
        world.linked(&all);
        for one in &all {
            for other in all.iter().filter(|other| *other != one) {
                assert!(
                    world.only_link(*one, *other).is_some(),
                    "{one:?} and {other:?}: {:?}",
                    world.lanes_up(*one)
                );
            }
            world.say(*one, "here");
        }
        world.same_chat(&all, 3);
    }
}

#[test]
fn a_member_that_reloads_is_the_same_member_without_a_knock() {
    for who in [0, 1] {
        for mut world in worlds(3) {
            let all = world.room_of(3);
            world.say(all[0], "one");
            world.say(all[1], "two");
            world.same_chat(&all, 2);
            let (key, shown) = (world.key(all[who]), world.view(all[0]).knocked);
            world.reload(all[who]);
            assert_eq!(world.key(all[who]), key);
            assert!(world.view(all[who]).member);
            world.linked(&all);
            world.say(all[who], "back");
            world.same_chat(&all, 3);
            assert_eq!(world.view(all[0]).knocked, if who == 0 { 0 } else { shown }, "no knock");
        }
    }
}

#[test]
fn what_was_said_while_one_was_away_is_there_on_return() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        world.close(all[2], true);
        for i in 0..20 {
            world.say(all[i % 2], &format!("{i}"));
        }
        world.run_for(200_000);
        world.reopen(all[2]);
        world.linked(&all);
        world.same_chat(&all, 20);
    }
}

#[test]
fn rooms_go_on_while_signaling_is_down_and_open_again_after_it() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.admit(host, guest);
        world.stop_signaling();
        world.run_until("it is said", |world| world.view(host).presence == Some(Presence::ServerUnreachable));
        world.say(guest, "who needs it");
        world.same_chat(&[host, guest], 1);
        world.run_for(120_000);
        assert!(world.view(host).linked(world.key(guest)), "the link never went");
        world.start_signaling();
        let late = world.guest("Ines", &link);
        world.admit(host, late);
        world.linked(&[host, guest, late]);
        world.same_chat(&[host, guest, late], 1);
    }
}

#[test]
fn a_restarted_server_changes_nothing() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        let links: Vec<_> = all.iter().map(|node| world.lanes_up(*node)).collect();
        world.restart_signaling();
        world.run_for(60_000);
        let after: Vec<_> = all.iter().map(|node| world.lanes_up(*node)).collect();
        assert_eq!(links, after, "nobody dialled anew");
    }
}

#[test]
fn a_minute_without_wifi_is_told_and_heals_without_a_reload() {
    for mut world in worlds(3) {
        let all = world.room_of(3);
        let gone = all[2];
        world.cut_wifi(gone);
        let key = world.key(gone);
        let since = world.now();
        world.run_until("the others see it", |world| !world.view(all[0]).linked(key));
        assert!(world.now() - since <= 20_000, "15 s of silence");
        assert_eq!(world.view(all[0]).links[&key], LinkState::Lost { reason: LostReason::Silent });
        world.say(all[0], "where are you");
        world.say(gone, "alone");
        world.run_for(60_000);
        world.heal_wifi(gone);
        world.linked(&all);
        world.same_chat(&all, 2);
    }
}

#[test]
fn a_short_silence_costs_nothing() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        let before = world.lanes_up(all[0]);
        world.cut_lanes(all[0], all[1]);
        world.say(all[0], "held");
        world.run_for(5_000);
        world.heal_lanes(all[0], all[1]);
        world.same_chat(&all, 1);
        world.run_for(20_000);
        assert_eq!(world.lanes_up(all[0]), before);
    }
}

#[test]
fn two_that_cannot_reach_each_other_talk_through_a_third() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        world.cut_lanes(all[1], all[2]);
        world.say(all[1], "over there");
        world.same_chat(&all, 1);
        world.run_for(60_000);
        world.say(all[2], "heard");
        world.same_chat(&all, 2);
        world.heal_lanes(all[1], all[2]);
        world.linked(&all);
    }
}

#[test]
fn a_crash_between_two_entries_never_forks_the_log() {
    for mut world in worlds(6) {
        let all = world.room_of(3);
        world.net().store_latency = (0, 200);
        let mut said = 0;
        for round in 0..6 {
            for i in 0..4 {
                world.say(all[1], &format!("{round}.{i}"));
                world.say(all[0], &format!("host {round}.{i}"));
                said += 2;
                world.run_for(if i % 2 == 0 { 0 } else { 70 });
            }
            let unwritten = world.unwritten(all[1]) as u64;
            let kept = world.rng().below(unwritten + 1) as usize;
            world.crash(all[1], kept);
            world.linked(&all);
        }
        world.say(all[1], "alive");
        world.run_until("everybody has the last word", |world| {
            all.iter().all(|node| world.view(*node).texts().contains(&"alive"))
        });
        world.run_for(60_000);
        for node in &all {
            assert!(world.view(*node).members.values().all(|member| !member.forked), "no fork");
            assert!(world.view(*node).misbehaved.is_empty());
            assert_eq!(world.view(*node).chat, world.view(all[0]).chat);
        }
        assert!(world.view(all[0]).chat.len() <= said + 1);
    }
}

#[test]
fn a_store_that_fails_is_told_and_the_room_works() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        world.fail_puts(host, Some(StoreFailure::Unavailable));
        let guest = world.guest("Gustav", &link);
        world.fail_puts(guest, Some(StoreFailure::Full { available: Some(0) }));
        world.admit(host, guest);
        world.say(host, "one");
        world.say(guest, "two");
        world.same_chat(&[host, guest], 2);
        assert!(!world.view(host).not_stored.is_empty() && !world.view(guest).not_stored.is_empty());
    }
}

#[test]
fn who_leaves_is_gone_for_good() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        let room = world.room(all[2]);
        let key = world.key(all[2]);
        world.say(all[2], "bye");
        world.same_chat(&all, 1);
        world.command(all[2], Command::Leave { room });
        world.run_until("the others know", |world| {
            all[..2].iter().all(|node| world.view(*node).members[&key].left)
        });
        world.run_until("closed here", |world| world.view(all[2]).closed);
        assert!(world.records(all[2]).is_empty(), "nothing is kept");
        world.say(all[0], "only us");
        world.same_chat(&all[..2], 2);
    }
}

#[test]
fn the_host_ends_the_room_for_everybody() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        let room = world.room(all[0]);
        assert!(world.try_command(all[1], Command::EndRoom { room }).is_err(), "the host's alone");
        world.command(all[0], Command::EndRoom { room });
        world.run_until("everybody knows", |world| all[1..].iter().all(|node| world.view(*node).ended));
        world.run_until("closed at the host's", |world| world.view(all[0]).closed);
        assert!(world.records(all[0]).is_empty(), "nothing is kept");
    }
}

#[test]
fn a_host_that_closes_its_page_is_missed_within_15_seconds() {
    for polite in [true, false] {
        for mut world in worlds(2) {
            let all = world.room_of(2);
            let key = world.key(all[0]);
            world.close(all[0], polite);
            let since = world.now();
            world.run_until("the guest sees it", |world| !world.view(all[1]).linked(key));
            assert!(world.now() - since <= 20_000);
        }
    }
}

#[test]
fn a_new_name_reaches_everybody() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        let (room, key) = (world.room(all[1]), world.key(all[1]));
        world.command(all[1], Command::Rename { room, name: "Gustav Adolf".into() });
        let known = |world: &World, node: &NodeId| world.view(*node).members[&key].name == "Gustav Adolf";
        world.run_until("everybody knows", |world| all.iter().all(|node| known(world, node)));
        world.reload(all[1]);
        world.linked(&all);
        assert!(all.iter().all(|node| known(&world, node)));
    }
}

#[test]
fn reloads_at_any_moment_of_each_others_calls_end_in_links() {
    for mut world in worlds(10) {
        let all = world.room_of(3);
        for _ in 0..8 {
            let node = *world.rng().pick(&all);
            world.reload(node);
            let pause = world.rng().below(5_000);
            world.run_for(pause);
        }
        world.linked(&all);
        for node in &all {
            assert!(world.view(*node).misbehaved.is_empty());
            assert_eq!(world.lanes_up(*node).len(), 2);
        }
    }
}

#[test]
fn a_store_that_fails_for_a_while_never_forks_the_log() {
    for mut world in worlds(4) {
        let all = world.room_of(2);
        world.fail_puts(all[1], Some(StoreFailure::Failed));
        world.say(all[0], "not kept there");
        world.run_until("it is read", |world| world.view(all[1]).chat.len() == 1);
        world.run_for(1_000);
        world.fail_puts(all[1], None);
        world.say(all[1], "mine");
        world.run_until("it is read", |world| world.view(all[0]).chat.len() == 2);
        world.reload(all[1]);
        if world.view(all[1]).ready.is_none() {
            continue; // said before: a reload does not find it
        }
        world.say(all[1], "again");
        world.linked(&all);
        world.same_chat(&all, 3);
        assert!(all.iter().all(|node| world.view(*node).members.values().all(|member| !member.forked)));
    }
}
