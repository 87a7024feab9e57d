//! What a member who floods costs whom it floods: `cargo run --release -p sim --example flood`.
//!
//! For a minute a member sends log entries as fast as a channel between two browsers carries them. The processor time that
//! the engine of the other takes for them is told as a share of a core: natively; Wasm takes about twice as long. Linux only.

use peer_core::io::Channel;
use sim::attacker::log::{Pen, entries};
use sim::lane::LaneKey;
use sim::{NodeId, World};
use std::time::Duration;

/// What a channel between two browsers on one machine carries, in bytes a second.
const CHANNEL: usize = 12_000_000;
const SECONDS: u64 = 60;
/// Frames come in each of these, in ms.
const TICK: u64 = 10;
/// Entries of a frame.
const AT_ONCE: usize = 64;

fn main() {
    let mut world = World::new(1);
    let all = world.room_of(3);
    let [host, mallory, friend] = all[..] else { unreachable!("three") };
    let known: Vec<Vec<u8>> = (0..AT_ONCE).map(|n| known(&mut world, mallory, n)).collect();
    world.run_for(5_000);
    let pen = Pen::of(&world, mallory, host);
    let junk = |n: usize| -> Vec<Vec<u8>> {
        let spoilt = |i: usize| {
            let (mut entry, _) = pen.say(5_000 + (n * AT_ONCE + i) as u64, [3; 32], &[], "never placed");
            *entry.last_mut().expect("a signature") ^= 1;
            entry
        };
        (0..AT_ONCE).map(spoilt).collect()
    };
    let waiting = |n: usize| -> Vec<Vec<u8>> {
        (0..AT_ONCE).map(|i| pen.say(500 + (n * AT_ONCE + i) as u64, [3; 32], &[], "waits").0).collect()
    };
    flood(&mut world, (host, mallory, friend), "known entries", &[entries(&known)]);
    flood(&mut world, (host, mallory, friend), "empty frames", &[entries(&[])]);
    let waiting: Vec<_> = (0..512).map(|n| entries(&waiting(n))).collect();
    flood(&mut world, (host, mallory, friend), "entries that wait", &waiting);
    let junk: Vec<_> = (0..512).map(|n| entries(&junk(n))).collect();
    flood(&mut world, (host, mallory, friend), "false signatures", &junk);
}

/// What this process has taken so far, however busy the machine is: proc(5), `schedstat`, in ns.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells it");
    let ns = stat.split(' ').next().and_then(|ns| ns.parse().ok()).expect("three numbers");
    Duration::from_nanos(ns)
}

/// An entry of `node` that everybody has.
fn known(world: &mut World, node: NodeId, n: usize) -> Vec<u8> {
    world.say(node, &format!("known {n}"));
    world.run_for(1_000);
    let prefix = [&b"e"[..], &world.key(node).0].concat();
    let records = world.records(node);
    let newest = records.iter().rev().find(|(key, _)| key.starts_with(&prefix));
    newest.expect("it has written").1[1..].to_vec()
}

/// `frames` again and again over the lane of `mallory`, until the minute is over or the link is.
fn flood(
    world: &mut World,
    (host, mallory, friend): (NodeId, NodeId, NodeId),
    what: &str,
    frames: &[Vec<u8>],
) {
    let lane = |world: &World| -> Option<LaneKey> {
        world.lanes_up(host).into_iter().find(|(_, other)| other.node == mallory).map(|(lane, _)| lane)
    };
    let (mut spent, mut sent, mut bytes, mut cut) = (Duration::ZERO, 0, 0, 0);
    let mut next = frames.iter().cycle();
    let mut up = lane(world);
    for tick in 1..=SECONDS * 1_000 / TICK {
        let since = processor_time();
        while bytes < CHANNEL / 1_000 * (tick * TICK) as usize {
            let Some(to) = up else { break };
            let frame = next.next().expect("it goes round").clone();
            bytes += frame.len().max(100);
            sent += 1;
            world.lane_data(to, Channel::Control, frame);
            if lane(world) != up {
                cut += 1;
                up = None;
            }
        }
        spent += processor_time() - since;
        world.run_for(TICK);
        if up.is_none() {
            up = lane(world);
            bytes = CHANNEL / 1_000 * (tick * TICK) as usize;
        }
    }
    let share = spent.as_secs_f64() / SECONDS as f64 * 100.0;
    let honest = world.only_link(host, friend).is_some();
    println!(
        "{what}: {sent} frames in {SECONDS} s, {:.0} ms of a core = {share:.2} %; its link was cut {cut} times; the honest one {}",
        spent.as_secs_f64() * 1_000.0,
        if honest { "is up" } else { "IS GONE" },
    );
}
