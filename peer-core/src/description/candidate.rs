//! ICE candidates: where a side may be reached. RFC 8839 section 5.1; hidden names: draft-ietf-mmusic-mdns-ice-candidates.

use super::{MAX_CANDIDATE_LINE, MAX_CANDIDATES, MAX_MDNS};
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};

/// One address where a side may be reached over UDP. Valid by construction, also when it was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Candidate {
    kind: CandidateKind,
    priority: u32,
    address: Address,
    port: u16,
}

/// How a side knows an address of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CandidateKind {
    /// From its own interface.
    Host,
    /// From a STUN server.
    Srflx,
    /// From a check of the other side.
    Prflx,
    /// On a TURN server.
    Relay,
}

/// An address as bytes; nothing that would have to be asked of a DNS server can be said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Address {
    /// IPv4.
    V4([u8; 4]),
    /// IPv6, without a zone.
    V6([u8; 16]),
    /// `<uuid>.local`, the name under which a browser hides an address from the page.
    Mdns([u8; 16]),
}

/// Why a candidate is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCandidate {
    /// Longer than [`MAX_CANDIDATE_LINE`] or not a candidate line.
    Malformed,
    /// Multicast, broadcast, unspecified, or IPv4 in disguise.
    Address,
    /// Port 0.
    Port,
    /// Not 1 to 2^31 − 1.
    Priority,
    /// A hidden name for what is not the own interface.
    Kind,
}

impl fmt::Display for BadCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "candidate malformed",
            Self::Address => "candidate address not allowed",
            Self::Port => "candidate port not allowed",
            Self::Priority => "candidate priority out of range",
            Self::Kind => "candidate kind does not fit its address",
        })
    }
}

impl core::error::Error for BadCandidate {}

impl Candidate {
    /// # Errors
    /// [`BadCandidate`] if it names no single host to send UDP to.
    pub fn new(
        kind: CandidateKind,
        priority: u32,
        address: Address,
        port: u16,
    ) -> Result<Self, BadCandidate> {
        if !address.is_single_host() {
            return Err(BadCandidate::Address);
        }
        if port == 0 {
            return Err(BadCandidate::Port);
        }
        if !(1..1 << 31).contains(&priority) {
            return Err(BadCandidate::Priority);
        }
        if matches!(address, Address::Mdns(_)) && kind != CandidateKind::Host {
            return Err(BadCandidate::Kind);
        }
        Ok(Self { kind, priority, address, port })
    }

    /// Reads a local candidate line (`candidate:…`). None for what is well formed but not carried: TCP, names
    /// other than `<uuid>.local`, addresses that [`Candidate::new`] refuses.
    ///
    /// # Errors
    /// [`BadCandidate::Malformed`] if it is not such a line.
    pub fn parse_local(line: &str) -> Result<Option<Self>, BadCandidate> {
        if line.len() > MAX_CANDIDATE_LINE {
            return Err(BadCandidate::Malformed);
        }
        match Line::parse(line).ok_or(BadCandidate::Malformed)? {
            Line { udp: true, address: Some(address), kind, priority, port } => {
                Ok(Self::new(kind, priority, address, port).ok())
            }
            Line { .. } => Ok(None),
        }
    }

    /// The line to add as a remote candidate, `candidate:…`.
    pub fn render(&self) -> String {
        let Self { kind, priority, address, port } = self;
        let foundation = self.foundation();
        let line = format!("candidate:{foundation} 1 udp {priority} {address} {port} typ {kind}");
        // The related address would only tell more about the other side's network; the grammar wants one.
        match (kind, address) {
            (CandidateKind::Host, _) => line,
            (_, Address::V4(_) | Address::Mdns(_)) => line + " raddr 0.0.0.0 rport 9",
            (_, Address::V6(_)) => line + " raddr :: rport 9",
        }
    }

    /// How its side knows the address.
    pub const fn kind(&self) -> CandidateKind {
        self.kind
    }

    /// The address.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Equal for candidates of one type and address, else different (RFC 8445 section 5.1.1.3).
    fn foundation(&self) -> u32 {
        let hash = blake3::hash(format!("{} {}", self.kind, self.address).as_bytes());
        let [a, b, c, d, ..] = *hash.as_bytes();
        u32::from_be_bytes([a, b, c, d])
    }
}

impl Address {
    /// Whether it can be the address of exactly one host. Loopback can: two tabs of one machine without a network.
    fn is_single_host(self) -> bool {
        match self {
            Self::V4(bytes) => is_single_v4(bytes),
            Self::V6(bytes) => {
                let ip = Ipv6Addr::from(bytes);
                // ::ffff:a.b.c.d and ::a.b.c.d would carry IPv4 past the rules above.
                ip.is_loopback() || !(ip.is_multicast() || bytes[..12] == MAPPED || bytes[..12] == [0; 12])
            }
            Self::Mdns(_) => true,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            Some(Self::V4(ip.octets()))
        } else if let Ok(ip) = text.parse::<Ipv6Addr>() {
            Some(Self::V6(ip.octets()))
        } else {
            Some(Self::Mdns(parse_uuid(text.strip_suffix(".local")?)?))
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(bytes) => Ipv4Addr::from(*bytes).fmt(f),
            Self::V6(bytes) => Ipv6Addr::from(*bytes).fmt(f),
            Self::Mdns(bytes) => {
                let hex = format!("{:032x}", u128::from_be_bytes(*bytes));
                let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
                write!(f, "{a}-{b}-{c}-{d}-{e}.local")
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for CandidateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Srflx => "srflx",
            Self::Prflx => "prflx",
            Self::Relay => "relay",
        })
    }
}

/// Counts the candidates of one side of one lane against [`MAX_CANDIDATES`] and [`MAX_MDNS`].
#[derive(Clone, Copy, Debug, Default)]
pub struct CandidateCount {
    all: usize,
    mdns: usize,
}

impl CandidateCount {
    /// Whether there is still room for `candidate`; counted only then. A remote that goes further misbehaves,
    /// of one's own the rest is left out.
    #[must_use]
    pub fn admit(&mut self, candidate: &Candidate) -> bool {
        let mdns = usize::from(matches!(candidate.address, Address::Mdns(_)));
        let room = self.all < MAX_CANDIDATES && self.mdns + mdns <= MAX_MDNS;
        if room {
            self.all += 1;
            self.mdns += mdns;
        }
        room
    }
}

/// As it comes off the wire.
#[derive(Deserialize)]
struct Unchecked {
    kind: CandidateKind,
    priority: u32,
    address: Address,
    port: u16,
}

impl TryFrom<Unchecked> for Candidate {
    type Error = BadCandidate;

    fn try_from(Unchecked { kind, priority, address, port }: Unchecked) -> Result<Self, BadCandidate> {
        Self::new(kind, priority, address, port)
    }
}

/// A candidate line taken apart; an address that cannot be carried is none.
struct Line {
    udp: bool,
    priority: u32,
    address: Option<Address>,
    port: u16,
    kind: CandidateKind,
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        if !line.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return None;
        }
        let mut words = line.strip_prefix("candidate:")?.split(' ');
        let foundation = words.next()?;
        let component = words.next()?;
        let transport = words.next()?;
        let priority = words.next()?;
        let address = words.next()?;
        let port = words.next()?;
        let typ = words.next()?;
        let kind = match words.next()? {
            "host" => CandidateKind::Host,
            "srflx" => CandidateKind::Srflx,
            "prflx" => CandidateKind::Prflx,
            "relay" => CandidateKind::Relay,
            _ => return None,
        };
        // What follows (raddr, rport, generation, ufrag …) are pairs of a name and a value.
        let pairs = words.try_fold(0u32, |count, word| (!word.is_empty()).then_some(count + 1))?;
        let fits = super::is_ice_text(foundation, 1, 32)
            && component == "1"
            && typ == "typ"
            && !address.is_empty()
            && pairs % 2 == 0;
        fits.then_some(Self {
            udp: match transport.to_ascii_lowercase().as_str() {
                "udp" => true,
                "tcp" | "ssltcp" => false,
                _ => return None,
            },
            priority: parse_number(priority)?,
            address: Address::parse(address),
            port: parse_number(port)?.try_into().ok()?,
            kind,
        })
    }
}

const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/// Neither "this network" (0.0.0.0/8), nor multicast, nor broadcast.
fn is_single_v4(bytes: [u8; 4]) -> bool {
    let ip = Ipv4Addr::from(bytes);
    !(bytes[0] == 0 || ip.is_multicast() || ip.is_broadcast())
}

/// Digits only (`parse` alone would take a sign).
fn parse_number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in either case.
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let lengths = text.split('-').map(str::len);
    if !lengths.eq([8, 4, 4, 4, 12]) || !text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(u128::from_str_radix(&text.replace('-', ""), 16).ok()?.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::tests::mangle;
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;
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
        let foundation = |kind, priority, address, port| {
            Candidate::new(kind, priority, address, port).unwrap().foundation()
        };
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
}
