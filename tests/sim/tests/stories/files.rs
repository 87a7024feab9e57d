//! Files: every size that matters, sources that change, sinks that fill up, and everything that interrupts.

use peer_core::error::{CommandError, StoreFailure};
use peer_core::id::FileId;
use peer_core::io::{Command, FileFailure, FileState, NewFile};
use sim::store::SinkState;
use sim::{Content, NodeId, World, worlds};

const CHUNK: u64 = 1 << 18;
/// Twice what is asked for at once: half way through it there is still something to ask for.
const BIG: u64 = 64 * CHUNK;

/// Run until some of `file` is verified at `node`, but not all.
fn half_way(world: &mut World, node: NodeId, file: FileId) {
    let size = world.view(node).size(file).expect("shared");
    world.run_until("half of it is there", |world| world.verified(node, file) >= size / 3);
    assert!(world.verified(node, file) < size, "still going");
}

/// A slow lane, so that there is something to interrupt.
fn slow(world: &mut World) {
    world.net().lane_rate = 500;
}

#[test]
fn every_size_around_a_chunk_arrives() {
    let sizes = [0, 1, 2, 1_000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7];
    for mut world in worlds(1) {
        let all = world.room_of(2);
        for (seed, size) in sizes.into_iter().enumerate() {
            let content = Content { seed: seed as u64, size };
            let file = world.share(all[0], &format!("{size}.bin"), content);
            let sink = world.fetch(all[1], file);
            world.saved(all[1], file, sink, content);
            assert_eq!(world.sink(all[1], sink).written, size, "no byte twice");
        }
    }
}

#[test]
fn several_mebibytes_arrive_both_ways_while_people_chat() {
    for mut world in worlds(1) {
        let all = world.room_of(2);
        let (here, there) = (Content { seed: 1, size: 7 * CHUNK + 5 }, Content { seed: 2, size: 6 * CHUNK });
        let (out, back) = (world.share(all[0], "out.iso", here), world.share(all[1], "back.iso", there));
        let (one, two) = (world.fetch(all[1], out), world.fetch(all[0], back));
        for i in 0..5 {
            world.say(all[i % 2], "meanwhile");
            world.run_for(100);
        }
        world.same_chat(&all, 5);
        world.saved(all[1], out, one, here);
        world.saved(all[0], back, two, there);
    }
}

#[test]
fn of_a_huge_file_no_more_is_read_ahead_than_one_segment() {
    for mut world in worlds(1) {
        let all = world.room_of(2);
        world.share(all[0], "big.iso", Content { seed: 1, size: 1 << 40 });
        world.run_until("it is on the other shelf", |world| world.view(all[1]).shelf.len() == 1);
        world.run_for(30_000);
        assert!(world.bytes_read(all[0]) <= 1 << 26);
    }
}

#[test]
fn three_members_share_with_each_other_at_once() {
    for mut world in worlds(1) {
        let all = world.room_of(3);
        let content = |i: usize| Content { seed: i as u64, size: 3 * CHUNK + i as u64 };
        let files: Vec<FileId> =
            (0..3).map(|i| world.share(all[i], &format!("{i}.bin"), content(i))).collect();
        let mut wanted = Vec::new();
        for (i, file) in files.iter().enumerate() {
            for other in (0..3).filter(|other| *other != i) {
                wanted.push((all[other], *file, world.fetch(all[other], *file), content(i)));
            }
        }
        for (node, file, sink, content) in wanted {
            world.saved(node, file, sink, content);
        }
    }
}

#[test]
fn several_files_in_one_share_arrive() {
    for mut world in worlds(1) {
        let all = world.room_of(2);
        let room = world.room(all[0]);
        let contents: Vec<Content> = (0..5).map(|i| Content { seed: i, size: i * 100_000 }).collect();
        let files = contents.iter().enumerate().map(|(i, content)| NewFile {
            source: world.choose(all[0], *content),
            name: format!("{i}.txt"),
            size: content.size,
        });
        let files = files.collect();
        world.command(all[0], Command::Share { room, files });
        world.run_until("it is on the other shelf", |world| world.view(all[1]).files.len() == 5);
        let share = world.view(all[1]).shelf.keys().next().expect("one share").1;
        let ids: Vec<FileId> = (0..5).map(|index| FileId { share, index }).collect();
        let sinks: Vec<_> = ids.iter().map(|file| world.fetch(all[1], *file)).collect();
        for i in 0..5 {
            world.saved(all[1], ids[i], sinks[i], contents[i]);
        }
    }
}

#[test]
fn a_latecomer_saves_what_was_shared_before() {
    for mut world in worlds(1) {
        let (host, link) = world.host("Hanna");
        let content = Content { seed: 3, size: 2 * CHUNK + 1 };
        let file = world.share(host, "early.bin", content);
        let first = world.guest("Gustav", &link);
        world.admit(host, first);
        let sink = world.fetch(first, file);
        world.saved(first, file, sink, content);
        let late = world.guest("Ines", &link);
        world.admit(host, late);
        let sink = world.fetch(late, file);
        world.saved(late, file, sink, content);
        let (key, size) = (world.key(late), content.size);
        world.run_until("the host sees who has it", |world| {
            world.view(host).have.get(&(file, key)) == Some(&size)
        });
    }
}

#[test]
fn a_source_that_changes_silently_is_caught_on_both_sides() {
    for mut world in worlds(2) {
        let all = world.room_of(3);
        let content = Content { seed: 1, size: 6 * CHUNK };
        let file = world.share(all[0], "log.txt", content);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
        world.alter_sources(all[0]);
        world.fetch(all[2], file);
        world.run_until("it ends", |world| matches!(world.file(all[2], file), FileState::Failed { .. }));
        let changed = FileState::Failed { reason: FileFailure::SourceChanged };
        assert_eq!(world.file(all[2], file), changed);
        world.run_until("the author is told", |world| world.file(all[0], file) == changed);
        assert_eq!(world.file(all[1], file), FileState::Done { root: peer_core::id::Root(content.hash()) });
        assert!(world.view(all[2]).misbehaved.is_empty(), "the author is no liar");
        world.say(all[0], "sorry");
        world.same_chat(&all, 1);
    }
}

#[test]
fn a_source_that_changes_half_way_is_caught() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        slow(&mut world);
        let file = world.share(all[0], "log.txt", Content { seed: 1, size: BIG });
        world.fetch(all[1], file);
        half_way(&mut world, all[1], file);
        world.alter_sources(all[0]);
        let changed = FileState::Failed { reason: FileFailure::SourceChanged };
        world.run_until("both know", |world| all.iter().all(|node| world.file(*node, file) == changed));
        assert!(world.view(all[1]).misbehaved.is_empty());
    }
}

#[test]
fn a_source_that_cannot_be_read_is_told_on_both_sides() {
    let faults = [
        (StoreFailure::Changed, FileFailure::SourceTouched),
        (StoreFailure::Missing, FileFailure::SourceGone),
        (StoreFailure::Denied, FileFailure::SourceGone),
    ];
    for (fault, reason) in faults {
        for mut world in worlds(1) {
            let all = world.room_of(2);
            slow(&mut world);
            let content = Content { seed: 1, size: BIG };
            let file = world.share(all[0], "usb.bin", content);
            let sink = world.fetch(all[1], file);
            half_way(&mut world, all[1], file);
            world.break_sources(all[0], fault);
            world.run_until("both know", |world| {
                let there = world.file(all[1], file);
                let known = there == FileState::Failed { reason: FileFailure::SourceGone }
                    || there == FileState::WaitingForSource;
                world.file(all[0], file) == FileState::Failed { reason } && known
            });
            world.say(all[1], "the stick is out");
            world.same_chat(&all, 1);
            if world.file(all[1], file) == FileState::WaitingForSource {
                // Put back in, the transfer goes on.
                let (room, source) = (world.room(all[0]), world.choose(all[0], content));
                let new = NewFile { source, name: "usb.bin".into(), size: BIG };
                world.command(all[0], Command::Supply { room, file, new });
                world.saved(all[1], file, sink, content);
                assert_eq!(world.sink(all[1], sink).written, BIG, "no byte twice");
            }
        }
    }
}

#[test]
fn a_file_that_does_not_fit_is_refused_before_anything_is_fetched() {
    for mut world in worlds(1) {
        let all = world.room_of(2);
        let file = world.share(all[0], "big.iso", Content { seed: 1, size: 8 * CHUNK });
        world.limit_space(all[1], CHUNK);
        let sink = world.fetch(all[1], file);
        let full = StoreFailure::Full { available: Some(CHUNK) };
        let failed = FileState::Failed { reason: FileFailure::Store(full) };
        world.run_until("it is said", |world| world.file(all[1], file) == failed);
        assert_eq!(world.sink(all[1], sink).written, 0);
        // With room again it works.
        world.limit_space(all[1], 100 * CHUNK);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, Content { seed: 1, size: 8 * CHUNK });
    }
}

#[test]
fn a_disk_that_fills_up_half_way_is_told_here_and_nowhere_else() {
    for mut world in worlds(1) {
        let all = world.room_of(2);
        slow(&mut world);
        let file = world.share(all[0], "big.iso", Content { seed: 1, size: BIG });
        world.fetch(all[1], file);
        half_way(&mut world, all[1], file);
        world.fail_writes(all[1], Some(StoreFailure::Full { available: None }));
        world.run_until("it is said", |world| {
            let reason = FileFailure::Store(StoreFailure::Full { available: None });
            world.file(all[1], file) == FileState::Failed { reason }
        });
        assert_eq!(world.file(all[0], file), FileState::Serving);
        world.say(all[1], "disk full");
        world.same_chat(&all, 1);
    }
}

#[test]
fn a_share_withdrawn_half_way_stops_being_fetched() {
    for mut world in worlds(1) {
        let all = world.room_of(2);
        slow(&mut world);
        let file = world.share(all[0], "oops.txt", Content { seed: 1, size: BIG });
        let sink = world.fetch(all[1], file);
        half_way(&mut world, all[1], file);
        let room = world.room(all[0]);
        assert_eq!(
            world.try_command(all[1], Command::Withdraw { room, share: file.share }),
            Err(CommandError::NotAuthor)
        );
        world.command(all[0], Command::Withdraw { room, share: file.share });
        world.run_until("both know", |world| {
            let withdrawn = |node: &NodeId| world.view(*node).shelf.values().all(|share| share.withdrawn);
            all.iter().all(withdrawn) && world.file(all[1], file) == FileState::Withdrawn
        });
        world.run_for(10_000);
        assert_ne!(world.sink(all[1], sink).state, SinkState::Kept);
        let again = world.try_command(all[1], Command::Fetch { room, file, sink });
        assert_eq!(again, Err(CommandError::UnknownFile));
        assert!(world.view(all[1]).misbehaved.is_empty());
        world.say(all[0], "wrong file");
        world.same_chat(&all, 1);
    }
}

#[test]
fn a_fetch_pauses_resumes_and_fetches_no_byte_twice() {
    for mut world in worlds(1) {
        let all = world.room_of(2);
        slow(&mut world);
        let content = Content { seed: 1, size: BIG };
        let file = world.share(all[0], "big.iso", content);
        let sink = world.fetch(all[1], file);
        half_way(&mut world, all[1], file);
        let room = world.room(all[1]);
        let again = world.try_command(all[1], Command::Fetch { room, file, sink });
        assert_eq!(again, Err(CommandError::AlreadyFetching));
        world.command(all[1], Command::Pause { room, file });
        world.run_for(60_000);
        assert_eq!(world.file(all[1], file), FileState::Paused);
        let paused = world.verified(all[1], file);
        assert!(paused < content.size, "it stopped");
        world.run_for(60_000);
        assert_eq!(world.verified(all[1], file), paused, "nothing more comes");
        world.command(all[1], Command::Resume { room, file });
        world.saved(all[1], file, sink, content);
        assert_eq!(world.sink(all[1], sink).written, content.size, "no byte twice");
    }
}

#[test]
fn a_cancelled_fetch_keeps_nothing_and_can_be_started_again() {
    for mut world in worlds(1) {
        let all = world.room_of(2);
        slow(&mut world);
        let content = Content { seed: 1, size: 8 * CHUNK };
        let file = world.share(all[0], "big.iso", content);
        let sink = world.fetch(all[1], file);
        half_way(&mut world, all[1], file);
        let room = world.room(all[1]);
        world.command(all[1], Command::Cancel { room, file });
        world.run_until("it is given up", |world| {
            world.file(all[1], file) == FileState::Cancelled
                && world.sink(all[1], sink).state == SinkState::Discarded
        });
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
    }
}

#[test]
fn a_lost_lane_costs_no_verified_chunk() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        slow(&mut world);
        let content = Content { seed: 1, size: BIG };
        let file = world.share(all[0], "big.iso", content);
        let sink = world.fetch(all[1], file);
        half_way(&mut world, all[1], file);
        world.cut_lanes(all[0], all[1]);
        let key = world.key(all[0]);
        world.run_until("it is seen", |world| !world.view(all[1]).linked(key));
        assert_eq!(world.file(all[1], file), FileState::WaitingForSource);
        world.run_for(30_000);
        world.heal_lanes(all[0], all[1]);
        world.saved(all[1], file, sink, content);
        assert_eq!(world.sink(all[1], sink).written, content.size, "no byte written twice");
    }
}

#[test]
fn a_provider_that_reloads_supplies_the_same_file_and_the_fetch_goes_on() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        slow(&mut world);
        let content = Content { seed: 1, size: BIG };
        let file = world.share(all[0], "big.iso", content);
        let sink = world.fetch(all[1], file);
        half_way(&mut world, all[1], file);
        world.reload(all[0]);
        world.linked(&all);
        world.run_until("both know what is missing", |world| {
            world.file(all[0], file) == FileState::SourceMissing
                && world.file(all[1], file) == FileState::WaitingForSource
        });
        let room = world.room(all[0]);
        let supply = |world: &mut World, name: &str, content: Content| {
            let source = world.choose(all[0], content);
            let new = NewFile { source, name: name.into(), size: content.size };
            world.try_command(all[0], Command::Supply { room, file, new })
        };
        let longer = Content { size: content.size + 1, ..content };
        assert_eq!(supply(&mut world, "big.iso", longer), Err(CommandError::OtherFile));
        assert_eq!(supply(&mut world, "other.iso", content), Err(CommandError::OtherFile));
        supply(&mut world, "big.iso", content).expect("the same file");
        world.saved(all[1], file, sink, content);
        assert_eq!(world.sink(all[1], sink).written, content.size, "no byte twice");
    }
}

#[test]
fn a_different_file_of_the_same_name_and_size_is_caught_against_the_own_hashes() {
    for mut world in worlds(2) {
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 3 * CHUNK };
        let file = world.share(all[0], "big.iso", content);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
        world.reload(all[0]);
        world.reload(all[1]);
        world.linked(&all);
        world.run_until("it is missing", |world| {
            world.view(all[0]).files.get(&file) == Some(&FileState::SourceMissing)
        });
        let source = world.choose(all[0], Content { seed: 2, ..content });
        let new = NewFile { source, name: "big.iso".into(), size: content.size };
        let room = world.room(all[0]);
        world.command(all[0], Command::Supply { room, file, new });
        world.fetch(all[1], file);
        world.run_until("it is caught", |world| matches!(world.file(all[1], file), FileState::Failed { .. }));
        assert!(world.view(all[1]).misbehaved.is_empty() && world.view(all[0]).misbehaved.is_empty());
    }
}

#[test]
fn a_receiver_that_reloads_starts_again_and_finishes() {
    for mut world in worlds(1) {
        let all = world.room_of(2);
        slow(&mut world);
        let content = Content { seed: 1, size: 6 * CHUNK };
        let file = world.share(all[0], "big.iso", content);
        world.fetch(all[1], file);
        half_way(&mut world, all[1], file);
        world.reload(all[1]);
        world.linked(&all);
        assert_eq!(world.file(all[1], file), FileState::Offered);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
    }
}

#[test]
fn a_fetch_asked_for_while_the_source_is_away_waits_for_it() {
    for mut world in worlds(1) {
        let all = world.room_of(3);
        let content = Content { seed: 1, size: 3 * CHUNK };
        let file = world.share(all[2], "a.bin", content);
        world.run_until("shared", |world| world.view(all[1]).files.contains_key(&file));
        world.cut_wifi(all[2]);
        let key = world.key(all[2]);
        world.run_until("it is seen", |world| !world.view(all[1]).linked(key));
        let sink = world.fetch(all[1], file);
        world.run_for(5_000);
        assert_eq!(world.file(all[1], file), FileState::WaitingForSource);
        world.heal_wifi(all[2]);
        world.saved(all[1], file, sink, content);
    }
}

#[test]
fn bad_commands_about_files_change_nothing() {
    let mut world = World::new(1);
    let all = world.room_of(2);
    let room = world.room(all[0]);
    let new = |world: &mut World, name: &str, size| NewFile {
        source: world.choose(all[0], Content { seed: 0, size: 1 }),
        name: name.into(),
        size,
    };
    let many: Vec<NewFile> = (0..65).map(|i| new(&mut world, &format!("{i}"), 1)).collect();
    let bad = [
        (vec![], "no file"),
        (many, "65 files"),
        (vec![new(&mut world, "a.bin", u64::MAX)], "a size that overflows"),
        (vec![new(&mut world, "", 1)], "no name"),
    ];
    for (files, what) in bad {
        let result = world.try_command(all[0], Command::Share { room, files });
        assert_eq!(result, Err(CommandError::BadShare), "{what}");
    }
    let unknown = FileId { share: peer_core::id::EntryId([9; 32]), index: 0 };
    for command in [
        Command::Pause { room, file: unknown },
        Command::Resume { room, file: unknown },
        Command::Cancel { room, file: unknown },
        Command::Withdraw { room, share: unknown.share },
    ] {
        assert_eq!(world.try_command(all[0], command), Err(CommandError::UnknownFile));
    }
    world.run_for(1_000);
    assert!(world.view(all[0]).shelf.is_empty() && world.view(all[1]).shelf.is_empty());
    let others = world.share(all[1], "a.bin", Content { seed: 1, size: 1 });
    world.run_until("it is on the shelf", |world| world.view(all[0]).files.contains_key(&others));
    let supply = Command::Supply { room, file: others, new: new(&mut world, "b.bin", 1) };
    assert_eq!(world.try_command(all[0], supply), Err(CommandError::UnknownFile), "it is not one's own");
}
