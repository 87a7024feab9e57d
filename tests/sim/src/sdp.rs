//! Session descriptions as Chromium and Firefox write them, and what a browser reads from a remote one.
//! This is the simulated *browser*; the engine's own grammar is peer-core's `description`.

use crate::rng::Rng;
use peer_core::id::Fingerprint;

/// Which browser a node imitates: how it writes descriptions and whether it tells the remote's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Tells the fingerprint that the remote really showed.
    Chromium,
    /// Does not tell it; its DTLS compares with the description all the same.
    Firefox,
}

/// What ICE and DTLS of one connection go by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) ufrag: String,
    pub(crate) pwd: String,
    pub(crate) fingerprint: Fingerprint,
}

const HEX: &[u8] = b"0123456789abcdef";
const ICE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Credentials {
    /// Fresh ones, as the browser draws them.
    pub(crate) fn fresh(flavour: Flavour, rng: &mut Rng) -> Self {
        let (ufrag, pwd) = match flavour {
            Flavour::Chromium => (rng.text(4, ICE), rng.text(24, ICE)),
            Flavour::Firefox => (rng.text(8, HEX), rng.text(32, HEX)),
        };
        Self { ufrag, pwd, fingerprint: Fingerprint(rng.bytes()) }
    }
}

/// The local description: what `createOffer` or `createAnswer` returns.
pub(crate) fn local(flavour: Flavour, offer: bool, own: &Credentials, rng: &mut Rng) -> String {
    let Credentials { ufrag, pwd, .. } = own;
    let session = rng.below(1 << 62);
    let fingerprint: Vec<String> = own.fingerprint.0.iter().map(|byte| format!("{byte:02X}")).collect();
    let fingerprint = fingerprint.join(":");
    let setup = if offer { "actpass" } else { "active" };
    let lines = match flavour {
        Flavour::Chromium => vec![
            "v=0".into(),
            format!("o=- {session} 2 IN IP4 127.0.0.1"),
            "s=-".into(),
            "t=0 0".into(),
            "a=group:BUNDLE 0".into(),
            "a=extmap-allow-mixed".into(),
            "a=msid-semantic: WMS".into(),
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel".into(),
            "c=IN IP4 0.0.0.0".into(),
            format!("a=ice-ufrag:{ufrag}"),
            format!("a=ice-pwd:{pwd}"),
            "a=ice-options:trickle".into(),
            format!("a=fingerprint:sha-256 {fingerprint}"),
            format!("a=setup:{setup}"),
            "a=mid:0".into(),
            "a=sctp-port:5000".into(),
            "a=max-message-size:262144".into(),
        ],
        Flavour::Firefox => vec![
            "v=0".into(),
            format!("o=mozilla...THIS_IS_SDPARTA-99.0 {session} 0 IN IP4 0.0.0.0"),
            "s=-".into(),
            "t=0 0".into(),
            format!("a=fingerprint:sha-256 {fingerprint}"),
            "a=group:BUNDLE 0".into(),
            "a=ice-options:trickle".into(),
            "a=msid-semantic:WMS *".into(),
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel".into(),
            "c=IN IP4 0.0.0.0".into(),
            "a=sendrecv".into(),
            format!("a=ice-pwd:{pwd}"),
            format!("a=ice-ufrag:{ufrag}"),
            "a=mid:0".into(),
            format!("a=setup:{setup}"),
            "a=sctp-port:5000".into(),
            "a=max-message-size:1073741823".into(),
        ],
    };
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

/// What `setRemoteDescription` takes from `sdp`; a browser would throw where this panics, and the engine
/// only ever renders its own template.
pub(crate) fn remote(sdp: &str, offer: bool) -> Credentials {
    assert_eq!(sdp.matches("m=").count(), 1, "one m-line: {sdp}");
    assert!(sdp.starts_with("v=0\r\n") && sdp.ends_with("\r\n"), "line ends: {sdp:?}");
    let only = |name: &str| {
        let mut found = sdp.lines().filter_map(|line| line.strip_prefix(name));
        let value = found.next().unwrap_or_else(|| panic!("{name} is missing in {sdp}"));
        assert!(found.next().is_none(), "{name} twice in {sdp}");
        value.to_owned()
    };
    assert_eq!(only("a=setup:"), if offer { "actpass" } else { "active" });
    assert_eq!(only("a=sctp-port:"), "5000");
    assert_eq!(only("a=mid:"), "0");
    let fingerprint = only("a=fingerprint:sha-256 ");
    let bytes: Vec<u8> = fingerprint
        .split(':')
        .map(|hex| u8::from_str_radix(hex, 16).expect("two hexadecimal digits in a fingerprint"))
        .collect();
    Credentials {
        ufrag: only("a=ice-ufrag:"),
        pwd: only("a=ice-pwd:"),
        fingerprint: Fingerprint(bytes.try_into().expect("32 bytes in a sha-256 fingerprint")),
    }
}

/// A local candidate and the address behind it.
pub(crate) struct Candidate {
    pub(crate) line: String,
    pub(crate) address: (String, u16),
}

/// The candidates a page without camera permission sees: a hidden host name, its TCP twin, and what STUN saw.
pub(crate) fn candidates(flavour: Flavour, ufrag: &str, ip: &str, rng: &mut Rng) -> Vec<Candidate> {
    let name = format!(
        "{}-{}-4{}-a{}-{}.local",
        rng.text(8, HEX),
        rng.text(4, HEX),
        rng.text(3, HEX),
        rng.text(3, HEX),
        rng.text(12, HEX)
    );
    let port = 1024 + rng.below(60_000) as u16;
    let outer = 1024 + rng.below(60_000) as u16;
    let lines = match flavour {
        Flavour::Chromium => {
            let tail = format!("generation 0 ufrag {ufrag} network-cost 999");
            vec![
                (
                    format!("candidate:2999745851 1 udp 2113937151 {name} {port} typ host {tail}"),
                    &*name,
                    port,
                ),
                (
                    format!("candidate:3467312013 1 tcp 1518280447 {name} 9 typ host tcptype active {tail}"),
                    "",
                    9,
                ),
                (
                    format!(
                        "candidate:842163049 1 udp 1677729535 {ip} {outer} typ srflx raddr 0.0.0.0 rport 0 {tail}"
                    ),
                    ip,
                    outer,
                ),
            ]
        }
        Flavour::Firefox => vec![
            (format!("candidate:0 1 UDP 2122252543 {name} {port} typ host"), &*name, port),
            (format!("candidate:1 1 TCP 2105524479 {name} 9 typ host tcptype active"), "", 9),
            (format!("candidate:2 1 UDP 1686052863 {ip} {outer} typ srflx raddr 0.0.0.0 rport 0"), ip, outer),
        ],
    };
    lines.into_iter().map(|(line, host, port)| Candidate { line, address: (host.to_owned(), port) }).collect()
}

/// Address and port of a remote candidate line.
pub(crate) fn candidate_address(line: &str) -> (String, u16) {
    let words: Vec<&str> = line.split(' ').collect();
    assert!(words.len() >= 8 && words[0].starts_with("candidate:"), "a candidate line: {line}");
    assert!(words[2].eq_ignore_ascii_case("udp"), "only UDP crosses: {line}");
    (words[4].to_owned(), words[5].parse().expect("a port in a candidate line"))
}
