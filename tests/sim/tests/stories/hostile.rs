//! The server is the enemy, but does not know S: it can drop, delay, repeat, reflect, misdirect and change
//! whatever it carries, and say what it likes. It must learn nothing, let nobody in, and break nothing for good.

use peer_core::io::{Input, Presence, SignalInput};
use signal_proto::{ClientMessage, Handle, Refusal, ServerMessage, Tag};
use sim::hub::{Interceptor, Passing};
use sim::{NodeId, World, seeds};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Everything that signaling is for: a knock, a yes, a link, a third member's mesh, a reload.
fn meet(world: &mut World) -> Vec<NodeId> {
    let (host, link) = world.host("Hanna");
    let guest = world.guest("Gustav", &link);
    world.admit(host, guest);
    world.say(host, "hello");
    world.same_chat(&[host, guest], 1);
    vec![host, guest]
}

/// What must hold after any attack that ended: everybody in, one chat, nobody accused.
fn unharmed(world: &mut World, all: &[NodeId]) {
    world.linked(all);
    world.say(all[1], "unharmed");
    world.same_chat(all, 2);
    for node in all {
        assert!(world.view(*node).misbehaved.is_empty(), "nobody is blamed for the server");
        assert_eq!(world.view(*node).members.len(), all.len(), "nobody came in");
    }
}

/// Envelopes that [`meet`] takes when nobody interferes.
fn envelopes(seed: u64) -> usize {
    let count = Rc::new(Cell::new(0));
    let mut world = World::new(seed);
    let counted = count.clone();
    world.intercept(Box::new(move |_, passing| {
        if matches!(passing.message, ServerMessage::Message { .. }) {
            counted.set(counted.get() + 1);
        }
        vec![(0, passing)]
    }));
    meet(&mut world);
    count.get()
}

/// Does `attack` to the `n`th envelope, lets everything else pass.
fn on_nth(n: usize, mut attack: impl FnMut(Passing) -> Vec<(u64, Passing)> + 'static) -> Interceptor {
    let mut seen = 0;
    Box::new(move |_, passing| {
        if !matches!(passing.message, ServerMessage::Message { .. }) {
            return vec![(0, passing)];
        }
        seen += 1;
        if seen == n + 1 { attack(passing) } else { vec![(0, passing)] }
    })
}

fn changed(passing: &Passing, change: impl FnOnce(&mut Vec<u8>)) -> Passing {
    let mut passing = passing.clone();
    if let ServerMessage::Message { bytes, .. } = &mut passing.message {
        change(bytes);
    }
    passing
}

#[test]
fn an_envelope_lost_delayed_or_repeated_costs_nothing() {
    for seed in seeds(1) {
        for n in 0..envelopes(seed) {
            type Attack = fn(Passing) -> Vec<(u64, Passing)>;
            let attacks: [Attack; 3] = [
                |_| Vec::new(),
                |passing| vec![(5_000, passing)],
                |passing| {
                    vec![
                        (0, passing.clone()),
                        (1, passing.clone()),
                        (900, passing.clone()),
                        (30_000, passing),
                    ]
                },
            ];
            for attack in attacks {
                let mut world = World::new(seed);
                world.intercept(on_nth(n, attack));
                let all = meet(&mut world);
                world.run_for(40_000);
                unharmed(&mut world, &all);
            }
        }
    }
}

/// Positions that stand for every field of an envelope: each byte of the clear header and of the nonce, the
/// ephemeral key, both tags, the sealed length and the end.
fn positions(length: usize) -> Vec<usize> {
    let fields =
        (0..29).chain([35, 51, 52, 67, 68, 84, 100, length / 2, length - 17, length - 16, length - 1]);
    fields.filter(|at| *at < length).collect()
}

#[test]
fn a_changed_byte_in_any_field_of_any_envelope_costs_nothing() {
    for seed in seeds(1) {
        for n in 0..envelopes(seed) {
            for (i, at) in positions(512).into_iter().enumerate() {
                // Every other time the true envelope follows, else it is gone for good.
                let (also, bit) = (i % 2 == 0, 1 << (i % 8));
                let mut world = World::new(seed);
                world.intercept(on_nth(n, move |passing| {
                    let bad = changed(&passing, |bytes| bytes[at] ^= bit);
                    if also { vec![(0, bad), (2, passing)] } else { vec![(0, bad)] }
                }));
                let all = meet(&mut world);
                unharmed(&mut world, &all);
            }
        }
    }
}

#[test]
fn every_kind_and_mode_that_a_header_can_name_is_survived_on_every_envelope() {
    for seed in seeds(1) {
        for n in 0..envelopes(seed) {
            for kind in 0..=5 {
                for mode in 0..=3 {
                    let mut world = World::new(seed);
                    world.intercept(on_nth(n, move |passing| {
                        let bad = changed(&passing, |bytes| bytes[..2].copy_from_slice(&[kind, mode]));
                        vec![(0, bad), (2, passing)]
                    }));
                    let all = meet(&mut world);
                    unharmed(&mut world, &all);
                }
            }
        }
    }
}

#[test]
fn an_envelope_of_any_length_is_survived() {
    for seed in seeds(1) {
        for n in 0..envelopes(seed) {
            for length in [0, 1, 3, 19, 20, 21, 27, 28, 68, 84, 511, 513, 1_024, 4_096, 16_383, 16_384] {
                let mut world = World::new(seed);
                world.intercept(on_nth(n, move |passing| {
                    vec![(0, changed(&passing, |bytes| bytes.resize(length, 0xAA))), (2, passing)]
                }));
                let all = meet(&mut world);
                unharmed(&mut world, &all);
            }
        }
    }
}

#[test]
fn what_is_replayed_later_does_nothing() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let tape = Rc::new(RefCell::new(Vec::new()));
        let record = tape.clone();
        world.intercept(Box::new(move |_, passing| {
            record.borrow_mut().push(passing.clone());
            vec![(0, passing)]
        }));
        let all = meet(&mut world);
        world.trust_again();
        let shown = world.view(all[0]).knocked;
        for pause in [0, 1_000, 60_000] {
            world.run_for(pause);
            for passing in tape.borrow().iter().filter(|passing| passing.from.is_some()) {
                world.inject(passing.to, passing.message.clone());
                world.run_for(3);
            }
        }
        world.run_for(30_000);
        assert_eq!(world.view(all[0]).knocked, shown, "no ghost at the door");
        assert_eq!(world.lanes_up(all[0]).len(), 1);
        unharmed(&mut world, &all);
    }
}

#[test]
fn what_is_reflected_to_its_sender_does_nothing() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        world.intercept(Box::new(|_, passing| {
            let back =
                passing.from.map(|from| Passing { to: from, from: Some(passing.to), ..passing.clone() });
            [Some((0, passing)), back.map(|back| (1, back))].into_iter().flatten().collect()
        }));
        let all = meet(&mut world);
        world.run_for(30_000);
        unharmed(&mut world, &all);
    }
}

#[test]
fn what_is_told_to_everybody_else_does_nothing() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        // All that is said to one is said to all, as if from the same handle.
        let sockets = Rc::new(RefCell::new(std::collections::BTreeSet::new()));
        world.intercept(Box::new(move |_, passing| {
            sockets.borrow_mut().insert(passing.to);
            if passing.from.is_none() {
                return vec![(0, passing)];
            }
            let all = sockets.borrow();
            all.iter().map(|to| (0, Passing { to: *to, ..passing.clone() })).collect()
        }));
        let one = world.guest("Gustav", &link);
        let two = world.guest("Ines", &link);
        world.admit(host, one);
        world.admit(host, two);
        let all = [host, one, two];
        world.linked(&all);
        assert_eq!(world.view(host).knocked, 2);
        world.say(one, "hello");
        world.same_chat(&all, 1);
        unharmed(&mut world, &all);
    }
}

#[test]
fn the_server_may_say_what_it_likes() {
    for seed in seeds(4) {
        let mut world = World::new(seed);
        let heard = Rc::new(RefCell::new(Vec::new()));
        let record = heard.clone();
        world.intercept(Box::new(move |_, passing| {
            record.borrow_mut().push(passing.clone());
            vec![(0, passing)]
        }));
        let (host, link) = world.host("Hanna");
        let guest = world.guest("Gustav", &link);
        let all = [host, guest];
        world.knock(host, guest);
        for round in 0..200 {
            let (to, tag) = {
                let heard = heard.borrow();
                let passing = &heard[round % heard.len()];
                let tag = match &passing.message {
                    ServerMessage::Joined { tag, .. }
                    | ServerMessage::Refused { tag, .. }
                    | ServerMessage::Attached { tag, .. }
                    | ServerMessage::Detached { tag, .. }
                    | ServerMessage::Message { tag, .. } => *tag,
                    ServerMessage::GoingAway { .. } | ServerMessage::Turn { .. } => Tag([0; 16]),
                };
                (passing.to, tag)
            };
            let tag = if world.rng().chance(100) { Tag(world.rng().bytes()) } else { tag };
            let handle = Handle(world.rng().bytes());
            let lie = match world.rng().below(7) {
                0 => ServerMessage::Attached { tag, handle },
                1 => ServerMessage::Detached { tag, handle },
                2 => ServerMessage::Joined { tag, peers: vec![handle; 64] },
                3 => ServerMessage::Refused { tag, reason: Refusal::TagFull },
                4 => ServerMessage::Message { tag, from: handle, bytes: world.rng().bytes::<512>().to_vec() },
                5 => ServerMessage::Turn { turn: None },
                _ => ServerMessage::GoingAway { retry_ms: 1 },
            };
            world.inject(to, lie);
            world.run_for(20);
        }
        for node in all {
            let room = world.room(node);
            for _ in 0..100 {
                let length = world.rng().below(64) as usize;
                let bytes = world.rng().bytes::<64>()[..length].to_vec();
                if world.view(node).presence != Some(Presence::ServerUnreachable) {
                    world.input(node, Input::Signal { room, input: SignalInput::Message(bytes) });
                }
            }
        }
        world.trust_again();
        world.restart_signaling();
        world.run_for(1_000);
        world.admit(host, guest);
        world.say(host, "hello");
        unharmed(&mut world, &all);
    }
}

#[test]
fn the_server_sees_neither_names_nor_messages_nor_files_nor_addresses_nor_keys() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hannelore Hostmann");
        let guest = world.guest("Gustav Gastmann", &link);
        world.admit(host, guest);
        let third = world.guest("Ines Innenstadt", &link);
        world.admit(host, third);
        let all = [host, guest, third];
        world.linked(&all);
        world.say(host, "a very secret message");
        world.share(guest, "secret-plans.pdf", sim::Content { seed: 1, size: 1000 });
        world.same_chat(&all, 1);
        for node in all {
            world.reload(node);
        }
        world.linked(&all);

        let received = world.server_received();
        let mut secrets: Vec<Vec<u8>> = [
            "Hannelore",
            "Hostmann",
            "Gustav",
            "Gastmann",
            "Ines",
            "Innenstadt",
            "secret",
            "plans",
            "198.51.100",
            ".local",
            "candidate",
            "fingerprint",
            "ufrag",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec();
        for node in all {
            secrets.push(world.key(node).0[..8].to_vec());
            secrets.push(world.room(node).0[..8].to_vec());
        }
        for secret in &secrets {
            for form in forms(secret) {
                assert!(!contains(&received, &form), "{:?}", String::from_utf8_lossy(&form));
            }
        }
        // The search does find what is there.
        let tags =
            world.server_messages().iter().filter_map(|(_, bytes)| match ClientMessage::decode(bytes) {
                Ok(ClientMessage::Join { tag, .. }) => Some(tag),
                _ => None,
            });
        assert!(tags.into_iter().all(|tag| contains(&received, &tag.0)), "the tags are there");
    }
}

/// Raw, hexadecimal in both cases, and base64 at each of its three alignments.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for skip in 0..3_usize.min(secret.len()) {
        let whole = secret[skip..].chunks_exact(3);
        let text = whole.flat_map(|three| {
            let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
            [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift) as usize & 63])
        });
        let text: Vec<u8> = text.collect();
        if text.len() >= 4 {
            forms.push(text);
        }
    }
    forms.retain(|form| form.len() >= 4);
    forms
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
