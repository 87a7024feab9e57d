//! The enemy is a member who signs what it should not: about others' files, and two stories about itself.

use peer_core::error::Misbehavior;
use peer_core::id::FileId;
use peer_core::io::{Channel, FileFailure, FileState};
use sim::attacker::log::{Pen, SAY};
use sim::lane::LaneKey;
use sim::store::SinkState;
use sim::{Content, NodeId, World, seeds};
use std::cell::Cell;
use std::rc::Rc;

const CHUNK: u64 = 1 << 18;
/// Kinds of entries and frames.
const CLOSE: u8 = 8;
const WITHDRAW: u8 = 9;
const ENTRIES: u8 = 3;
const PAGE: u8 = 5;
const REFUSED: u8 = 8;

fn say(pen: &mut Pen, text: &str) -> Vec<u8> {
    pen.write(SAY, &encoded(&(text, 0_u64)))
}

fn close(pen: &mut Pen, file: FileId, root: [u8; 32]) -> Vec<u8> {
    pen.write(CLOSE, &encoded(&(file.share.0, file.index, root)))
}

/// A hash page of a file of one's own, as it travels.
fn page(pen: &Pen, file: FileId, values: &[[u8; 32]]) -> Vec<u8> {
    let place = [&file.share.0[..], &file.index.to_le_bytes(), &[0; 4]].concat();
    let signature = pen.sign_in_room("linkspan/1 page signature", &[&place[..], &values.concat()].concat());
    encoded(&(PAGE, file.share.0, file.index, 0_u32, values, signature))
}

fn encoded(value: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("these have no failure")
}

/// The end at `at` of its lane to `with`.
fn lane(world: &World, at: NodeId, with: NodeId) -> LaneKey {
    world.lanes_up(at).into_iter().find(|(_, other)| other.node == with).expect("linked").0
}

/// `to` gets these entries from `from`.
fn hand(world: &mut World, from: NodeId, to: NodeId, entries: &[Vec<u8>]) {
    let lane = lane(world, to, from);
    world.lane_data(lane, Channel::Control, encoded(&(ENTRIES, entries)));
}

#[test]
fn what_only_an_author_may_say_of_its_files_means_nothing_from_anybody_else() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        // Slow, so that the lies come before the author has said how its file ends.
        world.net().store_latency = (100, 200);
        let content = Content { seed: 1, size: 40 * CHUNK };
        let file = world.share(all[0], "a.bin", content);
        let sink = world.fetch(all[1], file);
        let mut pen = Pen::of(&world, all[2], all[0]);
        let lies = [
            close(&mut pen, file, [9; 32]),
            pen.write(WITHDRAW, &encoded(&file.share.0)),
            say(&mut pen, "all lies"),
        ];
        for victim in &all[..2] {
            hand(&mut world, all[2], *victim, &lies);
            assert_eq!(world.view(*victim).texts(), ["all lies"], "they are in the log");
        }
        for reason in [0, 1, 2] {
            let lane = lane(&world, all[1], all[2]);
            let refused = encoded(&(REFUSED, file.share.0, file.index, reason as u8));
            world.lane_data(lane, Channel::Control, refused);
        }
        world.saved(all[1], file, sink, content);
        for node in &all {
            let view = world.view(*node);
            assert!(view.shelf.values().all(|share| !share.withdrawn), "it is still shared");
            let given_up =
                |state: &FileState| matches!(state, FileState::Failed { .. } | FileState::Withdrawn);
            assert!(!view.file_history.iter().any(|(_, state)| given_up(state)));
        }
    }
}

#[test]
fn a_file_whose_author_closes_it_with_another_hash_is_never_done() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        world.net().store_latency = (100, 200);
        let content = Content { seed: 1, size: 40 * CHUNK };
        let file = world.share(all[2], "a.bin", content);
        let sink = world.fetch(all[1], file);
        // It follows the share, before the true one is written.
        let mut pen = Pen::of(&world, all[2], all[0]);
        (pen.seq, pen.previous) = (1, file.share.0);
        let lie = close(&mut pen, file, [9; 32]);
        hand(&mut world, all[2], all[1], &[lie]);
        let failed = FileState::Failed { reason: FileFailure::Contradiction };
        world.run_until("it is noticed", |world| world.file(all[1], file) == failed);
        world.run_for(60_000);
        assert_eq!(world.sink(all[1], sink).state, SinkState::Discarded);
        let done = |state: &FileState| matches!(state, FileState::Done { .. });
        assert!(!world.view(all[1]).file_history.iter().any(|(_, state)| done(state)));
    }
}

#[test]
fn a_page_of_another_length_or_that_its_author_did_not_sign_is_named_for_what_it_is() {
    for case in 0..4 {
        let mut world = World::new(1);
        let all = world.room_of(3);
        world.net().store_latency = (100, 200);
        let content = Content { seed: 1, size: 40 * CHUNK };
        let file = world.share(all[2], "a.bin", content);
        let sink = world.fetch(all[1], file);
        world.run_for(10);
        let pen = Pen::of(&world, all[2], all[0]);
        let mut page = page(&pen, file, &vec![[7; 32]; [40, 40, 39, 41][case]]);
        let is_genuine = case == 0;
        if case == 1 {
            *page.last_mut().expect("a page") ^= 1;
        }
        let own = lane(&world, all[1], all[2]);
        world.lane_data(own, Channel::Control, page);
        let named = (Some(world.key(all[2])), Misbehavior::BadPage);
        assert_eq!(world.view(all[1]).misbehaved.contains(&named), !is_genuine, "case {case}");
        if is_genuine {
            // Another one, signed as well.
            world.lane_data(own, Channel::Control, self::page(&pen, file, &vec![[8; 32]; 40]));
            let failed = FileState::Failed { reason: FileFailure::Contradiction };
            assert_eq!(world.file(all[1], file), failed);
        } else {
            world.saved(all[1], file, sink, content);
        }
    }
}

#[test]
fn who_notices_two_stories_tells_both_to_whom_only_one_would_come() {
    for seed in seeds(4) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let muted: Rc<Cell<bool>> = Rc::default();
        let (mute, witness, liar) = (muted.clone(), all[1], all[2]);
        world.tap(Some(Box::new(move |crossing| {
            let to_witness = crossing.to.node == witness && mute.get();
            let kept_back = crossing.to.node == liar || to_witness;
            if kept_back && crossing.bytes.first() == Some(&ENTRIES) {
                Vec::new()
            } else {
                vec![crossing.bytes.clone()]
            }
        })));
        let (one, other) = (
            say(&mut Pen::of(&world, liar, all[0]), "one"),
            say(&mut Pen::of(&world, liar, all[0]), "other"),
        );
        muted.set(true);
        hand(&mut world, liar, all[0], &[one]);
        world.run_for(1_000);
        assert!(world.view(witness).chat.is_empty(), "it was lost on the way");
        muted.set(false);
        hand(&mut world, liar, all[0], &[other]);
        let proven = (Some(world.key(liar)), Misbehavior::ForkedLog);
        assert!(world.view(all[0]).misbehaved.contains(&proven));
        // Before logs are compared again.
        world.run_for(2_000);
        assert!(world.sees(witness, liar).is_some_and(|member| member.forked), "the witness can tell, too");
        world.stop_signaling();
        world.reload(witness);
        assert!(world.sees(witness, liar).is_some_and(|member| member.forked), "and does not forget it");
    }
}

#[test]
fn a_proof_waits_until_the_channel_has_room_for_it() {
    for seed in seeds(1) {
        let mut world = World::new(seed);
        let [host, liar] = world.room_of(2)[..] else { unreachable!("two") };
        for n in 0..200 {
            world.say(host, &format!("{n:08}").repeat(1_000));
            world.run_for(100);
        }
        let link = world.link(host);
        let late = world.guest("Lena", &link);
        world.admit(host, late);
        // The log is on its way and fills the channel when the two stories come, as long as messages may be.
        world.run_until("some of it came", |world| !world.view(late).texts().is_empty());
        let story = |text: &str| say(&mut Pen::of(&world, liar, host), &text.repeat(8_000));
        let (one, other) = (story("1"), story("2"));
        hand(&mut world, liar, host, &[one]);
        hand(&mut world, liar, host, &[other]);
        assert!(world.view(late).texts().len() < 200, "the log is still on its way");
        world.run_until("she has it all", |world| world.view(late).texts().len() >= 200);
        world.run_until("and can tell", |world| world.sees(late, liar).is_some_and(|member| member.forked));
        assert_eq!(
            world.view(late).misbehaved.iter().filter(|(_, what)| *what != Misbehavior::ForkedLog).count(),
            0
        );
    }
}
