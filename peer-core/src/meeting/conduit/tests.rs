use super::*;
use crate::base::rng::Seed;

fn pair() -> (Conduit, Conduit, Rng) {
    let mut rng = Rng::new(&Seed([9; 32]));
    let psk = Secret::random(&mut rng);
    let opening = Opening::new(Mode::Door, &psk, &mut rng);
    let (header, open) = Header::split(opening.envelope()).unwrap();
    let host = accept(&header, open, &psk, &mut rng).unwrap().with(&Body::Renew);
    let answer = host.answer().unwrap()[HEADER..].to_vec();
    let (guest, first) = opening.answered(&answer).unwrap();
    assert!(first == Body::Renew && guest.hash() == host.hash());
    (guest, host, rng)
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

#[test]
fn another_secret_opens_nothing_and_leaves_the_opening_unharmed() {
    let mut rng = Rng::new(&Seed([9; 32]));
    let (psk, other) = (Secret::random(&mut rng), Secret::random(&mut rng));
    let opening = Opening::new(Mode::Door, &psk, &mut rng);
    let (header, open) = Header::split(opening.envelope()).unwrap();
    assert!(accept(&header, open, &other, &mut rng).is_none());
    let host = accept(&header, open, &psk, &mut rng).unwrap().with(&Body::Renew);
    let good = host.answer().unwrap()[HEADER..].to_vec();
    // A changed bit anywhere in the answer is noticed; after that the true answer still counts.
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(opening.answered(&bad).is_none());
    }
    assert!(opening.answered(&good).is_some());
}

#[test]
fn messages_arrive_once_and_in_order_whatever_signaling_does() {
    let (mut guest, mut host, _) = pair();
    for _ in 0..5 {
        guest.post(Body::Renew, at(0));
    }
    guest.post(Body::Cancel, at(0));
    let mut envelopes = guest.outgoing(at(0));
    assert_eq!(envelopes.len(), 6);
    envelopes.reverse();
    let lost = envelopes.pop().unwrap();
    let mut got = Vec::new();
    for envelope in envelopes.iter().chain(&envelopes) {
        got.extend(host.receive(&envelope[HEADER..]).unwrap_or_default());
    }
    assert!(got.is_empty(), "the first is missing");
    drop(lost);
    assert!(guest.outgoing(at(999)).is_empty(), "not due yet");
    for envelope in guest.outgoing(at(1_000)) {
        got.extend(host.receive(&envelope[HEADER..]).unwrap());
    }
    assert_eq!(got.len(), 6);
    assert!(got[5] == Body::Cancel && got[..5].iter().all(|body| *body == Body::Renew));
    let ack = host.outgoing(at(1_000));
    assert_eq!(ack.len(), 1, "a bare acknowledgement");
    assert!(guest.receive(&ack[0][HEADER..]).unwrap().is_empty());
    assert!(guest.next_timeout().is_none());
}

/// A guest says that it waits only when its last word has arrived, so that a queue never fills with the same.
#[test]
fn a_conduit_is_idle_once_everything_has_arrived_and_says_the_rest_by_another_way_too() {
    let (mut guest, mut host, _) = pair();
    assert!(guest.is_idle());
    guest.post(Body::Renew, at(0));
    guest.post(Body::Cancel, at(0));
    assert!(!guest.is_idle());
    assert_eq!(guest.outgoing(at(0)).len(), 2);
    assert!(guest.outgoing(at(100)).is_empty(), "not due yet");
    for now in [100, 600, 900] {
        assert_eq!(guest.again(at(now)).len(), 2, "a way more");
        assert_eq!(guest.next_timeout(), Some(at(1_000)), "which puts nothing off");
    }
    guest.outgoing(at(1_000));
    guest.outgoing(at(2_000));
    assert_eq!(guest.next_timeout(), Some(at(4_000)), "each time it waits longer");
    for envelope in guest.again(at(2_100)) {
        host.receive(&envelope[HEADER..]).unwrap();
    }
    assert_eq!(guest.next_timeout(), Some(at(3_100)), "but not with somebody new there");
    for ack in host.outgoing(at(100)) {
        guest.receive(&ack[HEADER..]).unwrap();
    }
    assert!(guest.is_idle());
}

#[test]
fn what_is_reflected_or_changed_is_ignored() {
    let (mut guest, mut host, _) = pair();
    guest.post(Body::Renew, at(0));
    let envelope = guest.outgoing(at(0)).remove(0);
    assert!(guest.receive(&envelope[HEADER..]).is_none(), "one's own");
    for position in HEADER..envelope.len() {
        let mut bad = envelope.clone();
        bad[position] ^= 0x40;
        assert!(host.receive(&bad[HEADER..]).is_none());
    }
    assert!(host.receive(&envelope[HEADER..]).is_some());
    assert!(host.receive(&envelope[HEADER..]).is_none(), "replayed");
}

#[test]
fn a_lane_is_confirmed_with_its_own_certificates_only() {
    let (mut guest, host, _) = pair();
    let (a, b, c) = (Fingerprint([1; 32]), Fingerprint([2; 32]), Fingerprint([3; 32]));
    let frame = guest.seal_lane(LaneId(0), &a, &b).unwrap();
    assert_eq!(host.check_lane(LaneId(0), &b, &a, &frame), Ok(()));
    assert_eq!(host.check_lane(LaneId(0), &b, &c, &frame), Err(true), "the guest has another certificate");
    assert_eq!(host.check_lane(LaneId(0), &c, &a, &frame), Err(true), "the guest saw another certificate");
    assert_eq!(host.check_lane(LaneId(1), &b, &a, &frame), Err(false), "another lane");
    assert_eq!(guest.check_lane(LaneId(0), &a, &b, &frame), Err(false), "reflected");
    assert!(guest.seal_lane(LaneId(0), &a, &c).is_none(), "a number is never used twice");
    assert!(guest.seal_lane(LaneId(7), &a, &b).is_some());
    assert!(guest.seal_lane(LaneId(3), &a, &b).is_none(), "nor one that was passed over");
}

#[test]
fn the_window_takes_each_nonce_once() {
    let mut window = Window::default();
    for (nonce, new) in [
        (0, true),
        (0, false),
        (5, true),
        (3, true),
        (3, false),
        (70, true),
        (5, false),
        (7, true),
        (6, false),
    ] {
        assert_eq!(window.is_new(nonce), new, "{nonce}");
        if new {
            window.insert(nonce);
        }
    }
}

#[test]
fn a_conduit_holds_so_many_messages_and_no_more() {
    let (mut guest, mut host, _) = pair();
    for _ in 0..MAX_QUEUE + 1 {
        guest.post(Body::Renew, at(0));
    }
    let mut envelopes = guest.outgoing(at(0));
    assert_eq!(envelopes.len(), MAX_QUEUE, "one past is not taken");
    // The first is late: the others wait for it, each once.
    let first = envelopes.remove(0);
    for envelope in &envelopes {
        assert!(host.receive(&envelope[HEADER..]).is_some_and(|ready| ready.is_empty()));
    }
    assert_eq!(host.early.len(), MAX_QUEUE - 1);
    let beyond = Message { ack: 0, body: Some((MAX_QUEUE as u32, Body::Renew)) };
    let beyond = guest.seal(&beyond);
    assert!(host.receive(&beyond[HEADER..]).is_some_and(|ready| ready.is_empty()));
    assert_eq!(host.early.len(), MAX_QUEUE - 1, "what is further ahead than anybody may be is not kept");
    assert!(host.receive(&first[HEADER..]).is_none(), "too late: 64 came since");
    for envelope in guest.outgoing(at(1_000)) {
        host.receive(&envelope[HEADER..]);
    }
    assert_eq!(host.expected, MAX_QUEUE as u32);
}

#[test]
fn nonces_of_lanes_are_beyond_those_of_messages() {
    let (mut guest, host, _) = pair();
    let (a, b) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
    let frame = guest.seal_lane(LaneId(3), &a, &b).unwrap();
    assert_eq!(host.check_lane(LaneId(3), &b, &a, &frame), Ok(()));
    let mut plain = vec![0; frame.len()];
    assert!(host.noise.read_message(LANE_NONCES + 3, &frame, &mut plain).is_ok(), "as PROTOCOL.md says");
}

#[test]
fn the_window_remembers_the_last_64() {
    let mut window = Window::default();
    for nonce in 0..64 {
        window.insert(nonce);
    }
    assert!((0..64).all(|nonce| !window.is_new(nonce)));
    window.insert(64);
    assert!(!window.is_new(0), "too old to tell");
    assert!((1..=64).all(|nonce| !window.is_new(nonce)));
    window.insert(100);
    assert!((65..100).all(|nonce| window.is_new(nonce)) && !window.is_new(64));
}
