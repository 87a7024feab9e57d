//! The right to use a TURN server for a while, for who is meeting: coturn's `use-auth-secret`, where the user name
//! tells until when and the credential proves it under a secret that only the two servers know. PROTOCOL.md, *TURN*.
//!
//! The secret must never be printed, logged or sent; whom a credential may be given to is decided at the `desk`.

pub(crate) mod desk;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use signal_proto::{MAX_TURN_LIFE, MAX_TURN_URLS, Turn, is_turn_url};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

/// Shortest secret, in bytes: shorter ones can be guessed from one credential.
const MIN_SECRET: usize = 16;
/// Longest, in bytes; coturn takes no more than a line of its configuration.
const MAX_SECRET: usize = 1_024;

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
}

impl TurnServer {
    /// The server at `urls`, of which [`MAX_TURN_URLS`] are told.
    pub fn new(urls: Vec<TurnUrl>, secret: Secret) -> Self {
        Self { urls, secret }
    }

    /// The right to use it from `now` for `life`, which at most [`MAX_TURN_LIFE`] seconds are given of. The random
    /// word tells it from others given in the same second.
    pub fn right(&self, now: SystemTime, life: Duration, word: [u8; 8]) -> Turn {
        let life = u32::try_from(life.as_secs()).unwrap_or(u32::MAX).clamp(1, MAX_TURN_LIFE);
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let word = u64::from_be_bytes(word);
        let username = format!("{}:{word:016x}", now.as_secs() + u64::from(life));
        let credential = self.secret.prove(&username);
        let urls = self.urls.iter().take(MAX_TURN_URLS).map(|url| url.0.clone()).collect();
        Turn::new(urls, username, credential, life).expect("every part was made within its bounds")
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
        file.take(MAX_SECRET as u64 + 2).read_to_end(&mut bytes).map_err(NoSecret::Unreadable)?;
        let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
        bytes.truncate(end);
        if (MIN_SECRET..=MAX_SECRET).contains(&end) { Ok(Self(bytes)) } else { Err(NoSecret::BadLength) }
    }

    fn prove(&self, username: &str) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(username.as_bytes());
        Base64::encode_string(&mac.finalize().into_bytes())
    }
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

    fn secret(bytes: &[u8]) -> Result<Secret, NoSecret> {
        let path = std::env::temp_dir().join(format!("linkspan-{}-{}", std::process::id(), bytes.len()));
        std::fs::write(&path, bytes).unwrap();
        let secret = Secret::from_file(&path);
        std::fs::remove_file(&path).unwrap();
        secret
    }

    #[test]
    fn a_credential_is_what_coturn_computes() {
        // By `printf '1700000600:0000000000000001' | openssl dgst -sha1 -hmac north-by-northwest -binary | base64`.
        let turn = TurnServer::new(
            vec!["turn:example.org".parse().unwrap()],
            secret(b"north-by-northwest\n").unwrap(),
        );
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let right = turn.right(now, Duration::from_secs(600), 1u64.to_be_bytes());
        assert_eq!(right.username(), "1700000600:0000000000000001");
        assert_eq!(right.credential(), "02AoL29KvmZWcjX6RxryrSGZuzc=");
        assert_eq!((right.urls(), right.lifetime_s()), (&["turn:example.org".to_owned()][..], 600));
    }

    #[test]
    fn nothing_lives_longer_than_ten_minutes_and_all_of_it_is_sound() {
        let urls: Vec<TurnUrl> = (1..9).map(|port| format!("turn:host:{port}").parse().unwrap()).collect();
        let turn = TurnServer::new(urls, secret(&[b'x'; 1_024]).unwrap());
        for (life, given) in [(0, 1), (60, 60), (601, 600), (u64::MAX, 600)] {
            let right = turn.right(SystemTime::now(), Duration::from_secs(life), [0xff; 8]);
            assert_eq!((right.lifetime_s(), right.urls().len()), (given, MAX_TURN_URLS));
        }
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
