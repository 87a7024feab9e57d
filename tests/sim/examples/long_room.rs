//! How long the engine takes to open a room with 20,000 messages and 4,096 files from what its store kept:
//! `cargo run --release -p sim --example long_room`. Natively; Wasm takes about twice as long.

use peer_core::io::{Command, NewFile};
use peer_core::time::Instant;
use peer_core::{Config, Peer, Seed};
use sim::{Content, World};

fn main() {
    let mut world = World::new(1);
    let all = world.room_of(4);
    for &node in &all[1..] {
        for n in 0..6_667 {
            world.say(node, &format!("Berth {n} is free from Monday, as far as the harbour office says."));
            if n % 50 == 0 {
                world.run_for(500);
            }
        }
        world.run_for(5_000);
    }
    let room = world.room(all[0]);
    for share in 0..64 {
        let files = (0..64).map(|file| NewFile {
            source: world.choose(all[0], Content { seed: share, size: 1 }),
            name: format!("survey {share} {file}.pdf"),
            size: 1,
        });
        let files = files.collect();
        world.command(all[0], Command::Share { room, files });
        world.run_for(5_000);
    }
    world.run_for(60_000);
    let records = world.records(all[0]);
    for round in 1..=3 {
        let mut peer = Peer::new(Config::default(), Seed([7; 32]), Instant::from_millis(0));
        let open = Command::OpenRoom { records: records.clone().into(), link: None };
        let since = std::time::Instant::now();
        peer.submit(open, Instant::from_millis(0)).expect("what was kept can be opened");
        let outputs = std::iter::from_fn(|| peer.poll_output()).count();
        println!(
            "round {round}: {} records, {outputs} outputs, {} ms",
            records.len(),
            since.elapsed().as_millis()
        );
    }
}
