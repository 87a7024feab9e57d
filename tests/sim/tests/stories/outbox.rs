//! Own entries on their way out, where the disk is slow or one's places are taken: what cannot be written is refused
//! before anything has changed, and what must be written in the end always can be.

use peer_core::error::CommandError;
use peer_core::io::{Command, FileState, NewFile};
use sim::{Content, NodeId, World, seeds};

/// Own entries that wait for the store.
const MAX_DRAFTS: usize = 256;
/// Of one author.
const MAX_ENTRIES: usize = 10_000;

/// All places of the queue are taken, by a disk that needs `latency` ms for each of them.
fn keep_busy(world: &mut World, node: NodeId, latency: u64) {
    world.run_until("all is kept", |world| world.unwritten(node) == 0);
    world.net().store_latency = (latency, latency);
    for n in 0..=MAX_DRAFTS {
        world.say(node, &format!("{n}"));
    }
}

/// Each of 512 files is closed by an entry when it has been read: with a slow disk hundreds wait to be written.
fn share_many(world: &mut World, node: NodeId) {
    let room = world.room(node);
    world.net().store_latency = (20, 20);
    for _ in 0..8 {
        let files = (0..64).map(|n| {
            let source = world.choose(node, Content { seed: n, size: 1 });
            NewFile { source, name: format!("{n}.txt"), size: 1 }
        });
        let files = files.collect();
        world.command(node, Command::Share { room, files });
    }
}

/// The host's page is gone, and all of `guests` know that the room is over.
fn ended_for(world: &mut World, guests: &[NodeId]) {
    world.run_for(1_000);
    for guest in guests {
        assert!(world.view(*guest).ended, "and ended there");
    }
}

#[test]
fn many_files_being_closed_leave_room_for_what_people_say_and_share() {
    let mut world = World::new(1);
    let node = world.room_of(1)[0];
    share_many(&mut world, node);
    for _ in 0..300 {
        world.run_for(100);
        world.say(node, "there is room");
    }
    assert_eq!(world.view(node).failed, []);
}

#[test]
fn a_room_that_is_ended_is_ended_for_everybody_however_slow_the_hosts_disk_is() {
    let latencies = [5, 50, 500, 2_900, 4_000, 60_000];
    for (seed, latency) in seeds(2).flat_map(|seed| latencies.map(|latency| (seed, latency))) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        keep_busy(&mut world, all[0], latency);
        let room = world.room(all[0]);
        world.command(all[0], Command::EndRoom { room });
        let since = world.now();
        world.run_until("it is closed here", |world| world.view(all[0]).closed);
        assert!(world.now() - since < 7_000, "after {} ms", world.now() - since);
        ended_for(&mut world, &all[1..]);
    }
}

/// With nothing before it: the one thing that waits is the Leave itself.
#[test]
fn a_room_that_is_ended_while_the_hosts_disk_hangs_is_ended_for_everybody() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        world.run_until("all is kept", |world| world.unwritten(all[0]) == 0);
        world.net().store_latency = (60_000, 60_000);
        let room = world.room(all[0]);
        world.command(all[0], Command::EndRoom { room });
        let rename = Command::Rename { room, name: "Johanna".into() };
        assert_eq!(world.try_command(all[0], rename), Err(CommandError::Ended), "nothing comes after it");
        world.run_until("it is closed here", |world| world.view(all[0]).closed);
        ended_for(&mut world, &all[1..]);
    }
}

/// The word what a file is waits behind many messages when the room is ended.
#[test]
fn who_has_all_of_a_file_when_its_room_ends_gets_the_word_that_it_is_whole() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let room = world.room(all[0]);
        let content = Content { seed: 1, size: 300_000 };
        world.run_until("all is kept", |world| world.unwritten(all[0]) == 0);
        world.net().store_latency = (50, 50);
        let source = world.choose(all[0], content);
        let new = NewFile { source, name: "a.bin".into(), size: content.size };
        world.command(all[0], Command::Share { room, files: vec![new] });
        for n in 0..200 {
            world.say(all[0], &format!("{n}"));
        }
        world.run_until("it is on the shelf", |world| !world.view(all[1]).files.is_empty());
        let file = *world.view(all[1]).files.keys().next().expect("it is");
        let sink = world.fetch(all[1], file);
        world.run_for(2_000);
        assert!(
            !matches!(world.file(all[1], file), FileState::Done { .. }),
            "it has all, but does not know it"
        );
        world.command(all[0], Command::EndRoom { room });
        world.saved(all[1], file, sink, content);
    }
}

#[test]
fn a_room_whose_files_are_still_being_closed_is_ended_at_once() {
    let mut world = World::new(1);
    let all = world.room_of(2);
    let room = world.room(all[0]);
    share_many(&mut world, all[0]);
    world.run_for(1_000);
    let since = world.now();
    world.command(all[0], Command::EndRoom { room });
    world.run_until("it is ended there", |world| world.view(all[1]).ended);
    assert!(world.now() - since < 1_000, "after {} ms", world.now() - since);
}

#[test]
fn who_cannot_be_let_in_now_goes_on_waiting() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        let knock = world.knock(host, guest);
        keep_busy(&mut world, host, 60_000);
        let room = world.room(host);
        assert_eq!(world.try_command(host, Command::Admit { room, knock }), Err(CommandError::Busy));
        assert_eq!(world.view(host).knocks.len(), 1, "the card stays");
        world.net().store_latency = (0, 4);
        world.run_until("there is room", |world| world.view(host).chat.len() > 1);
        world.admit(host, guest);
        assert_eq!(world.view(host).knocked, 1, "with the same digits");
    }
}

#[test]
fn a_name_that_cannot_be_told_now_is_not_taken_either() {
    let mut world = World::new(1);
    let all = world.room_of(2);
    keep_busy(&mut world, all[0], 60_000);
    let rename = Command::Rename { room: world.room(all[0]), name: "Johanna".into() };
    assert_eq!(world.try_command(all[0], rename.clone()), Err(CommandError::Busy));
    world.net().store_latency = (0, 4);
    world.same_chat(&all, MAX_DRAFTS + 1);
    for node in &all {
        assert_eq!(world.sees(*node, all[0]).map(|member| &*member.name), Some("Hanna"));
    }
    world.command(all[0], rename);
    world.run_until("it is heard", |world| world.sees(all[1], all[0]).is_some_and(|m| m.name == "Johanna"));
}

/// Whoever has written all that one may: no file is left without the word that it is whole, and the end is heard.
#[test]
fn the_last_places_are_kept_for_what_must_be_written_in_the_end() {
    let mut world = World::new(1);
    let all = world.room_of(2);
    let room = world.room(all[0]);
    let content = Content { seed: 1, size: 1 };
    let share = |world: &mut World| {
        let source = world.choose(all[0], content);
        let new = NewFile { source, name: "a.bin".into(), size: 1 };
        world.try_command(all[0], Command::Share { room, files: vec![new] })
    };
    let say = |world: &mut World| {
        let said = world.try_command(all[0], Command::Say { room, text: "x".into(), sent_at: 0 });
        world.run_until("it is kept", |world| world.unwritten(all[0]) == 0);
        said
    };
    // Its room, its name and who was let in are there already; the last share takes three places, the end of the room one.
    let there = 3;
    for n in 0..MAX_ENTRIES - there - 4 {
        assert_eq!(say(&mut world).map(|_| ()), Ok(()), "{n}");
    }
    let file = world.share(all[0], "a.bin", content);
    assert_eq!(share(&mut world), Err(CommandError::Full), "no place for the word that it is whole");
    assert_eq!(say(&mut world), Err(CommandError::Full), "the last one is kept");
    let sink = world.fetch(all[1], file);
    world.saved(all[1], file, sink, content);
    let withdraw = Command::Withdraw { room, share: file.share };
    assert_eq!(world.try_command(all[0], withdraw).map(|_| ()), Ok(()), "one can always stop sharing");
    world.command(all[0], Command::EndRoom { room });
    world.run_until("the end is heard", |world| world.view(all[1]).ended);
}
