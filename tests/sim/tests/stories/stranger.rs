//! Who knows what members know and was never let in, and a host that looks for digits that suit it.

use data_encoding::BASE64URL_NOPAD;
use peer_core::io::{Command, Presence};
use signal_proto::{ClientMessage, Role};
use sim::attacker::{
    ANSWER, Body, Key, Link, OPEN, Opening, answer, at, commitment, envelopes, reach, send, shake,
};
use sim::{World, seeds};

/// He comes in by the door like anybody; what he is given there: his Admit entry and the members' secret.
pub(crate) fn let_in(world: &mut World, fragment: &str, key: &Key) -> (Vec<u8>, [u8; 32]) {
    let host = sim::NodeId(0);
    let (link, host_key) = (Link::of(fragment), world.key(host).0);
    let (door, to) = reach(world, &link, Role::Knock);
    let (mut conversation, _) = shake(world, door, to, &link, 1);
    let signature = key.prove(&link, true, &host_key, &key.public(), &conversation.h);
    let claim = Body::Claim {
        key: key.public(),
        signature,
        nonce: [1; 32],
        name: "Mallory".into(),
        admit: None,
        features: 0,
    };
    let claim = conversation.say(&claim);
    send(world, door, &link, to, claim);
    world.run_until("he is at the door", |world| !world.view(host).knocks.is_empty());
    let knock = *world.view(host).knocks.keys().next().expect("it is shown");
    let room = world.room(host);
    world.command(host, Command::Admit { room, knock });
    world.run_for(2_000);
    let heard = envelopes(world, door);
    let said = heard.iter().filter_map(|(_, envelope)| conversation.hear(envelope).flatten());
    let mut welcome = said.filter_map(|body| match body {
        Body::Welcome { admit, epoch, .. } => Some((admit, epoch)),
        _ => None,
    });
    welcome.next_back().expect("he is let in")
}

#[test]
fn a_key_that_was_never_let_in_gets_no_link_though_it_knows_what_members_know() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let (insider, stranger) = (Key::new(66), Key::new(67));
        let (admit, epoch) = let_in(&mut world, &fragment, &insider);
        let (mesh, host_key) = (Link::with(&epoch, "mesh", 2), world.key(host).0);
        let (socket, to) = reach(&mut world, &mesh, Role::Mesh);
        let before = world.lanes_opened(host);
        let (inside, outside) = (insider.public(), stranger.public());
        let attempts = [
            (outside, &stranger, None, false),
            (outside, &stranger, Some(admit.clone()), false),
            (inside, &stranger, Some(admit.clone()), false),
            (inside, &insider, None, false),
            // As he is, he is a member: so the others failed for what they lacked.
            (inside, &insider, Some(admit), true),
        ];
        for (n, (key, signer, admit, opens)) in attempts.into_iter().enumerate() {
            let (mut conversation, _) = shake(&mut world, socket, to, &mesh, 20 + n as u8);
            let signature = signer.prove(&mesh, true, &host_key, &key, &conversation.h);
            let claim =
                Body::Claim { key, signature, nonce: [0; 32], name: String::new(), admit, features: 0 };
            let claim = conversation.say(&claim);
            send(&mut world, socket, &mesh, to, claim);
            world.run_for(5_000);
            assert_eq!(world.lanes_opened(host) > before, opens, "attempt {n}");
        }
    }
}

#[test]
fn a_member_whose_own_call_was_lost_is_called_by_who_was_there() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (_host, fragment) = world.host("Hanna");
        let (_, epoch) = let_in(&mut world, &fragment, &Key::new(66));
        let mesh = Link::with(&epoch, "mesh", 2);
        // He comes to where the members meet, and no call of his arrives.
        let socket = at(&mut world, &mesh, Role::Mesh);
        world.run_for(5_000);
        assert!(envelopes(&mut world, socket).is_empty(), "whoever comes later calls first");
        // Calls of somebody else that he leaves half open are no calls of the host's own.
        let (other, to) = reach(&mut world, &mesh, Role::Mesh);
        for n in 0..4 {
            let opening = Opening::new(&mesh, [n + 100; 16], u64::from(n)).envelope;
            send(&mut world, other, &mesh, to, opening);
        }
        world.run_for(5_000);
        assert!(
            envelopes(&mut world, socket).iter().any(|(_, envelope)| envelope[0] == OPEN),
            "he is called"
        );
    }
}

#[test]
fn who_is_gone_from_where_members_meet_is_not_called() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let (_, epoch) = let_in(&mut world, &fragment, &Key::new(66));
        let mesh = Link::with(&epoch, "mesh", 2);
        let socket = at(&mut world, &mesh, Role::Mesh);
        world.run_for(5_000);
        world.script_send(socket, &ClientMessage::Leave { tag: mesh.tag });
        let (from, before) = (world.socket(host), world.server_messages().len());
        world.run_for(60_000);
        let sent = world.server_messages()[before..].iter().filter(|(socket, _)| Some(*socket) == from);
        let calls = sent.filter(|(_, bytes)| {
            matches!(ClientMessage::decode(bytes), Ok(ClientMessage::Send { tag, .. }) if tag == mesh.tag)
        });
        assert_eq!(calls.count(), 0, "each call would keep others waiting");
    }
}

#[test]
fn who_speaks_only_other_versions_is_told_and_not_left_waiting() {
    const UNSUPPORTED: u8 = 4;
    let mut world = World::new(1);
    let (_, fragment) = world.host("Hanna");
    let link = Link::of(&fragment);
    let (door, to) = reach(&mut world, &link, Role::Knock);
    // The lowest and the highest that the knocker speaks; ours is 2.
    for (n, (versions, answer)) in
        [([1, 1], Some(UNSUPPORTED)), ([3, 9], Some(UNSUPPORTED)), ([2, 2], Some(ANSWER))]
            .into_iter()
            .enumerate()
    {
        let meeting = [n as u8 + 1; 16];
        let mut opening = Opening::new(&link, meeting, n as u64).envelope;
        opening[2..4].copy_from_slice(&versions);
        send(&mut world, door, &link, to, opening);
        world.run_for(2_000);
        let heard = envelopes(&mut world, door);
        let kinds = heard.iter().filter(|(_, envelope)| envelope[4..20] == meeting);
        assert_eq!(kinds.map(|(_, envelope)| envelope[0]).next(), answer, "{versions:?}");
    }
}

#[test]
fn calls_from_one_socket_are_few_and_leave_those_of_others_alone() {
    for seed in seeds(2) {
        let mut world = World::new(seed);
        let (host, fragment) = world.host("Hanna");
        let insider = Key::new(66);
        let (admit, epoch) = let_in(&mut world, &fragment, &insider);
        let (mesh, host_key) = (Link::with(&epoch, "mesh", 2), world.key(host).0);
        let (quiet, to) = reach(&mut world, &mesh, Role::Mesh);
        let (mut conversation, _) = shake(&mut world, quiet, to, &mesh, 90);
        let (loud, _) = reach(&mut world, &mesh, Role::Mesh);
        for n in 0..5 {
            let opening = Opening::new(&mesh, [n + 100; 16], u64::from(n)).envelope;
            send(&mut world, loud, &mesh, to, opening);
        }
        world.run_for(1_000);
        let answers =
            envelopes(&mut world, loud).iter().filter(|(_, envelope)| envelope[0] == ANSWER).count();
        assert_eq!(answers, 4, "as many as one socket may leave half open");
        let (before, key) = (world.lanes_opened(host), insider.public());
        let signature = insider.prove(&mesh, true, &host_key, &key, &conversation.h);
        let claim = Body::Claim {
            key,
            signature,
            nonce: [0; 32],
            name: String::new(),
            admit: Some(admit),
            features: 0,
        };
        let claim = conversation.say(&claim);
        send(&mut world, quiet, &mesh, to, claim);
        world.run_for(3_000);
        assert_eq!(world.lanes_opened(host), before + 1, "who called before them goes on");
    }
}

/// A host of the attacker's own, that commits to one number and reveals `revealed`; whether the guest reads digits.
fn reads_digits(seed: u64, revealed: [u8; 32]) -> bool {
    let mut world = World::new(seed);
    let own = Key::new(66);
    let room = blake3::derive_key("linkspan/1 room id", &own.public());
    let fragment = BASE64URL_NOPAD.encode(&[&[1][..], &[5; 16], &room[..16]].concat());
    let link = Link::of(&fragment);
    let door = at(&mut world, &link, Role::Listen);
    let guest = world.guest("Gustav", &fragment);
    let (mut conversations, mut claims) = (Vec::new(), 0);
    for _ in 0..100 {
        world.run_for(50);
        for (from, envelope) in envelopes(&mut world, door) {
            assert_ne!(envelope[0], ANSWER, "guests open");
            if envelope[0] == OPEN {
                let dice = world.rng().below(1 << 40);
                let key = own.public();
                let prove = |h: &[u8; 32]| Body::Proof {
                    key,
                    signature: own.prove(&link, false, &key, &key, h),
                    commitment: commitment(&[7; 32]),
                    admit: None,
                    features: 0,
                    demands: 0,
                };
                let (conversation, reply) = answer(&link, &envelope, dice, prove).expect("his own door");
                send(&mut world, door, &link, from, reply);
                conversations.push(conversation);
            }
            for conversation in &mut conversations {
                if let Some(Some(Body::Claim { .. })) = conversation.hear(&envelope) {
                    claims += 1;
                    let reveal = conversation.say(&Body::Reveal { nonce: revealed });
                    send(&mut world, door, &link, from, reveal);
                }
            }
        }
        if matches!(world.view(guest).presence, Some(Presence::Asked { .. })) {
            return true;
        }
    }
    assert!(claims > 0, "the guest believed the host");
    false
}

#[test]
fn a_host_that_reveals_another_number_than_it_committed_to_shows_no_digits() {
    for seed in seeds(2) {
        assert!(reads_digits(seed, [7; 32]), "an honest host's are shown");
        assert!(!reads_digits(seed, [8; 32]), "it could search for digits that suit it");
    }
}
