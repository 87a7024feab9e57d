//! The enemy is a member who signs what it should not: about others' files, and two stories about itself.

use ed25519_dalek::{Signer, SigningKey};
use peer_core::error::Misbehavior;
use peer_core::id::FileId;
use peer_core::io::{Channel, FileFailure, FileState};
use sim::lane::LaneKey;
use sim::store::SinkState;
use sim::{Content, NodeId, World, seeds};
use std::cell::Cell;
use std::rc::Rc;

const CHUNK: u64 = 1 << 18;
/// Kinds of entries and frames.
const SAY: u8 = 6;
const CLOSE: u8 = 8;
const WITHDRAW: u8 = 9;
const ENTRIES: u8 = 3;
const REFUSED: u8 = 8;

/// A member's key in the hand of somebody who writes entries by himself, as PROTOCOL.md has them.
struct Pen {
    key: SigningKey,
    room: [u8; 32],
    seq: u64,
    previous: [u8; 32],
}

impl Pen {
    /// Taken from what the member's browser keeps.
    fn of(world: &World, node: NodeId, host: NodeId) -> Self {
        let records = world.records(node);
        let windows = records.iter().flat_map(|(_, value)| value.windows(32));
        let mut keys = windows.map(|bytes| SigningKey::from_bytes(bytes.try_into().expect("32 bytes")));
        let own = world.key(node).0;
        let key = keys.find(|key| key.verifying_key().to_bytes() == own).expect("its secret key is kept");
        let room = blake3::derive_key("linkspan/1 room id", &world.key(host).0);
        Self { key, room, seq: 0, previous: [0; 32] }
    }

    /// The next entry, as it travels.
    fn write(&mut self, kind: u8, payload: &[u8]) -> Vec<u8> {
        let author = self.key.verifying_key().to_bytes();
        let mut signed = [&self.room[..], &author, &self.seq.to_le_bytes(), &self.previous, &[0; 4]].concat();
        signed.push(kind);
        signed.extend((payload.len() as u32).to_le_bytes());
        signed.extend(blake3::derive_key("linkspan/1 entry payload", payload));
        let signature = self.key.sign(&[&b"linkspan/1 entry signature\0"[..], &signed].concat()).to_bytes();
        let (r, s) = signature.split_at(32);
        let halves: [[u8; 32]; 2] = [r, s].map(|half| half.try_into().expect("half of 64 bytes"));
        let seen: [[u8; 32]; 0] = [];
        let entry = (author, self.seq, self.previous, &seen[..], kind, payload, halves);
        let bytes = postcard::to_allocvec(&entry).expect("these have no failure");
        (self.seq, self.previous) = (self.seq + 1, blake3::derive_key("linkspan/1 entry id", &signed));
        bytes
    }

    fn say(&mut self, text: &str) -> Vec<u8> {
        self.write(SAY, &encoded(&(text, 0_u64)))
    }

    fn close(&mut self, file: FileId, root: [u8; 32]) -> Vec<u8> {
        self.write(CLOSE, &encoded(&(file.share.0, file.index, root)))
    }
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
        let lies =
            [pen.close(file, [9; 32]), pen.write(WITHDRAW, &encoded(&file.share.0)), pen.say("all lies")];
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
        let mut pen = Pen { seq: 1, previous: file.share.0, ..Pen::of(&world, all[2], all[0]) };
        let lie = pen.close(file, [9; 32]);
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
        let (one, other) =
            (Pen::of(&world, liar, all[0]).say("one"), Pen::of(&world, liar, all[0]).say("other"));
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
    }
}
