//! What one member may take of what belongs to all: the window of chunks asked for, connections, events, answers.
//! Whoever takes more is held back or cut off, and nobody else notices.

use peer_core::id::FileId;
use peer_core::io::{Channel, FileState};
use sim::{Content, NodeId, World, seeds};

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
