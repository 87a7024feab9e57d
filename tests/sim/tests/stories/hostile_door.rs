//! The enemy knows S: a leaked link, perhaps on the server itself. He can shake hands at the door like anybody,
//! and must still never pass for the host, learn a guest's name, make two people read the same digits to each
//! other across him, or get in without a yes.

use peer_core::id::MemberId;
use peer_core::io::{Command, Presence};
use signal_proto::{ClientMessage, Handle, Role, ServerMessage};
use sim::attacker::{
    Body, Conversation, Description, Key, Link, OPEN, Opening, Signature, answer, at, commitment, envelopes,
    reach, send, shake,
};
use sim::hub::{Passing, SocketId};
use sim::{NodeId, World, seeds};
use std::cell::RefCell;
use std::rc::Rc;

/// A member's key as the engine names it.
fn member(key: &Key) -> MemberId {
    MemberId(key.public())
}

/// What an impostor's T0 may look like. `host` is the true host's key, which past guests know.
pub(crate) type Lie = fn(link: &Link, own: &Key, host: &[u8; 32], h: &[u8; 32]) -> Body;

const LIES: [(&str, Lie); 5] = [
    ("his own key, honestly signed", |link, own, _, h| {
        let key = own.public();
        proof(key, own.prove(link, false, &key, &key, h))
    }),
    ("his own key, signed for the host's room", |link, own, host, h| {
        let key = own.public();
        proof(key, own.prove(link, false, host, &key, h))
    }),
    ("the host's key, signed by himself", |link, own, host, h| {
        proof(*host, own.prove(link, false, host, host, h))
    }),
    ("the host's key, no signature", |_, _, host, _| proof(*host, ([0; 32], [0; 32]))),
    ("no proof at all", |_, _, _, _| Body::Reveal { nonce: [0; 32] }),
];

pub(crate) fn proof(key: [u8; 32], signature: Signature) -> Body {
    Body::Proof { key, signature, commitment: commitment(&[7; 32]), admit: None, features: 0, demands: 0 }
}

/// The impostor listens at the door for a while, answers everything with `lie` and goes on as if believed; all
/// that he could read.
pub(crate) fn impersonate(
    world: &mut World,
    door: SocketId,
    link: &Link,
    host: [u8; 32],
    lie: Lie,
    ms: u64,
) -> Vec<Body> {
    let own = Key::new(66);
    let mut read = Vec::new();
    let mut conversations: Vec<(Handle, Conversation)> = Vec::new();
    let end = world.now() + ms;
    while world.now() < end {
        world.run_for(50);
        for (from, envelope) in envelopes(world, door) {
            if envelope[0] == OPEN {
                let dice = world.rng().below(1 << 40);
                if let Some((conversation, reply)) =
                    answer(link, &envelope, dice, |h| lie(link, &own, &host, h))
                {
                    send(world, door, link, from, reply);
                    conversations.push((from, conversation));
                }
                continue;
            }
            for (to, conversation) in &mut conversations {
                if let Some(heard) = conversation.hear(&envelope) {
                    read.extend(heard);
                    let next = conversation.say(&Body::Reveal { nonce: [7; 32] });
                    world.script_send(
                        door,
                        &ClientMessage::Send { tag: link.tag, to: Some(*to), bytes: next },
                    );
                }
            }
        }
    }
    read
}

fn names(read: &[Body]) -> Vec<&Body> {
    read.iter().filter(|body| !matches!(body, Body::Cancel)).collect()
}

#[test]
fn an_impostor_alone_at_the_door_is_told_nothing() {
    for (what, lie) in LIES {
        for seed in seeds(2) {
            let mut world = World::new(seed);
            let (host, fragment) = world.host("Hanna");
            let (link, key) = (Link::of(&fragment), world.key(host).0);
            world.run_for(1_000);
            world.close(host, true);
            let door = at(&mut world, &link, Role::Listen);
            let guest = world.guest("Gustav", &fragment);
            let read = impersonate(&mut world, door, &link, key, lie, 60_000);
            assert!(names(&read).is_empty(), "{what}: {read:?}");
            let view = world.view(guest);
            assert!(!view.member && view.members.keys().all(|key| *key == world.key(guest)));
            assert!(!matches!(view.presence, Some(Presence::Asked { .. })), "no digits to read to him");
        }
    }
}

#[test]
fn an_impostor_beside_the_host_is_told_nothing_and_the_guest_gets_in() {
    for (what, lie) in LIES {
        for seed in seeds(3) {
            let mut world = World::new(seed);
            let (host, fragment) = world.host("Hanna");
            let (link, key) = (Link::of(&fragment), world.key(host).0);
            let door = at(&mut world, &link, Role::Listen);
            world.run_for(500);
            if seed % 2 == 0 {
                world.reload(host); // now the impostor was there first
            }
            let guest = world.guest("Gustav", &fragment);
            let read = impersonate(&mut world, door, &link, key, lie, 5_000);
            world.admit(host, guest);
            assert!(names(&read).is_empty(), "{what}: {read:?}");
        }
    }
}

/// An impostor with the engine's own code: another room whose stored S is replaced by the victim's.
#[test]
fn another_host_with_the_same_door_secret_is_not_believed() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let (impostor, own) = world.host("Impostor");
        world.run_for(1_000);
        let secret = |fragment: &str| {
            data_encoding::BASE64URL_NOPAD.decode(fragment.as_bytes()).unwrap()[1..17].to_vec()
        };
        let (victim, own) = (secret(&fragment), secret(&own));
        let mut replaced = 0;
        let records = world.records(impostor).into_iter().map(|(key, mut value)| {
            for at in 0..value.len().saturating_sub(15) {
                if value[at..at + 16] == own[..] {
                    value[at..at + 16].copy_from_slice(&victim);
                    replaced += 1;
                }
            }
            (key, value)
        });
        let records: Vec<_> = records.collect();
        let room = world.room(impostor);
        world.command(impostor, Command::Close { room });
        world.command(impostor, Command::OpenRoom { records: records.into(), link: None });
        world.run_for(2_000);
        assert_eq!(replaced, 1, "S stands in one record");
        let guest = world.guest("Gustav", &fragment);
        world.run_for(30_000);
        assert_eq!(world.view(impostor).knocked, 0, "nobody knocked there");
        world.admit(host, guest);
    }
}

/// The man in the middle swallows the guest's openings and shakes hands with both, in his own name where the
/// engine's proof of the other cannot be passed on.
#[test]
fn a_mixed_handshake_never_gives_two_people_the_same_digits() {
    for seed in seeds(3) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let (link, host_key) = (Link::of(&fragment), world.key(host).0);
        // He knocks for himself, and keeps the host's T0.
        let (door, host_handle) = reach(&mut world, &link, Role::Knock);
        let (mut to_host, t0) = shake(&mut world, door, host_handle, &link, 1);
        let own = Key::new(66);
        // He answers the guest with it, at the server itself.
        let answered: Rc<RefCell<Vec<Conversation>>> = Rc::default();
        let heard: Rc<RefCell<Vec<Body>>> = Rc::default();
        let (conversations, read, relayed, at_link) =
            (answered.clone(), heard.clone(), t0.clone(), link.clone());
        let mut dice = 100;
        world.intercept(Box::new(move |_, passing| {
            let Passing { to, from: Some(from), message: ServerMessage::Message { tag, bytes, .. } } =
                &passing
            else {
                return vec![(0, passing)];
            };
            if *from == door || *to == door || *tag != at_link.tag {
                return vec![(0, passing)];
            }
            if bytes[0] == OPEN {
                dice += 1;
                let Some((conversation, reply)) = answer(&at_link, bytes, dice, |_| relayed.clone()) else {
                    return Vec::new();
                };
                conversations.borrow_mut().push(conversation);
                let message = ServerMessage::Message { tag: *tag, from: host_handle, bytes: reply };
                return vec![(10, Passing { to: *from, from: Some(*to), message })];
            }
            for conversation in conversations.borrow().iter() {
                read.borrow_mut().extend(conversation.hear(bytes).flatten());
            }
            Vec::new()
        }));
        let guest = world.guest("Gustav", &fragment);
        // In his own name he may knock, as anybody with the link.
        let claim = Body::Claim {
            key: own.public(),
            signature: own.prove(&link, true, &host_key, &own.public(), &to_host.h),
            nonce: [9; 32],
            name: "Gustav".into(),
            admit: None,
            features: 0,
        };
        let claim = to_host.say(&claim);
        send(&mut world, door, &link, host_handle, claim);
        world.run_for(40_000);
        assert!(!answered.borrow().is_empty(), "he did stand in between");
        assert!(names(&heard.borrow()).is_empty(), "the guest said {:?}", heard.borrow());
        let digits = |world: &World, node: NodeId| match &world.view(node).presence {
            Some(Presence::Asked { sas }) => Some(sas.clone()),
            _ => None,
        };
        assert_eq!(digits(&world, guest), None, "the guest reads nothing out");
        let cards: Vec<_> = world.view(host).knocks.values().map(|card| card.member).collect();
        assert_eq!(cards, [member(&own)], "the host sees the attacker's key, not the guest's");
        // He goes; the guest gets in.
        world.trust_again();
        world.admit(host, guest);
    }
}

/// He lets the true host's handshake with the guest through and only listens and repeats: nothing opens.
#[test]
fn knowing_the_link_does_not_open_other_peoples_conversations() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let link = Link::of(&fragment);
        let tape: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
        let record = tape.clone();
        world.intercept(Box::new(move |_, passing| {
            if let ServerMessage::Message { bytes, .. } = &passing.message {
                record.borrow_mut().push(bytes.clone());
            }
            vec![(0, passing)]
        }));
        let guest = world.guest("Gustav", &fragment);
        world.admit(host, guest);
        // His own end of a conversation with the very openings he recorded reads nothing of the others'.
        for open in tape.borrow().iter().filter(|envelope| envelope[..2] == [OPEN, 1]) {
            let (conversation, _) = answer(&link, open, 5, |_| Body::Deny).expect("he knows the secret");
            for envelope in tape.borrow().iter() {
                assert_eq!(conversation.hear(envelope), None);
            }
        }
    }
}

#[test]
fn a_claim_to_be_somebody_else_is_not_shown() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let (link, host_key) = (Link::of(&fragment), world.key(host).0);
        let friend = world.guest("Gustav", &fragment);
        world.admit(host, friend);
        let friend_key = world.key(friend).0;
        let own = Key::new(66);
        let shown = world.view(host).knocked;
        let (door, to) = reach(&mut world, &link, Role::Knock);
        for (n, (claimed, signer_claims)) in
            [(host_key, host_key), (friend_key, friend_key), (friend_key, own.public())]
                .into_iter()
                .enumerate()
        {
            world.run_for(60_000); // within the door's rate
            let (mut conversation, _) = shake(&mut world, door, to, &link, 10 + n as u8);
            let signature = own.prove(&link, true, &host_key, &signer_claims, &conversation.h);
            let name = "Gustav".into();
            let claim =
                Body::Claim { key: claimed, signature, nonce: [1; 32], name, admit: None, features: 0 };
            let claim = conversation.say(&claim);
            send(&mut world, door, &link, to, claim);
            world.run_for(5_000);
            for (_, envelope) in envelopes(&mut world, door) {
                let said = conversation.hear(&envelope).flatten();
                assert!(matches!(said, None | Some(Body::Cancel | Body::Deny)), "{said:?}");
            }
        }
        assert_eq!(world.view(host).knocked, shown);
        assert!(world.view(host).linked(world.key(friend)), "the real one is unharmed");
    }
}

#[test]
fn messages_out_of_order_or_of_nonsense_are_survived() {
    let description = || Description { ufrag: "abcd".into(), pwd: "a".repeat(22), fingerprint: [1; 32] };
    let bodies = [
        Body::Reveal { nonce: [0; 32] },
        Body::Answer { answer: description() },
        Body::Offer { offer: description() },
        Body::Welcome { create: vec![1], admit: vec![2], epoch: [0; 32], ret: [0; 32], offer: description() },
        Body::Candidates { candidates: Vec::new(), end: true },
        Body::Renew,
        Body::Deny,
        Body::Cancel,
    ];
    let mut world = World::new(1);
    let (host, fragment) = world.host("Hanna");
    let (link, host_key) = (Link::of(&fragment), world.key(host).0);
    let own = Key::new(66);
    let (door, to) = reach(&mut world, &link, Role::Knock);
    for claims in [false, true] {
        for (n, body) in bodies.iter().enumerate() {
            world.run_for(60_000);
            let n = n as u8 + if claims { 100 } else { 50 };
            let (mut conversation, _) = shake(&mut world, door, to, &link, n);
            if claims {
                let signature = own.prove(&link, true, &host_key, &own.public(), &conversation.h);
                let claim = Body::Claim {
                    key: own.public(),
                    signature,
                    nonce: [n; 32],
                    name: "Eve".into(),
                    admit: None,
                    features: 0,
                };
                let claim = conversation.say(&claim);
                send(&mut world, door, &link, to, claim);
                world.run_for(1_000);
            }
            let next = conversation.say(body);
            send(&mut world, door, &link, to, next);
            let nonsense = conversation.say_bytes(&[0, 0, 0, 0, 1, 0, 0, 0, 77, 1, 2, 3]);
            send(&mut world, door, &link, to, nonsense);
            world.run_for(1_000);
        }
    }
    world.run_for(60_000);
    assert_eq!(world.lanes_opened(host), 0, "no address for nothing");
    assert_eq!(world.view(host).members.len(), 1, "nobody is in");
    let guest = world.guest("Gustav", &fragment);
    world.admit(host, guest);
}

#[test]
fn a_name_made_to_deceive_is_shown_harmless_or_not_at_all() {
    let long = "x".repeat(10_000);
    for name in ["Han\u{202E}na", "Hanna\n(host)", "\u{0}\u{7}", "", " \u{200B} ", &long] {
        let mut world = World::new(1);
        let (host, fragment) = world.host("Hanna");
        let (link, host_key) = (Link::of(&fragment), world.key(host).0);
        let own = Key::new(66);
        let (door, to) = reach(&mut world, &link, Role::Knock);
        let (mut conversation, _) = shake(&mut world, door, to, &link, 1);
        let signature = own.prove(&link, true, &host_key, &own.public(), &conversation.h);
        let claim = Body::Claim {
            key: own.public(),
            signature,
            nonce: [1; 32],
            name: name.into(),
            admit: None,
            features: 0,
        };
        let claim = conversation.say(&claim);
        send(&mut world, door, &link, to, claim);
        world.run_for(5_000);
        for card in world.view(host).knocks.values() {
            let shown = &card.name;
            assert!((1..=40).contains(&shown.chars().count()), "{shown:?}");
            let deceives = |c: char| c.is_control() || "\u{202E}\u{200B}\u{2066}".contains(c);
            assert!(!shown.contains(deceives) && !shown.trim().is_empty(), "{shown:?}");
        }
    }
}

#[test]
fn half_open_handshakes_do_not_keep_guests_out() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let link = Link::of(&fragment);
        // Many sockets, many openings each, and never a claim.
        for socket in 0..12_u8 {
            let (door, to) = reach(&mut world, &link, Role::Knock);
            for n in 0..20_u8 {
                let opening =
                    Opening::new(&link, [socket * 20 + n; 16], u64::from(socket) * 256 + u64::from(n));
                send(&mut world, door, &link, to, opening.envelope);
            }
        }
        let guest = world.guest("Gustav", &fragment);
        world.admit(host, guest);
        assert_eq!(world.view(host).knocked, 1);
        world.run_for(60_000);
        assert_eq!(
            world.view(host).presence,
            Some(Presence::Waiting),
            "nobody is missing at the host's own door"
        );
    }
}
