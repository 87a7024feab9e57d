//! Candidates as browsers gather them, and what an attacker would like to name.

use super::{Address, BadCandidate, Candidate, CandidateCount, CandidateKind};
use crate::description::tests::mangle;
use crate::description::{MAX_CANDIDATE_LINE, MAX_CANDIDATES, MAX_MDNS};
use alloc::format;
use alloc::string::String;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::Ipv6Addr;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const UUID: [u8; 16] =
    [0x88, 0x81, 0x1c, 0x8f, 0xd0, 0x65, 0x41, 0x6b, 0x81, 0x53, 0xc9, 0xa7, 0x59, 0x09, 0x06, 0x28];

/// As Chromium 156 and Firefox 153 gathered them, with hidden names and without; the last four are written
/// after Chromium's form for what STUN and TURN servers tell.
const REAL: [(&str, &str); 9] = [
    (
        "candidate:1118108005 1 udp 2113937151 c44518d5-e766-4068-bc1e-8fb9852c8825.local 38508 typ host \
         generation 0 ufrag LrkZ network-cost 999",
        "1 udp 2113937151 c44518d5-e766-4068-bc1e-8fb9852c8825.local 38508 typ host",
    ),
    (
        "candidate:0 1 UDP 2122187007 88811c8f-d065-416b-8153-c9a759090628.local 37398 typ host",
        "1 udp 2122187007 88811c8f-d065-416b-8153-c9a759090628.local 37398 typ host",
    ),
    (
        "candidate:1119237964 1 udp 2113937151 192.0.2.2 54248 typ host generation 0 ufrag LiXY network-cost \
         999",
        "1 udp 2113937151 192.0.2.2 54248 typ host",
    ),
    (
        "candidate:1170496508 1 udp 2113942271 fd00::2 49178 typ host generation 0 ufrag LiXY network-cost 999",
        "1 udp 2113942271 fd00::2 49178 typ host",
    ),
    ("candidate:1 1 UDP 2122252543 fd00::2 37478 typ host", "1 udp 2122252543 fd00::2 37478 typ host"),
    (
        "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0 \
         ufrag sXP5 network-cost 999",
        "1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 9",
    ),
    (
        "candidate:842163049 1 udp 1677729535 2001:db8::7 46154 typ srflx raddr :: rport 0 generation 0",
        "1 udp 1677729535 2001:db8::7 46154 typ srflx raddr :: rport 9",
    ),
    (
        "candidate:3885250869 1 udp 41885439 198.51.100.4 57856 typ relay raddr 203.0.113.7 rport 46154 \
         generation 0",
        "1 udp 41885439 198.51.100.4 57856 typ relay raddr 0.0.0.0 rport 9",
    ),
    (
        "candidate:9 1 udp 1845501695 127.0.0.1 1 typ prflx raddr 10.1.2.3 rport 4",
        "1 udp 1845501695 127.0.0.1 1 typ prflx raddr 0.0.0.0 rport 9",
    ),
];

fn host(address: Address) -> Result<Candidate, BadCandidate> {
    Candidate::new(CandidateKind::Host, 1, address, 1)
}

fn v6(text: &str) -> Address {
    Address::V6(text.parse::<Ipv6Addr>().unwrap().octets())
}

#[test]
fn what_browsers_gather_arrives_without_the_related_address() {
    for (line, expected) in REAL {
        let candidate = Candidate::parse_local(line).unwrap().unwrap();
        let rendered = candidate.render();
        let (foundation, rest) = rendered.split_once(' ').unwrap();
        assert!(foundation.strip_prefix("candidate:").unwrap().parse::<u32>().is_ok());
        assert_eq!(rest, expected);
        assert_eq!(Candidate::parse_local(&rendered), Ok(Some(candidate)));
        let bytes = postcard::to_allocvec(&candidate).unwrap();
        assert_eq!(postcard::from_bytes(&bytes), Ok(candidate));
        assert!((0..bytes.len()).all(|cut| postcard::from_bytes::<Candidate>(&bytes[..cut]).is_err()));
    }
}

#[test]
fn what_is_not_carried_is_left_out_without_failing_the_lane() {
    let lines = [
        "candidate:2 1 TCP 2105458943 88811c8f-d065-416b-8153-c9a759090628.local 9 typ host tcptype active",
        "candidate:2 1 tcp 1518280447 192.0.2.2 9 typ host tcptype active generation 0",
        "candidate:2 1 ssltcp 1518280447 192.0.2.2 443 typ relay raddr 0.0.0.0 rport 0",
        "candidate:2 1 udp 2105458943 printer.local 9 typ host",
        "candidate:2 1 udp 2105458943 evil.example 9 typ host",
        "candidate:2 1 udp 2105458943 88811c8f-d065-416b-8153-c9a759090628 9 typ host",
        "candidate:2 1 udp 2105458943 88811c8fd065416b8153c9a759090628.local 9 typ host",
        "candidate:2 1 udp 2105458943 88811c8f-d065-416b-8153-c9a75909062g.local 9 typ host",
        "candidate:2 1 udp 2105458943 88811c8f-d065-416b-8153-c9a759090628.local.evil.example 9 typ host",
        "candidate:2 1 udp 2105458943 fe80::1%eth0 9 typ host",
        "candidate:2 1 udp 2105458943 0.0.0.0 9 typ host",
        "candidate:2 1 udp 2105458943 224.0.0.251 5353 typ host",
        "candidate:2 1 udp 2105458943 192.0.2.1 0 typ host",
        "candidate:2 1 udp 0 192.0.2.1 9 typ host",
        "candidate:2 1 udp 2105458943 010.0.0.1 9 typ host",
        "candidate:2 1 udp 2105458943 1 9 typ host",
    ];
    for line in lines {
        assert_eq!(Candidate::parse_local(line), Ok(None), "{line}");
    }
}

#[test]
fn what_is_no_candidate_line_is_refused() {
    let good = "candidate:2 1 udp 2105458943 192.0.2.1 9 typ srflx raddr 0.0.0.0 rport 9";
    let whole = Candidate::parse_local(good).unwrap();
    assert!(whole.is_some());
    for cut in 0..good.len() {
        // Cut among the pairs at its end it is the same candidate, else none.
        if let Ok(candidate) = Candidate::parse_local(&good[..cut]) {
            assert_eq!(candidate, whole, "{}", &good[..cut]);
        }
    }
    let bad = [
        "",
        "candidate:",
        " candidate:2 1 udp 1 192.0.2.1 9 typ host",
        "a=candidate:2 1 udp 1 192.0.2.1 9 typ host",
        "candidate: 1 udp 1 192.0.2.1 9 typ host",
        "candidate:2 2 udp 1 192.0.2.1 9 typ host",
        "candidate:2 1 sctp 1 192.0.2.1 9 typ host",
        "candidate:2 1 udp -1 192.0.2.1 9 typ host",
        "candidate:2 1 udp +1 192.0.2.1 9 typ host",
        "candidate:2 1 udp 4294967296 192.0.2.1 9 typ host",
        "candidate:2 1 udp  192.0.2.1 9 typ host",
        "candidate:2 1 udp 1 192.0.2.1 65536 typ host",
        "candidate:2 1 udp 1 192.0.2.1 9 type host",
        "candidate:2 1 udp 1 192.0.2.1 9 typ magic",
        "candidate:2 1 udp 1 192.0.2.1 9 typ host generation",
        "candidate:2 1 udp 1 192.0.2.1 9 typ host  generation",
        "candidate:2 1 udp 1 192.0.2.1 9 typ host\r\na=fingerprint:sha-256 00",
        "candidate:2 1 udp 1 192.0.2.1\u{a0}9 typ host",
        "candidate:2\u{e9} 1 udp 1 192.0.2.1 9 typ host",
    ];
    for line in bad {
        assert_eq!(Candidate::parse_local(line), Err(BadCandidate::Malformed), "{line:?}");
    }
    let long = format!("candidate:{} 1 udp 1 192.0.2.1 9 typ host", "2".repeat(33));
    assert_eq!(Candidate::parse_local(&long), Err(BadCandidate::Malformed));
    let padded = |length: usize| format!("{good} x {}", "y".repeat(length - good.len() - 3));
    assert!(Candidate::parse_local(&padded(MAX_CANDIDATE_LINE)).is_ok());
    assert_eq!(Candidate::parse_local(&padded(MAX_CANDIDATE_LINE + 1)), Err(BadCandidate::Malformed));
}

#[test]
fn a_remote_can_name_single_hosts_only() {
    let refused = [
        Address::V4([0, 0, 0, 0]),
        Address::V4([0, 1, 2, 3]),
        Address::V4([224, 0, 0, 251]),
        Address::V4([239, 255, 255, 250]),
        Address::V4([255, 255, 255, 255]),
        v6("::"),
        v6("ff02::fb"),
        v6("ff0e::1"),
        v6("::ffff:192.0.2.1"),
        v6("::ffff:224.0.0.251"),
        v6("::192.0.2.1"),
    ];
    for address in refused {
        assert_eq!(host(address), Err(BadCandidate::Address), "{address}");
        let bytes = postcard::to_allocvec(&(CandidateKind::Host, 1u32, address, 1u16)).unwrap();
        assert!(postcard::from_bytes::<Candidate>(&bytes).is_err(), "{address}");
    }
    let allowed = [
        Address::V4([127, 0, 0, 1]),
        Address::V4([10, 0, 0, 255]),
        Address::V4([223, 255, 255, 255]),
        Address::V4([240, 0, 0, 1]),
        v6("::1"),
        v6("fe80::1"),
        v6("2001:db8::1"),
        v6("64:ff9b::c000:201"),
        Address::Mdns(UUID),
    ];
    for address in allowed {
        assert!(host(address).is_ok(), "{address}");
    }
}

#[test]
fn ports_priorities_and_kinds_have_bounds() {
    let address = Address::V4([192, 0, 2, 1]);
    let with = |priority, port| Candidate::new(CandidateKind::Relay, priority, address, port).map(drop);
    assert_eq!(with(1, 1), Ok(()));
    assert_eq!(with((1 << 31) - 1, 65_535), Ok(()));
    assert_eq!(with(1 << 31, 1), Err(BadCandidate::Priority));
    assert_eq!(with(0, 1), Err(BadCandidate::Priority));
    assert_eq!(with(1, 0), Err(BadCandidate::Port));
    for kind in [CandidateKind::Srflx, CandidateKind::Prflx, CandidateKind::Relay] {
        assert_eq!(Candidate::new(kind, 1, Address::Mdns(UUID), 1), Err(BadCandidate::Kind));
    }
}

#[test]
fn hidden_names_are_written_as_the_browser_wrote_them() {
    let name = "88811c8f-d065-416b-8153-c9a759090628.local";
    assert_eq!(Address::Mdns(UUID).to_string(), name);
    assert_eq!(Address::parse(name), Some(Address::Mdns(UUID)));
    let zeros = "00000000-0000-0000-0000-000000000001.local";
    assert_eq!(Address::parse(zeros).unwrap().to_string(), zeros);
}

#[test]
fn a_foundation_stands_for_kind_and_address() {
    let address = Address::V4([192, 0, 2, 1]);
    let foundation =
        |kind, priority, address, port| Candidate::new(kind, priority, address, port).unwrap().foundation();
    let one = foundation(CandidateKind::Host, 5, address, 6);
    assert_eq!(one, foundation(CandidateKind::Host, 7, address, 8));
    assert_ne!(one, foundation(CandidateKind::Srflx, 5, address, 6));
    assert_ne!(one, foundation(CandidateKind::Host, 5, Address::V4([192, 0, 2, 2]), 6));
}

#[test]
fn one_candidate_past_each_limit_is_not_admitted() {
    let plain = host(Address::V4([192, 0, 2, 1])).unwrap();
    let hidden = host(Address::Mdns(UUID)).unwrap();
    let mut count = CandidateCount::default();
    assert!((0..MAX_MDNS).all(|_| count.admit(&hidden)));
    assert!(!count.admit(&hidden));
    assert!((MAX_MDNS..MAX_CANDIDATES).all(|_| count.admit(&plain)), "a refused one was counted");
    assert!(!count.admit(&plain) && !count.admit(&hidden));
}

/// Whatever is done to a line: refused, left out, or one line of the same grammar.
#[test]
fn mangled_lines_never_give_more_than_a_candidate() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut read = 0;
    for round in 0..30_000u32 {
        let (line, rendered) = REAL[usize::try_from(round).unwrap() % REAL.len()];
        let mut bytes = line.as_bytes().to_vec();
        mangle(&mut rng, &mut bytes);
        let Ok(line) = String::from_utf8(bytes) else { continue };
        let Ok(Some(candidate)) = Candidate::parse_local(&line) else { continue };
        read += 1;
        let words = |text: &str| text.split(' ').count();
        let again = candidate.render();
        assert!(again.is_ascii() && !again.contains(['\r', '\n', '\0']), "round {round}");
        assert!(words(&again) <= words(rendered) + 5, "round {round}");
        assert_eq!(Candidate::parse_local(&again), Ok(Some(candidate)), "round {round}");
    }
    assert!(read > 1_000, "only {read} were read: the test shows nothing");
}

#[test]
fn mangled_bytes_never_give_an_invalid_candidate() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let good: Vec<Vec<u8>> = REAL
        .iter()
        .map(|(line, _)| postcard::to_allocvec(&Candidate::parse_local(line).unwrap().unwrap()).unwrap())
        .collect();
    for round in 0..30_000usize {
        let mut bytes = good[round % good.len()].clone();
        mangle(&mut rng, &mut bytes);
        if let Ok(candidate) = postcard::from_bytes::<Candidate>(&bytes) {
            assert_eq!(Candidate::parse_local(&candidate.render()), Ok(Some(candidate)), "round {round}");
        }
    }
}

#[test]
fn every_refusal_says_why() {
    let why = [
        BadCandidate::Malformed,
        BadCandidate::Address,
        BadCandidate::Port,
        BadCandidate::Priority,
        BadCandidate::Kind,
    ];
    let mut said: Vec<String> = why.iter().map(ToString::to_string).collect();
    said.sort();
    said.dedup();
    assert!(said.len() == why.len() && said.iter().all(|text| !text.is_empty()), "{said:?}");
}
