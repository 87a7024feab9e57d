//! What one member may take of what belongs to all: the window of chunks asked for, connections, events, answers.
//! Whoever takes more is held back or cut off, and nobody else notices.

use peer_core::error::{CommandError, Misbehavior};
use peer_core::id::FileId;
use peer_core::io::{Channel, Command, FileState};
use sim::attacker::log::entries;
use sim::lane::LaneKey;
use sim::{Content, NodeId, World, seeds};
use std::cell::Cell;
use std::rc::Rc;

const CHUNK: u64 = 1 << 18;
/// Chunks asked for and not yet written, over all files of a room.
const WINDOW: u64 = 32;

/// `from` stays linked but not one byte of a file of its gets through to `to`.
fn withhold_files(world: &mut World, from: NodeId, to: NodeId) {
    world.tap(Some(Box::new(move |crossing| {
        let withheld = (crossing.from.node, crossing.to.node) == (from, to);
        if withheld && crossing.channel == Channel::Bulk { Vec::new() } else { vec![crossing.bytes.clone()] }
    })));
}

#[test]
fn an_author_that_does_not_deliver_stops_nobody_elses_files() {
    // Whether it had the window to itself when the other one came, or not.
    for head_start in [0, 3_000] {
        for seed in seeds(2) {
            let mut world = World::new(seed);
            let all = world.room_of(3);
            withhold_files(&mut world, all[1], all[0]);
            let content = Content { seed: 1, size: (WINDOW + 8) * CHUNK };
            let dead: Vec<FileId> =
                (0..2).map(|n| world.share(all[1], &format!("never {n}"), content)).collect();
            let alive = world.share(all[2], "gift.bin", content);
            world.run_until("all are on the shelf", |world| world.view(all[0]).files.len() == 3);
            world.run_for(2_000);
            for file in &dead {
                world.fetch(all[0], *file);
            }
            world.run_for(head_start);
            let sink = world.fetch(all[0], alive);
            // Before anything that did not come could have been given up.
            world.run_for(15_000);
            assert!(matches!(world.file(all[0], alive), FileState::Done { .. }), "head start {head_start}");
            world.saved(all[0], alive, sink, content);
            assert_eq!(world.sink(all[0], sink).written, content.size, "no byte twice");
            assert!(world.view(all[0]).linked(world.key(all[1])), "it is still there");
            // What did not come is asked for again, and comes when it can.
            world.tap(None);
            world.run_until("the others come, too", |world| {
                dead.iter().all(|file| matches!(world.file(all[0], *file), FileState::Done { .. }))
            });
        }
    }
}

/// Connections that one member may make another one open in a minute.
const MAX_LINKS_A_MINUTE: usize = 12;

#[test]
fn a_member_that_opens_links_all_the_time_is_held_back_and_nobody_else() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        world.run_for(60_000);
        let (before, start) = (world.lanes_opened(all[0]), world.now());
        let mut others = 0;
        for round in 0..24 {
            world.crash(all[2], usize::MAX);
            world.run_for(1_500);
            if round % 6 == 5 {
                world.reload(all[1]);
                let since = world.now();
                world.linked(&all[..2]);
                assert!(world.now() - since < 2_000, "who reloads gets through at once");
                others += 1;
            }
        }
        // Some calls of the noisy one cross with calls of the host's own, which are few.
        let opened = world.lanes_opened(all[0]) - before - others;
        let since = usize::try_from(world.now() - start).unwrap();
        let allowed = MAX_LINKS_A_MINUTE + MAX_LINKS_A_MINUTE * since / 60_000;
        assert!(opened <= allowed + 2, "{opened} connections in half a minute");
        assert!(opened >= MAX_LINKS_A_MINUTE / 2, "an honest reload now and then is none too many: {opened}");
        // It calms down, and is in again.
        world.run_for(60_000);
        world.linked(&all);
        world.say(all[2], "sorry");
        world.same_chat(&all, 1);
    }
}

/// The end at `at` of its lane to `with`.
fn lane(world: &World, at: NodeId, with: NodeId) -> LaneKey {
    world.lanes_up(at).into_iter().find(|(_, other)| other.node == with).expect("linked").0
}

/// `kind ‖ file ‖ numbers`, as PROTOCOL.md, *Frames*, has them.
fn about(kind: u8, file: FileId, numbers: &[u64]) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend(file.share.0);
    for number in [u64::from(file.index)].iter().chain(numbers) {
        frame.extend(varint(*number));
    }
    frame
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Words about what somebody has that are shown: a second in the long run, and at once.
const MAX_HAVES: usize = 128;
const MAX_HAVES_AT_ONCE: usize = 1_536;

#[test]
fn a_flood_of_words_about_what_one_has_is_shown_now_and_then() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let content = Content { seed: 1, size: 20 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        world.run_until("it is on the shelf", |world| world.view(all[2]).files.contains_key(&file));
        world.net().lane_rate = 300;
        let sink = world.fetch(all[2], file);
        let noisy = lane(&world, all[0], all[1]);
        let (before, since) = (world.view(all[0]).haves_shown, world.now());
        for round in 0..10_000_u64 {
            world.lane_data(noisy, Channel::Control, about(10, file, &[round * 100]));
            if round % 10 == 0 {
                world.run_for(3);
            }
        }
        let seconds = ((world.now() - since) / 1_000 + 1) as usize;
        let shown = world.view(all[0]).haves_shown - before;
        // The honest one's word comes once a second.
        assert!(shown <= MAX_HAVES_AT_ONCE + seconds * (MAX_HAVES + 1) + 1, "{shown} in {seconds} s");
        assert!(shown >= MAX_HAVES_AT_ONCE, "what is no flood is shown: {shown}");
        assert!(world.view(all[0]).misbehaved.is_empty(), "it is noise, no crime");
        world.saved(all[2], file, sink, content);
        let (key, noisy_key) = (world.key(all[2]), world.key(all[1]));
        world.run_until("the honest one is heard", |world| {
            world.view(all[0]).have.get(&(file, key)) == Some(&content.size)
        });
        // Later a true word of the noisy one is heard again, and one beyond the file's size is cut.
        world.lane_data(noisy, Channel::Control, about(10, file, &[u64::MAX]));
        assert_eq!(world.view(all[0]).have.get(&(file, noisy_key)), Some(&content.size));
        world.say(all[1], "still here");
        world.same_chat(&all, 1);
    }
}

#[test]
fn who_asks_for_more_chunks_than_fit_its_window_is_cut_off_and_the_file_goes_on() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let content = Content { seed: 1, size: 8 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        let sink = world.fetch(all[2], file);
        world.run_for(1_000);
        let greedy = lane(&world, all[0], all[1]);
        for request in 0..200 {
            world.lane_data(
                greedy,
                Channel::Control,
                [&[6][..], &varint(request), &about(0, file, &[request % 8])[1..]].concat(),
            );
            if !world.view(all[0]).misbehaved.is_empty() {
                assert!(request > WINDOW, "an honest window is served: {request}");
                break;
            }
        }
        let named = (Some(world.key(all[1])), Misbehavior::TooManyRequests);
        assert_eq!(world.view(all[0]).misbehaved, [named]);
        world.saved(all[2], file, sink, content);
        world.linked(&all);
        let sink = world.fetch(all[1], file);
        world.saved(all[1], file, sink, content);
    }
}

#[test]
fn who_talks_faster_than_anybody_honest_can_is_cut_off_and_comes_back() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        world.run_for(60_000);
        let noisy = lane(&world, all[0], all[1]);
        let frames = (1..=65_537).find(|_| {
            world.lane_data(noisy, Channel::Control, entries(&[]));
            !world.view(all[0]).misbehaved.is_empty()
        });
        let frames = frames.expect("one more than may come at once");
        // What came of its own a moment before counts too.
        assert!(frames > 65_500, "cut off after {frames}");
        let named = (Some(world.key(all[1])), Misbehavior::TooFast);
        assert_eq!(world.view(all[0]).misbehaved, [named]);
        world.say(all[2], "I am still here");
        world.linked(&all);
        world.same_chat(&all, 1);
        assert_eq!(world.view(all[0]).misbehaved.len(), 1, "and it has its say again");
    }
}

#[test]
fn a_piece_that_nobody_asked_for_is_not_taken_from_the_very_first_on() {
    for (asked, request) in [(false, 0_u64), (true, 1)] {
        let mut world = World::new(7);
        let all = world.room_of(2);
        let content = Content { seed: 1, size: 1 };
        let file = world.share(all[1], "a.bin", content);
        if asked {
            let sink = world.fetch(all[0], file);
            world.saved(all[0], file, sink, content);
        }
        let pushy = lane(&world, all[0], all[1]);
        let piece = [&request.to_le_bytes()[..], &[0; 8], b"x"].concat();
        world.lane_data(pushy, Channel::Bulk, piece);
        assert_eq!(
            world.view(all[0]).misbehaved,
            [(Some(world.key(all[1])), Misbehavior::Unasked)],
            "{request}"
        );
    }
}

#[test]
fn who_asks_without_reading_the_answers_is_cut_off() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let content = Content { seed: 1, size: 250 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        world.run_until("it is all hashed", |world| world.bytes_read(all[0]) == content.size);
        world.run_for(1_000);
        let deaf = lane(&world, all[0], all[1]);
        world.cut_lanes(all[0], all[1]);
        let mut asked = 0;
        while world.view(all[0]).misbehaved.is_empty() && asked < 5_000 {
            world.lane_data(deaf, Channel::Control, about(4, file, &[0]));
            asked += 1;
        }
        // 1 MiB of pages is on its way, and what waits behind it has its bound.
        assert!(asked <= 1_024 + (1 << 20) / (250 * 32) + 1, "{asked}");
        let named = (Some(world.key(all[1])), Misbehavior::TooSlow);
        assert_eq!(world.view(all[0]).misbehaved, [named]);
        world.heal_lanes(all[0], all[1]);
        world.linked(&all);
        world.say(all[1], "back");
        world.same_chat(&all, 1);
    }
}

/// Own entries that wait for the store.
const MAX_DRAFTS: usize = 256;

#[test]
fn a_disk_that_hangs_holds_so_many_entries_and_says_so_of_the_rest() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        world.run_until("all is kept", |world| world.unwritten(all[1]) == 0);
        world.net().store_latency = (60_000, 60_000);
        let room = world.room(all[1]);
        // One is being stored, so many wait.
        for n in 0..=MAX_DRAFTS {
            world.say(all[1], &format!("{n}"));
        }
        let say = Command::Say { room, text: "too much".into(), sent_at: 0 };
        assert_eq!(world.try_command(all[1], say), Err(CommandError::Busy));
        let source = world.choose(all[1], Content { seed: 1, size: 1 });
        let new = peer_core::io::NewFile { source, name: "a.bin".into(), size: 1 };
        let share = Command::Share { room, files: vec![new] };
        assert_eq!(world.try_command(all[1], share), Err(CommandError::Busy));
        world.net().store_latency = (0, 4);
        world.same_chat(&all, MAX_DRAFTS + 1);
        let file = world.share(all[1], "b.bin", Content { seed: 1, size: 1 });
        world.run_until("shared", |world| world.view(all[0]).files.contains_key(&file));
        assert_eq!(world.view(all[0]).shelf.len(), 1);
    }
}

#[test]
fn who_says_it_has_another_log_gets_ours_once_and_not_again_and_again() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        for n in 0..50 {
            world.say(all[0], &format!("{n}: {}", "x".repeat(1_000)));
        }
        world.same_chat(&all, 50);
        world.run_for(10_000);
        let sent: Rc<Cell<usize>> = Rc::default();
        let count = sent.clone();
        let (host, forger) = (all[0], all[1]);
        world.tap(Some(Box::new(move |crossing| {
            if (crossing.from.node, crossing.to.node) == (host, forger) {
                count.set(count.get() + crossing.bytes.len());
            }
            vec![crossing.bytes.clone()]
        })));
        // The host's first entry is another one, it says: all of the host's chain is to be proof of that.
        let forged = [&[2, 1, 1][..], &world.key(host).0, &[0], &[0xEE; 32]].concat();
        let own = lane(&world, host, forger);
        for round in 0..600 {
            world.lane_data(
                own,
                Channel::Control,
                if round % 2 == 0 { forged.clone() } else { vec![2, 1, 0] },
            );
            world.run_for(100);
        }
        let sent = sent.get();
        assert!((50_000..150_000).contains(&sent), "{sent} bytes");
        world.say(all[1], "well");
        world.same_chat(&all, 51);
        assert!(world.view(all[0]).members.values().all(|member| !member.forked));
    }
}

/// Rooms in one engine.
const MAX_ROOMS: usize = 64;

#[test]
fn one_room_too_many_is_refused_and_a_closed_one_makes_place() {
    let mut world = World::new(1);
    let node = world.node("Hanna");
    let create = || Command::CreateRoom { name: "Hanna".into() };
    for _ in 0..MAX_ROOMS {
        world.command(node, create());
    }
    assert_eq!(world.try_command(node, create()), Err(CommandError::Full));
    let room = world.room(node);
    world.command(node, Command::Close { room });
    world.command(node, create());
    assert_eq!(world.try_command(node, create()), Err(CommandError::Full));
}
