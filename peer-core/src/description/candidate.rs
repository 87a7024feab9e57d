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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
mod tests;
