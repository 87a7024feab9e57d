//! What crosses a lane while a file is fetched, and when it counts: the window, what is cancelled, what was not asked
//! for, and that nothing is shown, counted or done too early.

use peer_core::error::StoreFailure;
use peer_core::id::FileId;
use peer_core::io::{Channel, Command, FileFailure, FileState};
use sim::lane::Crossing;
use sim::store::SinkState;
use sim::{Content, NodeId, World, seeds};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const CHUNK: u64 = 1 << 18;
/// Chunks asked for and not yet written.
const WINDOW: usize = 32;
/// Kinds of frames.
const ENTRIES: u8 = 3;
const PAGE_REQUEST: u8 = 4;
const PAGE: u8 = 5;
const CHUNK_REQUEST: u8 = 6;
const CANCEL: u8 = 7;
const REFUSED: u8 = 8;
const AVAILABLE: u8 = 9;
const HAVE: u8 = 10;

type Tape = Rc<RefCell<Vec<Crossing>>>;

/// Everything that crosses from now on; what `lost` says gets lost.
fn record(world: &mut World, lost: impl Fn(&Crossing) -> bool + 'static) -> Tape {
    let tape = Tape::default();
    let record = tape.clone();
    world.tap(Some(Box::new(move |crossing| {
        record.borrow_mut().push(crossing.clone());
        if lost(crossing) { Vec::new() } else { vec![crossing.bytes.clone()] }
    })));
    tape
}

/// Control frames of a kind that `from` has sent.
fn frames(tape: &Tape, from: NodeId, kind: u8) -> Vec<Vec<u8>> {
    let tape = tape.borrow();
    let sent = tape.iter().filter(|one| one.from.node == from && one.channel == Channel::Control);
    sent.filter(|one| one.bytes.first() == Some(&kind)).map(|one| one.bytes.clone()).collect()
}

fn bulk_bytes(tape: &Tape) -> usize {
    tape.borrow().iter().filter(|one| one.channel == Channel::Bulk).map(|one| one.bytes.len()).sum()
}

#[test]
fn a_page_is_kept_before_anybody_sees_it() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        world.net().store_latency = (50, 50);
        let tape = record(&mut world, |_| false);
        let file = world.share(all[0], "a.bin", Content { seed: 1, size: 3 * CHUNK });
        world.fetch(all[1], file);
        world.run_until("a page is sent", |_| !frames(&tape, all[0], PAGE).is_empty());
        let kept = |world: &World| world.records(all[0]).iter().any(|(key, _)| key.starts_with(b"p"));
        assert!(kept(&world), "a crash now must not make its author sign another one");
    }
}

#[test]
fn a_file_is_not_done_before_its_author_has_said_what_it_is() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        // The share gets through, what its author writes after that does not.
        world.net().store_latency = (50, 50);
        let content = Content { seed: 1, size: 3 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        let sink = world.fetch(all[1], file);
        let author = all[0];
        record(&mut world, move |one| one.from.node == author && one.bytes.first() == Some(&ENTRIES));
        world.run_until("all of it is there", |world| world.verified(all[1], file) == content.size);
        world.run_for(10_000);
        assert_eq!(world.file(all[1], file), FileState::Receiving, "its hash is not known yet");
        // A new link tells what the old one lost.
        world.tap(None);
        let key = world.key(author);
        world.cut_lanes(all[0], all[1]);
        world.run_until("it is seen", |world| !world.view(all[1]).linked(key));
        world.heal_lanes(all[0], all[1]);
        world.saved(all[1], file, sink, content);
    }
}

#[test]
fn a_chunk_that_is_not_written_does_not_count() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let tape = record(&mut world, |_| false);
        let file = world.share(all[0], "a.bin", Content { seed: 1, size: 8 * CHUNK });
        world.fail_writes(all[1], Some(StoreFailure::Failed));
        world.fetch(all[1], file);
        let failed = FileState::Failed { reason: FileFailure::Store(StoreFailure::Failed) };
        world.run_until("it is said", |world| world.file(all[1], file) == failed);
        assert!(bulk_bytes(&tape) > 0, "right chunks did come");
        world.run_for(5_000);
        assert_eq!(world.verified(all[1], file), 0, "nothing of it is shown here");
        assert_eq!(frames(&tape, all[1], HAVE), [[0; 0]; 0], "nor told to anybody");
    }
}

#[test]
fn no_more_than_the_window_is_asked_for_until_something_comes() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let tape = record(&mut world, |one| one.channel == Channel::Bulk);
        let files: Vec<FileId> = (0..2)
            .map(|n| world.share(all[0], &format!("{n}.bin"), Content { seed: n, size: 40 * CHUNK }))
            .collect();
        for file in files {
            world.fetch(all[1], file);
        }
        // Before anything that did not come is given up.
        world.run_for(10_000);
        assert_eq!(frames(&tape, all[1], CHUNK_REQUEST).len(), WINDOW);
    }
}

#[test]
fn a_file_that_is_refused_keeps_no_place_in_the_window() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let (author, reader) = (all[0], all[1]);
        let tape = record(&mut world, move |one| one.channel == Channel::Bulk && one.from.node == author);
        let content = Content { seed: 1, size: 40 * CHUNK };
        let refused = world.share(author, "a.bin", content);
        let other = world.share(all[2], "b.bin", content);
        world.fetch(reader, refused);
        world.run_until("all of the window is asked for", |_| {
            frames(&tape, reader, CHUNK_REQUEST).len() == WINDOW
        });
        let own = world.lanes_up(reader).into_iter().find(|(_, to)| to.node == author).expect("linked").0;
        let gone =
            postcard::to_allocvec(&(REFUSED, refused.share.0, refused.index, 2_u8)).expect("no failure");
        world.lane_data(own, Channel::Control, gone);
        // Only its author can say that it is there again.
        let third = world.lanes_up(reader).into_iter().find(|(_, to)| to.node == all[2]).expect("linked").0;
        let there = postcard::to_allocvec(&(AVAILABLE, refused.share.0, refused.index)).expect("no failure");
        world.lane_data(third, Channel::Control, there);
        let sink = world.fetch(reader, other);
        world.saved(reader, other, sink, content);
        assert_eq!(world.file(reader, refused), FileState::Failed { reason: FileFailure::SourceGone });
    }
}

#[test]
fn what_is_cancelled_stops_coming() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        world.net().lane_rate = 500;
        let tape = record(&mut world, |_| false);
        let file = world.share(all[0], "a.bin", Content { seed: 1, size: 128 * CHUNK });
        world.fetch(all[1], file);
        world.run_until("it is under way", |world| world.verified(all[1], file) >= 8 * CHUNK);
        let room = world.room(all[1]);
        world.command(all[1], Command::Cancel { room, file });
        let asked = frames(&tape, all[1], CHUNK_REQUEST).len() as u64;
        let written = world.verified(all[1], file) / CHUNK;
        let cancelled = frames(&tape, all[1], CANCEL).len() as u64;
        assert!(cancelled + 2 >= asked - written, "{cancelled} of {asked} taken back, {written} written");
        // Once the author has heard it: a chunk that has begun is ended, and so is one that is being read.
        world.run_for(50);
        let before = bulk_bytes(&tape);
        world.run_for(30_000);
        let more = bulk_bytes(&tape) - before;
        assert!(more <= 2 * CHUNK as usize, "{more} bytes more were handed to the browser");
        assert_eq!(world.view(all[0]).misbehaved, []);
    }
}

#[test]
fn a_save_that_is_cancelled_while_its_place_is_being_made_leaves_nothing_and_can_be_made_again() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 3 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        world.net().store_latency = (500, 500);
        let sink = world.fetch(all[1], file);
        world.run_for(100);
        let room = world.room(all[1]);
        world.command(all[1], Command::Cancel { room, file });
        world.run_until("it is thrown away", |world| world.sink(all[1], sink).state == SinkState::Discarded);
        world.run_for(2_000);
        assert!(world.sink(all[1], sink).bytes.is_empty(), "no place is made any more");
        assert_eq!(world.file(all[1], file), FileState::Cancelled);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
    }
}

#[test]
fn a_page_that_got_lost_is_asked_for_again() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let (author, lost) = (all[0], Cell::new(false));
        let tape = record(&mut world, move |one| {
            one.from.node == author && one.bytes.first() == Some(&PAGE) && !lost.replace(true)
        });
        let content = Content { seed: 1, size: 3 * CHUNK };
        let file = world.share(author, "a.bin", content);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
        assert_eq!(frames(&tape, all[1], PAGE_REQUEST).len(), 2);
    }
}

#[test]
fn what_an_earlier_save_wrote_does_not_count_for_the_next_one() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 8 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        world.run_until("it is hashed", |world| world.bytes_read(all[0]) == content.size);
        let tape = record(&mut world, |_| false);
        world.net().store_latency = (300, 300);
        world.fetch(all[1], file);
        world.run_until("chunks have come", |_| bulk_bytes(&tape) > 4 * CHUNK as usize);
        let room = world.room(all[1]);
        world.command(all[1], Command::Cancel { room, file });
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
        assert_eq!(world.sink(all[1], sink).written, content.size, "all of it");
    }
}

#[test]
fn what_one_has_is_told_once_a_second() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        world.net().lane_rate = 1_000;
        let content = Content { seed: 1, size: 64 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        let (tape, since) = (record(&mut world, |_| false), world.now());
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
        let (told, seconds) = (frames(&tape, all[1], HAVE).len() as u64, (world.now() - since) / 1_000);
        assert!((seconds / 2..=seconds + 3).contains(&told), "{told} times in {seconds} s");
    }
}

/// A page draws each, and a fast disk writes hundreds of chunks a second.
#[test]
fn progress_is_shown_ten_times_a_second_and_no_more() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 64 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        let since = world.now();
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
        let (shown, most) = (world.view(all[1]).progress_shown, (world.now() - since) as usize / 100 + 2);
        assert!((2..=most).contains(&shown) && most < 60, "{shown} times, at most {most}");
    }
}

#[test]
fn what_is_saved_stays_saved_when_its_author_stops_sharing_it() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 3 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
        let room = world.room(all[0]);
        world.command(all[0], Command::Withdraw { room, share: file.share });
        world
            .run_until("it is known", |world| world.view(all[1]).shelf.values().all(|share| share.withdrawn));
        world.run_for(5_000);
        world.saved(all[1], file, sink, content);
    }
}

#[test]
fn a_page_that_was_not_asked_for_is_not_kept() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let tape = record(&mut world, |_| false);
        let content = Content { seed: 1, size: 3 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
        let page = frames(&tape, all[0], PAGE).pop().expect("it was sent to one");
        // The other one wants the file but not now, so it has asked for nothing.
        world.cut_wifi(all[0]);
        let author = world.key(all[0]);
        world.run_until("it is seen", |world| !world.view(all[2]).linked(author));
        let sink = world.fetch(all[2], file);
        let room = world.room(all[2]);
        world.command(all[2], Command::Pause { room, file });
        world.heal_wifi(all[0]);
        world.linked(&all);
        assert_eq!(frames(&tape, all[2], PAGE_REQUEST), [[0; 0]; 0]);
        let own = world.lanes_up(all[2]).into_iter().find(|(_, to)| to.node == all[0]).expect("linked").0;
        world.lane_data(own, Channel::Control, page);
        world.command(all[2], Command::Resume { room, file });
        world.saved(all[2], file, sink, content);
        assert_eq!(frames(&tape, all[2], PAGE_REQUEST).len(), 1, "it had to ask");
        assert_eq!(world.view(all[2]).misbehaved, []);
    }
}

#[test]
fn a_newcomer_hears_how_much_others_have_of_a_file_that_is_still_on_its_way() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 40 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        let sink = world.fetch(all[1], file);
        world.run_until("it has some", |world| world.sink(all[1], sink).written > 4 * CHUNK);
        world.cut_lanes(all[0], all[1]);
        let link = world.link(all[0]);
        let late = world.guest("Lena", &link);
        world.admit(all[0], late);
        let about = (file, world.key(all[1]));
        world.run_until("she knows", |world| {
            world.view(late).have.get(&about).is_some_and(|have| *have > 4 * CHUNK)
        });
    }
}
