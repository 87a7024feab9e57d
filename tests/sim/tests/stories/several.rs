//! Several files on their way at once: what becomes of one touches no other.

use peer_core::error::{Misbehavior, StoreFailure};
use peer_core::id::{FileId, SourceId};
use peer_core::io::{Channel, Command, FileFailure, FileState, NewFile};
use sim::lane::Crossing;
use sim::{Content, NodeId, World, seeds};
use std::cell::RefCell;
use std::rc::Rc;

const CHUNK: u64 = 1 << 18;
/// Kinds of frames.
const CHUNK_REQUEST: u8 = 6;
const CANCEL: u8 = 7;
/// After so long without a word what was asked for is asked for again, in ms: a story that takes less never needed it.
const STALL: u64 = 20_000;

type Tape = Rc<RefCell<Vec<Crossing>>>;

fn content(seed: u64) -> Content {
    Content { seed, size: 80 * CHUNK }
}

/// Share two files of one person; each with its source.
fn share_two(world: &mut World, node: NodeId) -> [(FileId, SourceId); 2] {
    let (room, me) = (world.room(node), world.key(node));
    let sources = [1, 2].map(|seed| world.choose(node, content(seed)));
    let files = sources.map(|source| NewFile { source, name: "a.bin".into(), size: content(1).size });
    world.command(node, Command::Share { room, files: files.into() });
    let shared = move |world: &World| {
        let mut shelf = world.view(node).shelf.iter();
        shelf.find(|(_, share)| share.author == me).map(|((_, id), _)| *id)
    };
    world.run_until("it is shared", |world| shared(world).is_some());
    let share = shared(world).expect("it is there");
    world.run_until("all is hashed", |world| world.bytes_read(node) >= 2 * content(1).size);
    [0, 1].map(|index| (FileId { share, index }, sources[usize::from(index)]))
}

fn both_move(world: &mut World, node: NodeId, files: [FileId; 2]) {
    world.net().store_latency = (50, 100);
    world.run_until("both move", |world| files.iter().all(|file| world.verified(node, *file) > 0));
}

#[test]
fn a_file_that_is_cancelled_takes_no_request_of_another_with_it() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let [(one, _), (other, _)] = share_two(&mut world, all[0]);
        let (_, sink) = (world.fetch(all[1], one), world.fetch(all[1], other));
        both_move(&mut world, all[1], [one, other]);
        let (room, since) = (world.room(all[1]), world.now());
        world.command(all[1], Command::Cancel { room, file: one });
        world.saved(all[1], other, sink, content(2));
        assert!(world.now() - since < STALL, "nothing had to be asked for again");
    }
}

#[test]
fn a_source_that_fails_takes_no_other_file_with_it() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let [(one, source), (other, _)] = share_two(&mut world, all[0]);
        let (_, sink) = (world.fetch(all[1], one), world.fetch(all[1], other));
        both_move(&mut world, all[1], [one, other]);
        let since = world.now();
        world.break_source(all[0], source, StoreFailure::Missing);
        let gone = FileState::Failed { reason: FileFailure::SourceGone };
        world.run_until("it is told", |world| world.file(all[1], one) == gone);
        world.saved(all[1], other, sink, content(2));
        assert!(world.now() - since < STALL, "nothing had to be asked for again");
    }
}

#[test]
fn a_provider_that_is_lost_takes_nothing_with_it_of_what_another_one_sends() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let [one, other] = [0, 1].map(|n| world.share(all[n], "a.bin", content(n as u64)));
        let (_, sink) = (world.fetch(all[2], one), world.fetch(all[2], other));
        both_move(&mut world, all[2], [one, other]);
        let since = world.now();
        let lane = world.lanes_up(all[2]).into_iter().find(|(_, to)| to.node == all[0]);
        world.lane_data(lane.expect("linked").0, Channel::Control, vec![0xFF]);
        world.saved(all[2], other, sink, content(1));
        assert!(world.now() - since < STALL, "nothing had to be asked for again");
    }
}

/// A piece is what is asked for next, whole and at its place, or its sender is not one to go on with.
#[test]
fn a_piece_of_another_chunk_at_another_place_or_of_another_length_ends_the_link() {
    let wrong: [fn(&mut Vec<u8>); 3] = [
        |piece| piece[8] ^= 1,
        |piece| piece[12] ^= 1,
        |piece| {
            piece.pop();
        },
    ];
    for change in wrong {
        let mut world = World::new(1);
        let all = world.room_of(2);
        let file = world.share(all[0], "a.bin", content(1));
        let mut changed = false;
        world.tap(Some(Box::new(move |crossing| {
            let mut bytes = crossing.bytes.clone();
            if crossing.channel == Channel::Bulk && !changed {
                changed = true;
                change(&mut bytes);
            }
            vec![bytes]
        })));
        let sink = world.fetch(all[1], file);
        world.run_until("it is noticed", |world| !world.view(all[1]).misbehaved.is_empty());
        assert_eq!(world.view(all[1]).misbehaved, [(Some(world.key(all[0])), Misbehavior::Unasked)]);
        world.saved(all[1], file, sink, content(1));
    }
}

/// Chunks that `node` has asked each of `authors` for and not taken back.
fn outstanding(tape: &Tape, node: NodeId, authors: &[NodeId]) -> Vec<usize> {
    let sent = |kind, to| {
        let tape = tape.borrow();
        let own = tape.iter().filter(|one| (one.from.node, one.to.node) == (node, to));
        own.filter(|one| one.channel == Channel::Control && one.bytes[0] == kind).count()
    };
    authors.iter().map(|author| sent(CHUNK_REQUEST, *author) - sent(CANCEL, *author)).collect()
}

/// Everything that crosses; of chunks nothing arrives.
fn starve(world: &mut World) -> Tape {
    let tape = Tape::default();
    let record = tape.clone();
    world.tap(Some(Box::new(move |crossing| {
        record.borrow_mut().push(crossing.clone());
        if crossing.channel == Channel::Bulk { Vec::new() } else { vec![crossing.bytes.clone()] }
    })));
    tape
}

#[test]
fn whoever_shares_gets_a_part_of_the_window_and_nobody_more_than_the_rest_leaves() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(4);
        let files = [0, 1, 2].map(|n| world.share(all[n], "a.bin", content(n as u64)));
        let tape = starve(&mut world);
        let expected = [[32, 0, 0], [16, 16, 0], [12, 10, 10]];
        for (file, expected) in files.into_iter().zip(expected) {
            world.fetch(all[3], file);
            world.run_for(2_000);
            assert_eq!(outstanding(&tape, all[3], &all[..3]), expected);
        }
    }
}

#[test]
fn files_of_one_person_take_turns() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let [(one, _), (other, _)] = share_two(&mut world, all[0]);
        world.fetch(all[1], one);
        world.fetch(all[1], other);
        both_move(&mut world, all[1], [one, other]);
        // What they are made of is known; whose turn it is is decided anew for both.
        world.cut_lanes(all[0], all[1]);
        let key = world.key(all[0]);
        world.run_until("it is lost", |world| !world.view(all[1]).linked(key));
        let tape = starve(&mut world);
        world.heal_lanes(all[0], all[1]);
        world.linked(&all);
        world.run_for(1_000);
        let tape = tape.borrow();
        let asked = tape.iter().filter(|one| one.bytes[0] == CHUNK_REQUEST && one.from.node == all[1]);
        // A request ends with which file of the share, and which chunk.
        let of_first = asked.clone().filter(|one| one.bytes[one.bytes.len() - 2] == 0).count();
        assert_eq!((of_first, asked.count()), (16, 32));
    }
}

/// Who is paused and owes what was asked of it before must not keep everybody else's files.
#[test]
fn a_file_that_is_paused_keeps_no_place_of_the_window_that_another_has_a_use_for() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let files = [0, 1].map(|n| world.share(all[n], "a.bin", content(n as u64)));
        let mute = all[0];
        world.tap(Some(Box::new(move |crossing| {
            let lost = crossing.channel == Channel::Bulk && crossing.from.node == mute;
            if lost { Vec::new() } else { vec![crossing.bytes.clone()] }
        })));
        world.fetch(all[2], files[0]);
        world.run_for(2_000);
        let room = world.room(all[2]);
        world.command(all[2], Command::Pause { room, file: files[0] });
        let sink = world.fetch(all[2], files[1]);
        world.saved(all[2], files[1], sink, content(1));
    }
}

/// As many as fill the window, each with no more than its part of it.
#[test]
fn files_that_are_paused_give_their_places_back_however_many_people_owe_them() {
    let mut world = World::new(1);
    let (host, link) = world.host("Hanna");
    let mut come = |name: &str| {
        let guest = world.guest(name, &link);
        world.admit(host, guest);
        guest
    };
    let mutes: Vec<NodeId> = (0..16).map(|n| come(&format!("Mute {n}"))).collect();
    let honest = come("Gustav");
    let silent = mutes.clone();
    world.tap(Some(Box::new(move |crossing| {
        let lost = crossing.channel == Channel::Bulk && silent.contains(&crossing.from.node);
        if lost { Vec::new() } else { vec![crossing.bytes.clone()] }
    })));
    let room = world.room(host);
    let files: Vec<FileId> = mutes.iter().map(|mute| world.share(*mute, "a.bin", content(1))).collect();
    for file in &files {
        world.fetch(host, *file);
    }
    world.run_for(2_000);
    for file in files {
        world.command(host, Command::Pause { room, file });
    }
    let file = world.share(honest, "b.bin", content(2));
    let sink = world.fetch(host, file);
    world.saved(host, file, sink, content(2));
}
