//! A member, the host itself or somebody with the link tries to silence a room, or to burn what others have little of:
//! connections, disk, attention. Nobody honest waits for ever, is cut off or is blamed.

use peer_core::error::Misbehavior;
use peer_core::io::{Channel, Command};
use signal_proto::{Handle, Role};
use sim::attacker::log::{ADMIT, Head, Pen, SAY, entries, id_of};
use sim::attacker::{ANSWER, Body, Conversation, Key, Link, Opening, envelopes, reach, send, shake};
use sim::hub::SocketId;
use sim::lane::LaneKey;
use sim::{NodeId, World, seeds};
use std::cell::Cell;
use std::rc::Rc;

/// The end at `at` of its lane to `with`.
fn lane(world: &World, at: NodeId, with: NodeId) -> LaneKey {
    world.lanes_up(at).into_iter().find(|(_, other)| other.node == with).expect("linked").0
}

/// How many entries of one author stand in a member's records, and the id of none of them: the attacker knows his own.
fn next_seq(world: &World, at: NodeId, author: NodeId) -> u64 {
    let prefix = [&b"e"[..], &world.key(author).0].concat();
    world.records(at).iter().filter(|(key, _)| key.starts_with(&prefix)).count() as u64
}

/// The id of an author's newest entry, as a member has it on its disk.
fn newest(world: &World, at: NodeId, author: NodeId, host: NodeId) -> [u8; 32] {
    let prefix = [&b"e"[..], &world.key(author).0].concat();
    let records = world.records(at);
    let (_, value) = records.iter().rev().find(|(key, _)| key.starts_with(&prefix)).expect("it has written");
    id_of(&value[1..], &world.key(host).0)
}

/// His knock: a handshake and a claim under his own key; a card at the host, if it shows one.
fn claim(
    world: &mut World,
    (door, to): (SocketId, Handle),
    link: &Link,
    own: &Key,
    n: u8,
    host: &[u8; 32],
) -> Conversation {
    let (mut conversation, _) = shake(world, door, to, link, n);
    let claim = claim_of(own, link, host, &conversation.h);
    let claim = conversation.say(&claim);
    send(world, door, link, to, claim);
    conversation
}

fn claim_of(own: &Key, link: &Link, host: &[u8; 32], h: &[u8; 32]) -> Body {
    Body::Claim {
        key: own.public(),
        signature: own.prove(link, true, host, &own.public(), h),
        nonce: [7; 32],
        name: "Eve".into(),
        admit: None,
        features: 0,
    }
}

const NOWHERE: Head = Head { author: [1; 32], seq: 9, id: [2; 32] };

#[test]
fn a_member_that_hands_one_victim_junk_silences_nobody() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(4);
        let [host, mallory, victim, honest] = all[..] else { unreachable!("four") };
        world.say(mallory, "hello");
        world.same_chat(&all, 1);
        let pen = Pen::of(&world, mallory, host);
        let (seq, previous) = (next_seq(&world, mallory, mallory), newest(&world, mallory, mallory, host));
        // The victim gets one that can never be placed, the others a good one with the same number.
        let (junk, _) = pen.say(seq, previous, &[NOWHERE], "junk");
        let to_victim = lane(&world, victim, mallory);
        world.lane_data(to_victim, Channel::Control, entries(&[junk]));
        world.run_for(100);
        world.say(mallory, "good");
        world.run_until("the others have it", |world| {
            [host, honest].iter().all(|node| world.view(*node).texts().contains(&"good"))
        });
        for i in 0..300 {
            world.say(honest, &format!("{i}"));
            world.run_for(20);
        }
        world.say(host, "all is well");
        world.run_until("the victim has it all", |world| {
            world.view(victim).texts().contains(&"good") && world.view(victim).chat.len() == 303
        });
        let forger = world.key(mallory);
        for node in [host, victim, honest] {
            world.run_until("the fork is known", |world| world.view(node).members[&forger].forked);
            let named = &world.view(node).misbehaved;
            assert!(named.iter().all(|who| *who == (Some(forger), Misbehavior::ForkedLog)), "{named:?}");
        }
        world.linked(&[host, victim, honest]);
    }
}

/// Whoever joins or comes back after a fork finds everybody's words, also those that name a branch it never saw.
#[test]
fn who_comes_after_a_fork_waits_for_nothing_either() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(4);
        let [host, mallory, one, other] = all[..] else { unreachable!("four") };
        let pen = Pen::of(&world, mallory, host);
        let seq = next_seq(&world, mallory, mallory);
        let previous = if seq == 0 { [0; 32] } else { newest(&world, mallory, mallory, host) };
        // Two branches at once, to two who are cut off from each other and speak after it.
        world.cut_lanes(one, other);
        world.cut_lanes(one, host);
        for (node, text) in [(one, "left"), (other, "right")] {
            let (entry, _) = pen.say(seq, previous, &[], text);
            let to = lane(&world, node, mallory);
            world.lane_data(to, Channel::Control, entries(&[entry]));
            world.say(node, &format!("after {text}"));
        }
        world.run_for(2_000);
        world.heal_lanes(one, other);
        world.heal_lanes(one, host);
        let after = ["after left", "after right"];
        let has =
            |world: &World, node: NodeId| after.iter().all(|text| world.view(node).texts().contains(text));
        world.run_until("both are heard", |world| [host, one, other].iter().all(|node| has(world, *node)));
        // A newcomer, and all of them after a reload.
        let link = world.link(host);
        let late = world.guest("Lena", &link);
        world.admit(host, late);
        world.run_until("the newcomer too", |world| has(world, late));
        for node in [host, one, other] {
            world.reload(node);
            world.run_until("after a reload too", |world| has(world, node));
            world.say(node, "and can still speak");
        }
        world.run_until("that is heard", |world| {
            world.view(late).texts().iter().filter(|text| **text == "and can still speak").count() == 3
        });
        assert!(world.view(late).members[&world.key(mallory)].forked);
    }
}

#[test]
fn a_flood_of_what_is_known_gets_no_answer_and_what_was_not_read_comes_later() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let [host, mallory] = all[..] else { unreachable!("two") };
        world.say(mallory, "known");
        world.same_chat(&all, 1);
        world.run_for(3_000);
        let prefix = [&b"e"[..], &world.key(mallory).0].concat();
        let known: Vec<Vec<u8>> = world
            .records(mallory)
            .into_iter()
            .filter(|(key, _)| key.starts_with(&prefix))
            .map(|r| r.1[1..].to_vec())
            .collect();
        let (answers, afresh) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (count, again) = (answers.clone(), afresh.clone());
        world.tap(Some(Box::new(move |crossing| {
            if crossing.from.node == host && crossing.channel == Channel::Control {
                count.set(count.get() + 1);
                again.set(again.get() + u32::from(crossing.bytes.starts_with(&[2, 2])));
            }
            vec![crossing.bytes.clone()]
        })));
        let to_host = lane(&world, host, mallory);
        let flood = entries(&vec![known[0].clone(); 64]);
        for _ in 0..300 {
            world.lane_data(to_host, Channel::Control, flood.clone());
            world.lane_data(to_host, Channel::Control, entries(&[]));
        }
        assert!(answers.get() <= 2, "600 frames that lead to nothing, {} answers", answers.get());
        assert!(world.view(host).misbehaved.is_empty(), "beside another link all of it may be known");
        // One more costs it a signature for nothing; for a moment nothing at all is read.
        let pen = Pen::of(&world, mallory, host);
        world.run_for(5);
        let (waits, _) = pen.say(next_seq(&world, mallory, mallory) + 9, [3; 32], &[], "waits");
        world.lane_data(to_host, Channel::Control, entries(&[waits]));
        world.say(mallory, "new");
        world.run_for(5_000);
        assert!(!world.view(host).texts().contains(&"new"), "it came in that moment");
        world.run_until("it was asked for again", |world| world.view(host).texts().contains(&"new"));
        assert_eq!(world.only_link(host, mallory).map(|_| ()), Some(()), "over the same link");
        world.same_chat(&all, 2);
        world.run_for(300_000);
        assert_eq!(afresh.get(), 1, "and once it is all read, it is not asked for again");
    }
}

#[test]
fn who_was_let_in_and_comes_back_at_the_door_all_the_time_gets_few_connections() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let (link, key) = (Link::of(&fragment), world.key(host).0);
        let own = Key::new(66);
        let (door, to) = reach(&mut world, &link, Role::Knock);
        let _first = claim(&mut world, (door, to), &link, &own, 1, &key);
        world.run_for(1_000);
        let knock = *world.view(host).knocks.keys().next().expect("a card");
        let room = world.room(host);
        world.command(host, Command::Admit { room, knock });
        world.run_for(1_000);
        assert_eq!(world.lanes_opened(host), 1);
        let sockets: Vec<_> = (0..48).map(|_| reach(&mut world, &link, Role::Knock)).collect();
        let start = world.now();
        // A dozen at a time: so many handshakes may be open.
        for (batch, sockets) in sockets.chunks(12).enumerate() {
            let openings: Vec<_> = (0..12).map(|n| (batch * 12 + n + 2) as u8).collect();
            let openings: Vec<_> =
                openings.into_iter().map(|n| Opening::new(&link, [n; 16], u64::from(n))).collect();
            for ((door, to), opening) in sockets.iter().zip(&openings) {
                send(&mut world, *door, &link, *to, opening.envelope.clone());
            }
            world.run_for(200);
            for ((door, to), opening) in sockets.iter().zip(openings) {
                let mut answers = envelopes(&mut world, *door).into_iter().map(|(_, envelope)| envelope);
                let answer = answers.find(|envelope| envelope[0] == ANSWER).expect("the host answers");
                let (mut conversation, _) = opening.answered(&answer).expect("with the link's secret");
                let claim = claim_of(&own, &link, &key, &conversation.h);
                let claim = conversation.say(&claim);
                send(&mut world, *door, &link, *to, claim);
            }
            world.run_for(200);
        }
        let (opened, since) = (world.lanes_opened(host) as u64, world.now() - start);
        assert!((12..=13 + 12 * since / 60_000).contains(&opened), "{opened} connections in {since} ms");
        // Others get in meanwhile.
        let guest = world.guest("Gustav", &fragment);
        world.admit(host, guest);
    }
}

/// It proves who it is each time and spoils the lane: whoever called it calls again, but less and less often.
#[test]
fn who_is_called_and_goes_each_time_is_called_less_and_less() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let all = world.room_of(3);
        let (mallory, others) = (all[2], [all[0], all[1]]);
        world.run_for(60_000);
        world.tap(Some(Box::new(move |crossing| {
            let spoilt = crossing.from.node == mallory && crossing.channel == Channel::Control;
            if spoilt { vec![vec![0xFF]] } else { vec![crossing.bytes.clone()] }
        })));
        let before = others.map(|node| world.lanes_opened(node));
        world.run_for(600_000);
        for (node, before) in others.into_iter().zip(before) {
            let opened = world.lanes_opened(node) - before;
            assert!((2..=40).contains(&opened), "{opened} connections in ten minutes");
        }
        world.linked(&others);
        // Honest again, it is back within a minute or so.
        world.tap(None);
        world.run_for(90_000);
        world.linked(&all);
    }
}

#[test]
fn a_host_that_moves_its_door_all_the_time_writes_little_on_others_disks() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        world.run_for(20_000);
        let (before, to_member) = (world.view(all[1]).announced, lane(&world, all[1], all[0]));
        let mut last = Vec::new();
        for n in 0..1_000_u32 {
            last = [&[12][..], &n.to_le_bytes(), &[7; 12]].concat();
            world.lane_data(to_member, Channel::Control, last.clone());
            world.run_for(20);
        }
        let announced = world.view(all[1]).announced - before;
        assert!((2..=4).contains(&announced), "{announced} in twenty seconds");
        world.run_for(10_000);
        let fragment = data_encoding::BASE64URL_NOPAD.decode(world.link(all[1]).as_bytes()).unwrap();
        assert_eq!(fragment[1..17], last[1..], "the latest word counts");
        assert!(world.view(all[1]).misbehaved.is_empty());
    }
}

#[test]
fn cards_that_vanish_before_an_answer_count_whoever_they_were_until_the_door_is_quiet() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let (link, key) = (Link::of(&fragment), world.key(host).0);
        // Another key each time: keys are free. He looks at the digits and goes.
        for n in 1..=12 {
            let (door, to) = reach(&mut world, &link, Role::Knock);
            if world.view(host).quiet {
                break;
            }
            let mut tried = claim(&mut world, (door, to), &link, &Key::new(60 + n), n, &key);
            world.run_for(200);
            assert_eq!(world.view(host).vanished, u32::from(n) - 1, "the card says how often somebody went");
            let cancel = tried.say(&Body::Cancel);
            send(&mut world, door, &link, to, cancel);
            world.run_for(200);
            assert!(world.view(host).knocks.is_empty(), "it is gone");
        }
        let shown = world.view(host).knocked;
        assert!((6..=10).contains(&shown), "{shown} digits seen before the door was quiet");
        assert!(world.view(host).quiet);
        let guest = world.guest("Gustav", &fragment);
        world.run_for(500_000);
        assert_eq!(world.view(host).knocked, shown, "quiet for everybody");
        world.run_until("it listens again by itself", |world| !world.view(host).quiet);
        world.admit(host, guest);
        // A new link is a new door at once.
        let room = world.room(host);
        world.command(host, Command::NewLink { room });
        let link = world.link(host);
        let other = world.guest("Olga", &link);
        world.knock(host, other);
        assert_eq!(world.view(host).vanished, 0);
    }
}

#[test]
fn a_host_that_admits_keys_without_end_fills_nobodys_tables() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(2);
        let [host, member] = all[..] else { unreachable!("two") };
        let pen = Pen::of(&world, host, host);
        let (mut seq, mut previous) = (next_seq(&world, host, host), newest(&world, host, host, host));
        let to_member = lane(&world, member, host);
        for n in 0..100_u8 {
            let payload = postcard::to_allocvec(&([n; 32], "X")).unwrap();
            let (entry, id) = pen.sign(seq, previous, &[], ADMIT, &payload);
            (seq, previous) = (seq + 1, id);
            world.lane_data(to_member, Channel::Control, entries(&[entry]));
            world.run_for(10);
        }
        assert_eq!(world.view(member).members.len(), 64, "the room is full, whoever says otherwise");
    }
}

/// Hostile members contradict themselves again and again, each time at an earlier entry, at one victim. Who is honest
/// is neither cut for what it has to pass on in their names, nor made deaf by it.
#[test]
fn forks_without_end_neither_cut_honest_links_nor_make_them_deaf() {
    for (hostile, slow, length) in [(2, false, 10), (3, true, 8_000)] {
        let mut world = World::new(1);
        let all = world.room_of(6);
        let (host, victim, other) = (all[0], all[4], all[5]);
        let hostile = &all[1..=hostile];
        world.run_for(40_000);
        let mut written = 0;
        for &member in hostile {
            let mut pen = Pen::of(&world, member, host);
            pen.seq = next_seq(&world, member, member);
            pen.previous = if pen.seq == 0 { [0; 32] } else { newest(&world, member, member, host) };
            let text = |n: usize| postcard::to_allocvec(&(n.to_string(), 0_u64)).unwrap();
            let chain: Vec<_> = (0..450).map(|n| pen.write(SAY, &text(n))).collect();
            written = pen.seq;
            let to_victim = lane(&world, victim, member);
            for some in chain.chunks(60) {
                world.lane_data(to_victim, Channel::Control, entries(some));
            }
        }
        world.run_for(40_000);
        if slow {
            world.net().lane_rate = 250;
        }
        let text = "x".repeat(length);
        let mut place = written - 1;
        let mut contradict = |world: &mut World, times: u64| {
            for _ in 0..times.min(place) {
                for &member in hostile {
                    let up = world.lanes_up(victim);
                    let Some((to_victim, _)) = up.into_iter().find(|(_, end)| end.node == member) else {
                        continue;
                    };
                    let entry = Pen::of(world, member, host).say(place, [3; 32], &[], &text).0;
                    world.lane_data(to_victim, Channel::Control, entries(&[entry]));
                }
                place -= 1;
            }
        };
        contradict(&mut world, 250);
        for word in ["one", "two", "three", "four", "five", "six"] {
            world.say(victim, word);
            for _ in 0..5 {
                world.run_for(1_000);
                contradict(&mut world, 4);
            }
            for node in [host, other] {
                assert!(
                    world.view(node).texts().contains(&word),
                    "{word} is heard, {} hostile",
                    hostile.len()
                );
            }
        }
        let keys: Vec<_> = hostile.iter().map(|node| world.key(*node)).collect();
        for node in [host, victim, other] {
            let named = &world.view(node).misbehaved;
            assert!(named.iter().all(|(who, _)| who.is_some_and(|who| keys.contains(&who))), "{named:?}");
            assert!(keys.iter().all(|key| world.view(node).members[key].forked));
        }
        world.linked(&[host, victim, other]);
    }
}

#[test]
fn a_new_link_keeps_nobody_out_who_was_just_let_in() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let (host, link) = world.host("Hanna");
        // The entry that lets in takes its time to be written.
        world.net().store_latency = (300, 300);
        let guest = world.guest("Gustav", &link);
        let knock = world.knock(host, guest);
        let room = world.room(host);
        world.command(host, Command::Admit { room, knock });
        world.command(host, Command::NewLink { room });
        world.linked(&[host, guest]);
        world.run_until("the guest has the new link", |world| world.link(host) == world.link(guest));
        // The old link is nobody's way in any more.
        let late = world.guest("Lena", &link);
        world.run_for(30_000);
        assert_eq!(world.view(host).knocked, 1);
        assert!(!world.view(late).member);
    }
}

/// What is known of an earlier place reaches everybody too, when logs are compared: somebody may need it.
#[test]
fn an_earlier_contradiction_is_told_with_the_next_comparison() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let all = world.room_of(4);
        let [host, mallory, one, other] = all[..] else { unreachable!("four") };
        let texts = ["a", "b", "c", "d"];
        for text in texts {
            world.say(mallory, text);
        }
        world.same_chat(&all, texts.len());
        world.run_for(1_000);
        let (pen, newest) = (Pen::of(&world, mallory, host), next_seq(&world, mallory, mallory) - 1);
        let noted = |world: &World, seq: u64| {
            let prefix = [&b"f"[..], &world.key(mallory).0].concat();
            // A version, the author, its number: as the half of a fork is stored.
            world
                .records(other)
                .iter()
                .any(|(key, value)| key.starts_with(&prefix) && u64::from(value[33]) == seq)
        };
        for seq in [newest, newest - 2] {
            let to_one = lane(&world, one, mallory);
            world.lane_data(to_one, Channel::Control, entries(&[pen.say(seq, [3; 32], &[], "other").0]));
            world.run_until("it is known elsewhere", |world| noted(world, seq));
        }
        assert!(world.view(other).misbehaved.iter().all(|(who, _)| *who == Some(world.key(mallory))));
    }
}
