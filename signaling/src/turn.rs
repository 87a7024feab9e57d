//! The right to use a TURN server for a while, for who is meeting: coturn's `use-auth-secret`, where the user name
//! tells until when and for whom, and the credential proves it under a secret that only the two servers know.
//! PROTOCOL.md, *TURN*.
//!
//! The secret must never be printed, logged or sent; whom a credential may be given to is decided at the `desk`.

pub(crate) mod desk;

use crate::network::Network;
use base64ct::{Base64, Encoding};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use signal_proto::{MAX_TURN_LIFE, MAX_TURN_URLS, Turn, is_turn_url};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

/// Shortest secret, in bytes: shorter ones can be guessed from one credential.
const MIN_SECRET: usize = 16;
/// Longest, in bytes; coturn takes no more than a line of its configuration.
const MAX_SECRET: usize = 1_024;
/// What the key for names is derived from the secret with, so that all nodes give an address the same name.
const NAMES: &[u8] = b"linkspan turn names 1";

/// A TURN server by its URL (RFC 7065): `turn:host[:port][?transport=udp|tcp]`, or `turns:` for TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnUrl(String);

/// Not a TURN server's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATurnUrl;

/// What this server and the TURN server share. Forgotten from memory when dropped; has no `Debug` on purpose.
pub struct Secret(Zeroizing<Vec<u8>>);

/// Why there is no secret.
#[derive(Debug)]
pub enum NoSecret {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// It holds less than 16 bytes or more than a line of 1,024.
    BadLength,
}

/// A TURN server and the power to let others use it.
pub struct TurnServer {
    urls: Vec<TurnUrl>,
    secret: Secret,
    /// The key under which names stand for addresses.
    names: Zeroizing<[u8; 20]>,
}

impl TurnServer {
    /// The server at `urls`, of which [`MAX_TURN_URLS`] are told.
    pub fn new(urls: Vec<TurnUrl>, secret: Secret) -> Self {
        let names = Zeroizing::new(mac(&secret.0, &[NAMES]));
        Self { urls, secret, names }
    }

    /// The right to use it from `now` for `life`, which at most [`MAX_TURN_LIFE`] seconds are given of. Whatever else
    /// somebody at `ip` asks for and gets is under the same name, so that the TURN server's quota of a user holds for
    /// an address; all addresses of a site (IPv6 /48) share `names_of_site` of them.
    pub fn right(&self, ip: IpAddr, names_of_site: u32, now: SystemTime, life: Duration) -> Turn {
        let life = u32::try_from(life.as_secs()).unwrap_or(u32::MAX).clamp(1, MAX_TURN_LIFE);
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let name = self.name(ip, names_of_site);
        let username = format!("{}:{name:016x}", now.as_secs() + u64::from(life));
        let credential = self.secret.prove(&username);
        let urls = self.urls.iter().take(MAX_TURN_URLS).map(|url| url.0.clone()).collect();
        Turn::new(urls, username, credential, life).expect("every part was made within its bounds")
    }

    /// What stands for `ip`: it tells the address to nobody who has not the secret.
    fn name(&self, ip: IpAddr, names_of_site: u32) -> u64 {
        let network = Network::from(ip);
        let Some(site) = network.site() else { return self.number(&[b"address", &network.octets()]) };
        let which = self.number(&[b"which", &network.octets()]) % u64::from(names_of_site.max(1));
        self.number(&[b"site", &site.octets(), &which.to_be_bytes()])
    }

    fn number(&self, of: &[&[u8]]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = mac(&*self.names, of);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

impl Secret {
    /// The first line of the file at `path`.
    ///
    /// # Errors
    /// [`NoSecret`] says why there is none.
    pub fn from_file(path: &Path) -> Result<Self, NoSecret> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET + 2));
        let file = File::open(path).map_err(NoSecret::Unreadable)?;
        file.take(MAX_SECRET as u64 + 1).read_to_end(&mut bytes).map_err(NoSecret::Unreadable)?;
        let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
        bytes.truncate(end);
        if (MIN_SECRET..=MAX_SECRET).contains(&end) { Ok(Self(bytes)) } else { Err(NoSecret::BadLength) }
    }

    fn prove(&self, username: &str) -> String {
        Base64::encode_string(&mac(&self.0, &[username.as_bytes()]))
    }
}

/// HMAC-SHA1 of all of `parts`, one after the other: what TURN servers check credentials with.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

impl FromStr for TurnUrl {
    type Err = NotATurnUrl;

    fn from_str(text: &str) -> Result<Self, NotATurnUrl> {
        if is_turn_url(text) { Ok(Self(text.to_owned())) } else { Err(NotATurnUrl) }
    }
}

impl fmt::Display for NotATurnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected turn:HOST[:PORT] or turns:HOST[:PORT], and at most ?transport=udp or ?transport=tcp",
        )
    }
}

impl std::error::Error for NotATurnUrl {}

impl fmt::Display for NoSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::BadLength => write!(f, "must hold one line of {MIN_SECRET} to {MAX_SECRET} bytes"),
        }
    }
}

impl std::error::Error for NoSecret {}

impl fmt::Debug for TurnServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn secret(bytes: &[u8]) -> Result<Secret, NoSecret> {
        let path = std::env::temp_dir().join(format!("linkspan-{}-{}", std::process::id(), bytes.len()));
        std::fs::write(&path, bytes).unwrap();
        let secret = Secret::from_file(&path);
        std::fs::remove_file(&path).unwrap();
        secret
    }

    fn server(bytes: &[u8]) -> TurnServer {
        TurnServer::new(vec!["turn:example.org".parse().unwrap()], secret(bytes).unwrap())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// The part of a user name that coturn counts by.
    fn name(turn: &TurnServer, of: &str) -> String {
        let right = turn.right(ip(of), 4, SystemTime::now(), Duration::from_secs(60));
        right.username().split_once(':').unwrap().1.to_owned()
    }

    #[test]
    fn a_credential_is_what_coturn_computes() {
        // The key for names by `printf 'linkspan turn names 1' | openssl dgst -sha1 -hmac north-by-northwest`; the name by
        // `printf 'address\xc0\x00\x02\x01' | openssl dgst -sha1 -mac HMAC -macopt hexkey:KEY`, its first half; the credential
        // by `printf '1700000600:NAME' | openssl dgst -sha1 -hmac north-by-northwest -binary | base64`.
        let turn = server(b"north-by-northwest\n");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let right = turn.right(ip("192.0.2.1"), 4, now, Duration::from_secs(600));
        assert_eq!(right.username(), "1700000600:23ad5371e69e3bca");
        assert_eq!(right.credential(), "gZ9ukCL4WsSipQpYk1/xt71tAqI=");
        assert_eq!((right.urls(), right.lifetime_s()), (&["turn:example.org".to_owned()][..], 600));
    }

    #[test]
    fn nothing_lives_longer_than_ten_minutes_and_all_of_it_is_sound() {
        let urls: Vec<TurnUrl> = (1..9).map(|port| format!("turn:host:{port}").parse().unwrap()).collect();
        let turn = TurnServer::new(urls, secret(&[b'x'; 1_024]).unwrap());
        for (life, given) in [(0, 1), (60, 60), (601, 600), (u64::MAX, 600)] {
            let right = turn.right(ip("::1"), 0, SystemTime::now(), Duration::from_secs(life));
            assert_eq!((right.lifetime_s(), right.urls().len()), (given, MAX_TURN_URLS));
        }
    }

    #[test]
    fn an_address_has_one_name_at_every_node_and_nobody_else_can_tell_whose_it_is() {
        let nodes = [0, 1].map(|_| server(b"one secret for all the nodes"));
        let stranger = server(b"some other secret, as long");
        for same in [["192.0.2.1", "::ffff:192.0.2.1"], ["2001:db8::1", "2001:db8::ffff:2"]] {
            assert_eq!(name(&nodes[0], same[0]), name(&nodes[1], same[1]), "{same:?}");
            assert_ne!(name(&nodes[0], same[0]), name(&stranger, same[0]), "{same:?}");
        }
        assert_ne!(name(&nodes[0], "192.0.2.1"), name(&nodes[0], "192.0.2.2"));
        assert_ne!(name(&nodes[0], "2001:db8:0::1"), name(&nodes[0], "2001:db8:1::1"));
    }

    #[test]
    fn a_site_has_so_many_names_whichever_of_its_addresses_ask() {
        let turn = server(b"one secret for all the nodes");
        let names: BTreeSet<String> =
            (0..256).map(|n| name(&turn, &format!("2001:db8:0:{n:x}::1"))).collect();
        assert_eq!(names.len(), 4);
    }

    #[test]
    fn a_secret_is_one_line_that_cannot_be_guessed_and_is_never_printed() {
        assert!(secret(b"sixteen-is-least\r\nmore").is_ok());
        for bad in [&b""[..], b"\n", b"fifteen-is-less", b"\nsixteen-is-least", &[b'x'; 1_025]] {
            assert!(matches!(secret(bad), Err(NoSecret::BadLength)), "{bad:?}");
        }
        assert!(matches!(Secret::from_file(Path::new("/nowhere/at/all")), Err(NoSecret::Unreadable(_))));
        let turn = TurnServer::new(vec![], secret(b"canary-canary-canary").unwrap());
        assert_eq!(format!("{turn:?}"), "TurnServer { urls: [], .. }");
    }
}
