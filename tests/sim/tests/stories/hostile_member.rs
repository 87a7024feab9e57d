//! The enemy is a member, or sits between two browsers: every frame cut at every byte, every bit turned, frames
//! repeated, kept back and made up. The link closes with a named violation or the frame is ignored; nobody
//! panics, nothing unverified is counted, everything else goes on.

use peer_core::error::Misbehavior;
use peer_core::id::{FileId, Fingerprint, SinkId};
use peer_core::io::{Channel, FileState};
use sim::lane::{Crossing, Tap};
use sim::{Content, Flavour, NodeId, World, seeds};
use std::cell::RefCell;
use std::rc::Rc;

const CHUNK: u64 = 1 << 18;

/// A room of three in which the second is hostile to the first; the third is a witness that all goes on.
struct Stage {
    world: World,
    all: Vec<NodeId>,
    file: FileId,
    sink: SinkId,
    content: Content,
}

/// Everything a link carries, from its first frame on: chat, shares, pages, chunks, heads.
fn play(world: &mut World) -> (Vec<NodeId>, FileId, SinkId, Content) {
    let (host, link) = world.host("Hanna");
    let witness = world.guest("Ines", &link);
    world.admit(host, witness);
    let hostile = world.guest("Mallory", &link);
    world.admit(host, hostile);
    let all = vec![host, hostile, witness];
    world.linked(&all);
    world.say(hostile, "hello");
    world.say(host, "hello you");
    let content = Content { seed: 1, size: CHUNK + 77 };
    let file = world.share(hostile, "gift.bin", content);
    let sink = world.fetch(host, file);
    (all, file, sink, content)
}

fn is_hostile(crossing: &Crossing) -> bool {
    (crossing.from.node, crossing.to.node) == (NodeId(2), NodeId(0))
}

/// The frames that the hostile member sends to the host when it is honest, in the very story that is attacked.
fn frames(seed: u64) -> Vec<(Channel, usize)> {
    let tape: Rc<RefCell<Vec<(Channel, usize)>>> = Rc::default();
    let record = tape.clone();
    let stage = with_tap(
        seed,
        Box::new(move |crossing| {
            if is_hostile(crossing) {
                record.borrow_mut().push((crossing.channel, crossing.bytes.len()));
            }
            vec![crossing.bytes.clone()]
        }),
    );
    assert!(stage.world.view(stage.all[0]).misbehaved.is_empty(), "honest so far");
    drop(stage);
    Rc::into_inner(tape).expect("the stage held the other one").into_inner()
}

/// Play with the `n`th hostile frame replaced; then everybody else must be fine, and with them an honest end.
fn with_frame(seed: u64, n: usize, attack: impl Fn(&[u8]) -> Vec<Vec<u8>> + 'static) {
    let mut seen = 0;
    with_tap(
        seed,
        Box::new(move |crossing| {
            if !is_hostile(crossing) {
                return vec![crossing.bytes.clone()];
            }
            seen += 1;
            if seen == n + 1 { attack(&crossing.bytes) } else { vec![crossing.bytes.clone()] }
        }),
    );
}

fn with_tap(seed: u64, tap: Tap) -> Stage {
    let mut world = World::new(seed);
    world.tap(Some(tap));
    let (all, file, sink, content) = play(&mut world);
    let mut stage = Stage { world, all, file, sink, content };
    stage.ends_well();
    stage
}

impl Stage {
    fn ends_well(&mut self) {
        let Self { world, all, file, sink, content } = self;
        world.say(all[2], "all is well here");
        world.run_until("host and witness talk", |world| {
            [all[0], all[2]].iter().all(|node| world.view(*node).texts().contains(&"all is well here"))
        });
        assert!(world.view(all[2]).misbehaved.is_empty(), "the witness has seen nothing wrong");
        for (who, violation) in &world.view(all[0]).misbehaved {
            assert!(who.is_none_or(|who| who == world.key(all[1])), "{violation:?} is blamed on who did it");
        }
        // The link comes back by itself, and with honest frames the file gets done, or has said why not.
        world.run_until("the file has an end", |world| {
            matches!(world.file(all[0], *file), FileState::Done { .. } | FileState::Failed { .. })
        });
        if let FileState::Done { .. } = world.file(all[0], *file) {
            world.saved(all[0], *file, *sink, *content);
        }
    }
}

/// A sample of `0..length` that has all of the beginning and the end.
fn cuts(length: usize) -> Vec<usize> {
    let all = std::env::var("SIM_SEEDS").is_ok();
    (0..length).filter(|at| all || *at < 6 || *at + 2 >= length || at % 97 == 0).collect()
}

#[test]
fn every_frame_cut_short_closes_the_link_and_nothing_else() {
    for seed in seeds(1) {
        for (n, (_, length)) in frames(seed).into_iter().enumerate() {
            let some = if length > 10_000 { vec![0, 1, 11, 12, 13, length - 1] } else { cuts(length) };
            for cut in some {
                with_frame(seed, n, move |bytes| vec![bytes[..cut].to_vec()]);
            }
        }
    }
}

#[test]
fn every_frame_with_a_turned_bit_or_a_tail_closes_the_link_and_nothing_else() {
    for seed in seeds(1) {
        for (n, (_, length)) in frames(seed).into_iter().enumerate() {
            for at in if length > 10_000 { vec![0, 4, 8, 11, 12, length - 1] } else { cuts(length) } {
                with_frame(seed, n, move |bytes| {
                    let mut bad = bytes.to_vec();
                    bad[at] ^= 1 << (at % 8);
                    vec![bad]
                });
            }
            with_frame(seed, n, |bytes| vec![[bytes, &[0]].concat()]);
            with_frame(seed, n, |_| vec![vec![0xFF; 262_144]]);
        }
    }
}

#[test]
fn every_frame_repeated_or_left_out_is_survived() {
    for seed in seeds(1) {
        for n in 0..frames(seed).len() {
            with_frame(seed, n, |bytes| vec![bytes.to_vec(), bytes.to_vec()]);
            with_frame(seed, n, |_| Vec::new());
        }
    }
}

#[test]
fn a_wrong_byte_in_a_chunk_is_never_counted_and_named() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let mut done = 0;
        world.tap(Some(Box::new(move |crossing| {
            let mut bytes = crossing.bytes.clone();
            if is_hostile(crossing) && crossing.channel == Channel::Bulk && done < 3 {
                done += 1;
                *bytes.last_mut().unwrap() ^= 1;
            }
            vec![bytes]
        })));
        let (all, file, sink, content) = play(&mut world);
        let blamed = (Some(world.key(all[1])), Misbehavior::BadChunk);
        world.run_until("it is named", |world| world.view(all[0]).misbehaved.contains(&blamed));
        assert_eq!(world.verified(all[0], file) % CHUNK, 0, "nothing of it is counted");
        let mut stage = Stage { world, all, file, sink, content };
        stage.ends_well();
    }
}

#[test]
fn a_man_in_the_middle_of_dtls_is_noticed_by_the_side_that_can_see_him() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let host = world.node_with("Hanna", Flavour::Chromium);
        let link = world.create_room(host);
        let guest = world.node_with("Gustav", Flavour::Firefox);
        world.forge_fingerprint(host, Some(Fingerprint([0xEE; 32])));
        world.join(guest, &link);
        let knock = world.knock(host, guest);
        let room = world.room(host);
        world.command(host, peer_core::io::Command::Admit { room, knock });
        world.run_until("it is noticed", |world| {
            let at_host =
                world.view(host).misbehaved.iter().any(|(_, how)| *how == Misbehavior::FingerprintMismatch);
            let at_guest =
                world.view(guest).misbehaved.iter().any(|(_, how)| *how == Misbehavior::FingerprintMismatch);
            at_host || at_guest
        });
        let (here, there) = (world.key(host), world.key(guest));
        world.run_for(10_000);
        assert!(!world.view(host).linked(there) && !world.view(guest).linked(here));
        world.say(host, "not for him");
        world.run_for(20_000);
        assert!(world.view(guest).chat.is_empty());
        // He goes away, and they find each other without a new knock.
        world.forge_fingerprint(host, None);
        world.linked(&[host, guest]);
        assert_eq!(world.view(host).knocked, 1);
    }
}

#[test]
fn anything_but_the_confirmation_as_first_frame_closes_the_lane() {
    type Change = fn(&[u8]) -> Vec<u8>;
    let first_frames: [Change; 4] =
        [|_| vec![0], |_| Vec::new(), |bytes| vec![0; bytes.len()], |bytes| [bytes, &[1]].concat()];
    for change in first_frames {
        for seed in seeds(1) {
            let mut world = World::new(seed);
            let mut first = true;
            world.tap(Some(Box::new(move |crossing| {
                if is_from_guest(crossing) && std::mem::take(&mut first) {
                    vec![change(&crossing.bytes)]
                } else {
                    vec![crossing.bytes.clone()]
                }
            })));
            let (host, link) = world.host("Hanna");
            let guest = world.guest("Gustav", &link);
            let knock = world.knock(host, guest);
            let room = world.room(host);
            world.command(host, peer_core::io::Command::Admit { room, knock });
            world.run_until("it is named", |world| {
                world.view(host).misbehaved.iter().any(|(_, how)| *how == Misbehavior::Unconfirmed)
            });
            world.linked(&[host, guest]);
        }
    }
}

fn is_from_guest(crossing: &Crossing) -> bool {
    crossing.from.node == NodeId(1)
}

#[test]
fn the_confirmation_of_another_lane_is_worth_nothing() {
    for seed in seeds(1) {
        let mut world = World::new(seed);
        let recorded: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
        let record = recorded.clone();
        let mut lanes = Vec::new();
        world.tap(Some(Box::new(move |crossing| {
            if !is_from_guest(crossing) || lanes.contains(&crossing.from) {
                return vec![crossing.bytes.clone()];
            }
            lanes.push(crossing.from);
            record.borrow_mut().push(crossing.bytes.clone());
            // The second lane begins with the first one's confirmation.
            if lanes.len() == 2 { vec![record.borrow()[0].clone()] } else { vec![crossing.bytes.clone()] }
        })));
        let all = world.room_of(2);
        world.reload(all[1]);
        world.run_until("it is named", |world| {
            world.view(all[0]).misbehaved.iter().any(|(_, how)| *how == Misbehavior::Unconfirmed)
        });
        world.linked(&all);
    }
}

#[test]
fn noise_on_both_channels_is_survived() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        for round in 0..120_u64 {
            let lanes = world.lanes_up(all[0]);
            let Some((own, _)) = lanes.iter().find(|(_, other)| other.node == all[1]) else {
                world.run_for(2_000);
                continue;
            };
            let channel = if round % 2 == 0 { Channel::Control } else { Channel::Bulk };
            let length = world.rng().below(80) as usize;
            let mut bytes = world.rng().bytes::<80>()[..length].to_vec();
            if let Some(kind) = bytes.first_mut() {
                *kind %= 14; // mostly the kinds that exist
            }
            world.lane_data(*own, channel, bytes);
            world.run_for(50);
        }
        world.linked(&all);
        world.say(all[0], "still here");
        world.same_chat(&all, 1);
        let named = world.view(all[0]).misbehaved.clone();
        assert!(
            !named.is_empty() && named.iter().all(|(who, _)| *who == Some(world.key(all[1]))),
            "{named:?}"
        );
    }
}

#[test]
fn only_the_host_says_where_the_door_is() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let links: Vec<_> = all.iter().map(|node| world.link(*node)).collect();
        let door = [&[12_u8][..], &[7; 16]].concat();
        for victim in [all[0], all[1]] {
            let lanes = world.lanes_up(victim);
            let (own, _) = lanes.iter().find(|(_, other)| other.node == all[2]).expect("linked");
            world.lane_data(*own, Channel::Control, door.clone());
            world.run_for(100);
            let named = &world.view(victim).misbehaved;
            assert_eq!(named, &[(Some(world.key(all[2])), Misbehavior::NotHost)]);
        }
        world.linked(&all);
        let after: Vec<_> = all.iter().map(|node| world.link(*node)).collect();
        assert_eq!(links, after);
    }
}
