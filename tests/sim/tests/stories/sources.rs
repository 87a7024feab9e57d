//! Files that change or vanish under their author while they are being hashed, and are chosen again: nobody ever
//! gets a mixture, nobody is made a liar, and the right file is served in the end.

use peer_core::error::StoreFailure;
use peer_core::id::{FileId, SourceId};
use peer_core::io::{Command, FileFailure, FileState, NewFile};
use sim::{Content, NodeId, World, seeds};

const CHUNK: u64 = 1 << 18;
const NAME: &str = "log.txt";
/// What the author sees of a source whose date is another one, and what the others are told.
const TOUCHED: [FileState; 2] = [
    FileState::Failed { reason: FileFailure::SourceTouched },
    FileState::Failed { reason: FileFailure::SourceGone },
];
const CHANGED: FileState = FileState::Failed { reason: FileFailure::SourceChanged };

/// A disk that takes its time, so that there is something between two reads.
fn slow_disk(world: &mut World) {
    world.net().store_latency = (100, 200);
}

/// The person chooses the same file again.
fn supply(world: &mut World, node: NodeId, file: FileId, content: Content) -> SourceId {
    let (room, source) = (world.room(node), world.choose(node, content));
    let new = NewFile { source, name: NAME.into(), size: content.size };
    world.command(node, Command::Supply { room, file, new });
    source
}

fn goes_on(world: &mut World, node: NodeId, file: FileId) {
    world.run_until("it goes on", |world| world.file(node, file) == FileState::Receiving);
}

fn nobody_is_blamed(world: &World, all: &[NodeId]) {
    assert!(all.iter().all(|node| world.view(*node).misbehaved.is_empty()));
}

#[test]
fn a_source_that_changes_while_it_is_hashed_is_told_and_the_new_version_can_be_chosen() {
    for seed in seeds(4) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        slow_disk(&mut world);
        // Several reads long, but one segment: nothing is signed before the last of them.
        let old = Content { seed: 1, size: 20 * CHUNK + 7 };
        let file = world.share(all[0], NAME, old);
        let sink = world.fetch(all[1], file);
        world.run_until("some is hashed", |world| world.bytes_read(all[0]) >= 8 * CHUNK);
        assert!(world.bytes_read(all[0]) < old.size, "not all of it");
        world.break_sources(all[0], StoreFailure::Changed);
        world.run_until("both know", |world| [0, 1].map(|n| world.file(all[n], file)) == TOUCHED);
        assert_eq!(world.sink(all[1], sink).written, 0, "nothing of it counts");
        // Whoever asks now is told the same.
        let other = world.fetch(all[2], file);
        world.run_until("told", |world| world.file(all[2], file) == TOUCHED[1]);
        let new = Content { seed: 2, ..old };
        supply(&mut world, all[0], file, new);
        assert_eq!(world.file(all[0], file), FileState::Serving);
        // Nobody has to ask again.
        all[1..].iter().for_each(|node| goes_on(&mut world, *node, file));
        world.saved(all[1], file, sink, new);
        world.saved(all[2], file, other, new);
        nobody_is_blamed(&world, &all);
    }
}

#[test]
fn a_file_chosen_again_while_the_first_one_is_read_is_not_harmed_by_it() {
    for fault in [None, Some(StoreFailure::Changed), Some(StoreFailure::Missing)] {
        for seed in seeds(3) {
            let mut world = World::new(seed);
            let all = world.room_of(2);
            slow_disk(&mut world);
            let old = Content { seed: 1, size: 20 * CHUNK };
            let first = world.choose(all[0], old);
            let room = world.room(all[0]);
            let new = NewFile { source: first, name: NAME.into(), size: old.size };
            world.command(all[0], Command::Share { room, files: vec![new] });
            world.run_until("some is hashed", |world| world.bytes_read(all[0]) >= 4 * CHUNK);
            let share = world.view(all[0]).shelf.keys().next().expect("shared").1;
            let file = FileId { share, index: 0 };
            if let Some(fault) = fault {
                world.break_sources(all[0], fault);
            }
            // The next read of the first one is on its way.
            let other = Content { seed: 2, ..old };
            let second = supply(&mut world, all[0], file, other);
            assert!(!world.holds_source(all[0], first), "the first one is let go");
            let sink = world.fetch(all[1], file);
            world.saved(all[1], file, sink, other);
            assert!(world.holds_source(all[0], second));
            assert_eq!(world.file(all[0], file), FileState::Serving);
            nobody_is_blamed(&world, &all);
        }
    }
}

#[test]
fn the_same_file_chosen_again_while_it_is_served_goes_on() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 64 * CHUNK };
        let file = world.share(all[0], NAME, content);
        world.run_until("it is all hashed", |world| world.bytes_read(all[0]) == content.size);
        let sink = world.fetch(all[1], file);
        slow_disk(&mut world);
        world.run_until("some is there", |world| world.verified(all[1], file) > 0);
        supply(&mut world, all[0], file, content);
        world.saved(all[1], file, sink, content);
        let mut history = world.view(all[0]).file_history.iter();
        assert!(history.all(|(_, state)| *state == FileState::Serving), "it never failed");
        nobody_is_blamed(&world, &all);
    }
}

#[test]
fn what_was_signed_before_a_source_changed_stays_the_truth() {
    for seed in seeds(1) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        // A segment and a bit: the first page is signed while the rest is still to be read.
        let old = Content { seed: 1, size: 300 * CHUNK };
        let file = world.share(all[0], NAME, old);
        let sink = world.fetch(all[1], file);
        world.run_until("the first page is used", |world| world.verified(all[1], file) > 0);
        world.break_sources(all[0], StoreFailure::Changed);
        world.run_until("both know", |world| [0, 1].map(|n| world.file(all[n], file)) == TOUCHED);
        assert!(world.sink(all[1], sink).written < old.size);
        // Another version cannot take its place: what is signed is signed.
        supply(&mut world, all[0], file, Content { seed: 2, ..old });
        world.run_until("both know", |world| all.iter().all(|node| world.file(*node, file) == CHANGED));
        nobody_is_blamed(&world, &all);
        world.run_for(2_000);
        // The version that was signed can.
        supply(&mut world, all[0], file, old);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, old);
        nobody_is_blamed(&world, &all);
    }
}

#[test]
fn what_was_signed_before_a_reload_stays_the_truth() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let old = Content { seed: 1, size: 300 * CHUNK };
        let file = world.share(all[0], NAME, old);
        world.fetch(all[1], file);
        world.run_until("the first page is used", |world| world.verified(all[1], file) > 0);
        world.reload(all[0]);
        world.linked(&all);
        supply(&mut world, all[0], file, Content { seed: 2, ..old });
        world.run_until("both know", |world| all.iter().all(|node| world.file(*node, file) == CHANGED));
        world.run_for(2_000);
        supply(&mut world, all[0], file, old);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, old);
        nobody_is_blamed(&world, &all);
    }
}

#[test]
fn a_file_that_was_touched_and_not_changed_goes_on_once_it_is_chosen_again() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 300 * CHUNK };
        let file = world.share(all[0], NAME, content);
        let sink = world.fetch(all[1], file);
        world.run_until("some is there", |world| world.verified(all[1], file) > 0);
        world.break_sources(all[0], StoreFailure::Changed);
        world.run_until("both know", |world| [0, 1].map(|n| world.file(all[n], file)) == TOUCHED);
        supply(&mut world, all[0], file, content);
        goes_on(&mut world, all[1], file);
        world.saved(all[1], file, sink, content);
        assert_eq!(world.sink(all[1], sink).written, content.size, "no byte twice");
        nobody_is_blamed(&world, &all);
    }
}

#[test]
fn a_page_that_is_being_kept_counts_as_signed() {
    for seed in seeds(1) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let old = Content { seed: 1, size: 300 * CHUNK };
        let file = world.share(all[0], NAME, old);
        world.fetch(all[1], file);
        slow_disk(&mut world);
        world.run_until("the first page is made", |world| world.bytes_read(all[0]) == 256 * CHUNK);
        assert_eq!(world.unwritten(all[0]), 1, "and not kept yet");
        supply(&mut world, all[0], file, Content { seed: 2, ..old });
        world.run_until("both know", |world| all.iter().all(|node| world.file(*node, file) == CHANGED));
        nobody_is_blamed(&world, &all);
        world.run_for(2_000);
        supply(&mut world, all[0], file, old);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, old);
        nobody_is_blamed(&world, &all);
    }
}

#[test]
fn a_file_chosen_again_while_its_receiver_is_away_goes_on_when_they_meet() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 5 * CHUNK };
        let file = world.share(all[0], NAME, content);
        world.run_until("it is on the other shelf", |world| world.view(all[1]).files.contains_key(&file));
        world.reload(all[0]);
        world.linked(&all);
        let sink = world.fetch(all[1], file);
        world.run_until("it is refused", |world| world.file(all[1], file) == FileState::WaitingForSource);
        let key = world.key(all[0]);
        world.cut_lanes(all[0], all[1]);
        world.run_until("it is seen", |world| !world.view(all[1]).linked(key));
        // Nobody hears that it is there again.
        supply(&mut world, all[0], file, content);
        world.heal_lanes(all[0], all[1]);
        world.saved(all[1], file, sink, content);
        nobody_is_blamed(&world, &all);
    }
}
