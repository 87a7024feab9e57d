//! A shelf with thousands of files: nothing that one says of one's own accord may end a link, what one has is told
//! in the end however much it is, and own files are read one after the other.

use peer_core::id::{FileId, SinkId};
use peer_core::io::{Channel, Command, FileState, NewFile};
use sim::{Content, NodeId, World, seeds};
use std::cell::Cell;
use std::collections::BTreeSet;

/// Bytes that one page is about.
const SEGMENT: u64 = 1 << 26;
/// Files of one share.
const MAX_FILES: usize = 64;
/// Files that one author ever shares.
const MAX_FILES_PER_AUTHOR: usize = 4_096;

/// Files 0, 1, 2 … of `size` bytes each, as they are chosen.
fn chosen(world: &mut World, node: NodeId, count: usize, size: u64) -> Vec<NewFile> {
    let new = |n: usize| NewFile {
        source: world.choose(node, Content { seed: n as u64, size }),
        name: format!("{n}.bin"),
        size,
    };
    (0..count).map(new).collect()
}

/// Share `count` files of `size` bytes at once, at most 64; wait until `at` has them on its shelf.
fn share_many(world: &mut World, node: NodeId, at: NodeId, count: usize, size: u64) -> Vec<FileId> {
    let before: BTreeSet<FileId> = world.view(at).files.keys().copied().collect();
    let (room, files) = (world.room(node), chosen(world, node, count, size));
    world.command(node, Command::Share { room, files });
    world
        .run_until("they are on the other shelf", |world| world.view(at).files.len() == before.len() + count);
    world.view(at).files.keys().copied().filter(|file| !before.contains(file)).collect()
}

fn save_all(world: &mut World, node: NodeId, files: &[FileId]) -> Vec<SinkId> {
    let sinks: Vec<SinkId> = files.iter().map(|file| world.fetch(node, *file)).collect();
    all_done(world, node, files);
    sinks
}

fn all_done(world: &mut World, node: NodeId, files: &[FileId]) {
    // Who was done once stays so: thousands of files are not looked at again at every step.
    let done = Cell::new(0);
    world.run_until("all are done", |world| {
        let more = files[done.get()..].iter();
        let more = more.take_while(|file| matches!(world.file(node, **file), FileState::Done { .. }));
        done.set(done.get() + more.count());
        done.get() == files.len()
    });
}

fn lose_and_find_each_other(world: &mut World, all: &[NodeId], while_apart: impl FnOnce(&mut World)) {
    let key = world.key(all[0]);
    world.cut_lanes(all[0], all[1]);
    world.run_until("it is seen", |world| !world.view(all[1]).linked(key));
    while_apart(world);
    world.heal_lanes(all[0], all[1]);
    world.linked(all);
}

fn nobody_is_blamed(world: &World, all: &[NodeId]) {
    for node in all {
        assert_eq!(world.view(*node).misbehaved, [], "nobody did anything wrong");
    }
}

#[test]
fn a_room_whose_shelf_is_full_and_saved_connects_again() {
    for seed in seeds(1) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        for _ in 0..MAX_FILES_PER_AUTHOR / MAX_FILES {
            let shared = share_many(&mut world, all[0], all[1], MAX_FILES, 0);
            save_all(&mut world, all[1], &shared);
        }
        lose_and_find_each_other(&mut world, &all, |_| {});
        world.say(all[1], "here again");
        world.same_chat(&all, 1);
        nobody_is_blamed(&world, &all);
        // And somebody who reloads hears from the others what they have, all of it.
        world.reload(all[0]);
        world.linked(&all);
        world
            .run_until("what one has is told", |world| world.view(all[0]).have.len() == MAX_FILES_PER_AUTHOR);
        nobody_is_blamed(&world, &all);
    }
}

#[test]
fn what_somebody_has_is_told_to_who_comes_later_however_much_it_is() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        for _ in 0..5 {
            let shared = share_many(&mut world, all[1], all[0], MAX_FILES, 0);
            save_all(&mut world, all[0], &shared);
        }
        // The host's link comes up before the newcomer knows of any file.
        let late = world.guest("Ines", &world.link(all[0]));
        world.admit(all[0], late);
        world.run_until("who has what is known", |world| world.view(late).have.len() == 5 * MAX_FILES);
        let (saver, view) = (world.key(all[0]), world.view(late));
        assert!(view.have.iter().all(|((_, who), bytes)| *who == saver && *bytes == 0));
        nobody_is_blamed(&world, &[all[0], all[1], late]);
    }
}

#[test]
fn hundreds_of_fetches_that_waited_for_their_author_end_no_link_when_it_comes() {
    for seed in seeds(1) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        // A disk so slow that next to nothing is hashed; of each file two pages are asked for at once.
        world.net().store_latency = (1_000, 1_000);
        let mut files = Vec::new();
        while files.len() < 8 * MAX_FILES + MAX_FILES {
            files.extend(share_many(&mut world, all[0], all[1], MAX_FILES, SEGMENT + 1));
        }
        lose_and_find_each_other(&mut world, &all, |world| {
            for file in &files {
                world.fetch(all[1], *file);
            }
        });
        world.say(all[1], "here again");
        world.same_chat(&all, 1);
        nobody_is_blamed(&world, &all);
    }
}

#[test]
fn a_file_whose_close_found_no_place_in_the_queue_is_closed_later() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let room = world.room(all[0]);
        // Six shares wait for the disk, and the Close of each of their 384 files behind them: more than may wait.
        for _ in 0..6 {
            let files = chosen(&mut world, all[0], MAX_FILES, 0);
            world.command(all[0], Command::Share { room, files });
        }
        world.run_until("all are on the shelf", |world| world.view(all[1]).files.len() == 6 * MAX_FILES);
        let files: Vec<FileId> = world.view(all[1]).files.keys().copied().collect();
        for some in files.chunks(MAX_FILES) {
            save_all(&mut world, all[1], some);
        }
    }
}

#[test]
fn two_files_are_hashed_at_a_time_in_the_order_in_which_they_were_shared() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let room = world.room(all[0]);
        let files = chosen(&mut world, all[0], MAX_FILES, 3 << 20);
        let sources: Vec<_> = files.iter().map(|file| file.source).collect();
        let size = files.len() as u64 * (3 << 20);
        world.command(all[0], Command::Share { room, files });
        world.run_until("all is hashed", |world| world.bytes_read(all[0]) == size);
        assert_eq!(world.most_reads(all[0]), 2, "two at a time");
        assert_eq!(world.read_first(all[0]), sources, "the first comes first");
    }
}

#[test]
fn a_file_that_somebody_waits_for_is_hashed_before_the_others() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        // A read takes longer than a request's way.
        world.net().store_latency = (50, 50);
        let files = share_many(&mut world, all[0], all[1], MAX_FILES, 3 << 20);
        let last = FileId { index: MAX_FILES as u16 - 1, ..files[0] };
        let sink = world.fetch(all[1], last);
        world.saved(all[1], last, sink, Content { seed: MAX_FILES as u64 - 1, size: 3 << 20 });
        let others = world.bytes_read(all[0]) - 2 * (3 << 20);
        assert!(others < MAX_FILES as u64 * (3 << 20) / 3, "{others} bytes of others were read meanwhile");
    }
}

#[test]
fn who_asks_for_the_last_page_of_a_huge_file_makes_its_author_read_no_more_than_who_asks_for_none() {
    for seed in seeds(1) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let size = 1 << 40;
        let file = world.share(all[0], "big.iso", Content { seed: 1, size });
        world.run_until("it is on the other shelf", |world| world.view(all[1]).shelf.len() == 1);
        let own = world.lanes_up(all[0])[0].0;
        for segment in [(size / SEGMENT) - 1, 2, 1, 100] {
            world.lane_data(own, Channel::Control, page_request(file, segment));
        }
        world.run_for(30_000);
        assert_eq!(world.bytes_read(all[0]), SEGMENT, "the first segment, as always");
        nobody_is_blamed(&world, &all);
        // The next pages in order: one segment ahead of them is read.
        for segment in [0, 1, 2, 3, 4, 5] {
            world.lane_data(own, Channel::Control, page_request(file, segment));
        }
        world.run_for(30_000);
        assert!(world.bytes_read(all[0]) <= 4 * SEGMENT, "{} bytes", world.bytes_read(all[0]));
        assert!(world.bytes_read(all[0]) > 2 * SEGMENT, "who asks in order is served");
    }
}

fn page_request(file: FileId, segment: u64) -> Vec<u8> {
    let segment = u32::try_from(segment).expect("a segment of a file");
    postcard::to_allocvec(&(4_u8, file.share.0, file.index, segment)).expect("these have no failure")
}
