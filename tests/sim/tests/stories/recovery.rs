//! The page dies between two records that belong together: what was begun is finished when it is opened again.

use peer_core::io::{Command, FileState, NewFile};
use sim::{Content, NodeId, World, worlds};

/// Nobody has seen anything wrong, and everybody can talk.
fn all_is_well(world: &mut World, all: &[NodeId]) {
    world.linked(all);
    let before = world.view(all[0]).chat.len();
    for node in all {
        world.say(*node, "well");
    }
    world.same_chat(all, before + all.len());
    for node in all {
        assert!(world.view(*node).misbehaved.is_empty());
        assert!(world.view(*node).members.values().all(|member| !member.forked));
    }
}

#[test]
fn a_host_that_crashes_while_its_room_begins_has_a_room_that_works() {
    // Own secrets; the room's beginning; the host's name.
    for kept in 1..=3 {
        for mut world in worlds(2) {
            let host = world.node("Hanna");
            world.command(host, Command::CreateRoom { name: "Hanna".into() });
            world.run_until("so much is kept", |world| world.records(host).len() == kept);
            world.crash(host, 0);
            let link = world.link(host);
            let guest = world.guest("Gustav", &link);
            world.admit(host, guest);
            all_is_well(&mut world, &[host, guest]);
            for node in [host, guest] {
                assert_eq!(world.sees(node, host).expect("there").name, "Hanna", "{kept} kept");
                assert!(world.sees(node, host).expect("there").host);
            }
            world.reload(host);
            world.reload(guest);
            all_is_well(&mut world, &[host, guest]);
        }
    }
}

#[test]
fn a_guest_that_crashes_as_it_is_let_in_is_a_member() {
    // Being a member; the room's beginning. The rest comes from the others.
    for kept in 1..=2 {
        for mut world in worlds(2) {
            let (host, link) = world.host("Hanna");
            let guest = world.guest("Gustav", &link);
            let knock = world.knock(host, guest);
            let room = world.room(host);
            world.command(host, Command::Admit { room, knock });
            world.net().store_latency = (1_000, 1_000);
            world.run_until("the guest is in", |world| world.view(guest).member);
            assert_eq!(world.unwritten(guest), 2);
            world.crash(guest, kept);
            assert!(world.view(guest).member);
            all_is_well(&mut world, &[host, guest]);
            assert_eq!(world.view(guest).members, {
                let mut members = world.view(host).members.clone();
                members.values_mut().for_each(|member| member.me = !member.me);
                members
            });
            assert_eq!(world.view(host).knocked, 1, "no new knock");
        }
    }
}

#[test]
fn a_member_that_crashes_while_it_renames_itself_is_called_so_in_the_end() {
    for who in [0, 1] {
        for mut world in worlds(2) {
            let all = world.room_of(3);
            world.run_until("all is kept", |world| all.iter().all(|node| world.unwritten(*node) == 0));
            let (room, key) = (world.room(all[who]), world.key(all[who]));
            world.command(all[who], Command::Rename { room, name: "Somebody".into() });
            world.crash(all[who], 1);
            assert_eq!(world.view(all[who]).name, "Somebody", "it is kept here");
            world.run_until("everybody knows", |world| {
                all.iter().all(|node| world.view(*node).members[&key].name == "Somebody")
            });
            all_is_well(&mut world, &all);
        }
    }
}

#[test]
fn who_renames_itself_at_the_door_is_called_so_inside() {
    for mut world in worlds(2) {
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        world.knock(host, guest);
        let (room, key) = (world.room(guest), world.key(guest));
        world.command(guest, Command::Rename { room, name: "Somebody".into() });
        world.admit(host, guest);
        world.run_until("both know", |world| {
            [host, guest].iter().all(|node| world.view(*node).members[&key].name == "Somebody")
        });
    }
}

#[test]
fn who_crashes_while_leaving_is_gone_for_good_and_the_others_see_it() {
    for mut world in worlds(4) {
        let all = world.room_of(3);
        world.run_until("all is kept", |world| world.unwritten(all[2]) == 0);
        let (room, key) = (world.room(all[2]), world.key(all[2]));
        world.command(all[2], Command::Leave { room });
        world.crash(all[2], 1);
        assert!(!world.view(all[0]).members[&key].left, "not told yet");
        world.run_until("the others know", |world| {
            all[..2].iter().all(|node| world.view(*node).members[&key].left)
        });
        world.run_until("closed here", |world| world.view(all[2]).closed);
        assert!(world.records(all[2]).is_empty(), "nothing is kept");
        all_is_well(&mut world, &all[..2]);
    }
}

#[test]
fn a_host_that_crashes_while_ending_the_room_has_ended_it_for_everybody() {
    for mut world in worlds(4) {
        let all = world.room_of(3);
        world.run_until("all is kept", |world| world.unwritten(all[0]) == 0);
        let room = world.room(all[0]);
        world.command(all[0], Command::EndRoom { room });
        world.crash(all[0], 1);
        assert!(!world.view(all[1]).ended, "not told yet");
        world.run_until("everybody knows", |world| all[1..].iter().all(|node| world.view(*node).ended));
        world.run_until("closed at the host's", |world| world.view(all[0]).closed);
        assert!(world.records(all[0]).is_empty(), "nothing is kept");
    }
}

#[test]
fn a_file_whose_hash_a_crash_left_unsaid_gets_done() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        world.net().store_latency = (50, 200);
        let content = Content { seed: 1, size: 700_000 };
        let file = world.share(all[0], "a.bin", content);
        let pages = |world: &World| world.records(all[0]).iter().filter(|(key, _)| key[0] == b'p').count();
        world.run_until("its page is kept", |world| pages(world) == 1);
        assert_eq!(world.unwritten(all[0]), 1, "the last word about it is not");
        world.crash(all[0], 0);
        world.linked(&all);
        assert_eq!(world.file(all[0], file), FileState::SourceMissing);
        let (room, source) = (world.room(all[0]), world.choose(all[0], content));
        let new = NewFile { source, name: "a.bin".into(), size: content.size };
        world.command(all[0], Command::Supply { room, file, new });
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
        all_is_well(&mut world, &all);
    }
}

#[test]
fn a_room_that_was_being_left_is_forgotten_even_if_nobody_can_be_told() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        world.close(all[1], true);
        world.run_until("all is kept", |world| world.unwritten(all[0]) == 0);
        let room = world.room(all[0]);
        world.command(all[0], Command::EndRoom { room });
        world.crash(all[0], 1);
        world.run_until("closed", |world| world.view(all[0]).closed);
        assert!(world.records(all[0]).is_empty(), "nothing is kept");
    }
}

#[test]
fn who_renames_itself_after_being_denied_leaves_nothing_behind() {
    let mut world = World::new(1);
    let (host, link) = world.host("Hanna");
    let guest = world.guest("Gustav", &link);
    let knock = world.knock(host, guest);
    let (room, at_guest) = (world.room(host), world.room(guest));
    world.command(host, Command::Deny { room, knock });
    world.run_until("it is told", |world| world.view(guest).denied);
    world.command(guest, Command::Rename { room: at_guest, name: "Gustavo".into() });
    world.run_for(5_000);
    assert_eq!(world.records(guest), [], "what was deleted stays deleted");
}

#[test]
fn a_page_that_only_comes_and_goes_writes_nothing_more_into_the_room() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        world.run_for(5_000);
        let entries = |world: &World| all.iter().map(|node| world.records(*node).len()).sum::<usize>();
        let before = entries(&world);
        for node in all.iter().cycle().take(6) {
            world.reload(*node);
            world.linked(&all);
            world.run_for(5_000);
        }
        assert_eq!(entries(&world), before);
    }
}
