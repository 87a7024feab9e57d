//! The right to use a TURN server (RFC 8656) for a while: what the server hands to peers that are meeting.

use crate::malformed::Malformed;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// Most URLs of one TURN server: UDP, TCP and TLS, and one to spare.
pub const MAX_TURN_URLS: usize = 4;
/// Longest such URL, in bytes: the longest host name and what stands around it.
pub const MAX_TURN_URL: usize = 300;
/// Longest user name and longest credential, in bytes; coturn's take 30 to 40.
pub const MAX_TURN_WORD: usize = 128;
/// Longest life of a credential, in seconds.
pub const MAX_TURN_LIFE: u32 = 600;

/// A TURN server and the short-lived right to use it. Whoever reads it can use the server, so it has no telling `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    urls: Vec<String>,
    username: String,
    credential: String,
    lifetime_s: u32,
}

impl Turn {
    /// The right to use the server at `urls` for `lifetime_s` seconds.
    ///
    /// # Errors
    /// [`Malformed`] unless there are 1 to [`MAX_TURN_URLS`] URLs that are [`is_turn_url`], words of 1 to
    /// [`MAX_TURN_WORD`] printable ASCII characters, and a life of 1 to [`MAX_TURN_LIFE`] seconds.
    pub fn new(
        urls: Vec<String>,
        username: String,
        credential: String,
        lifetime_s: u32,
    ) -> Result<Self, Malformed> {
        let turn = Self { urls, username, credential, lifetime_s };
        if turn.is_sound() { Ok(turn) } else { Err(Malformed) }
    }

    /// The URLs of one TURN server, to be tried together.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// User name, good for this credential only.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// What proves the user name.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// Seconds for which a connection can be begun with it; one that was begun in time goes on.
    pub fn lifetime_s(&self) -> u32 {
        self.lifetime_s
    }

    pub(crate) fn is_sound(&self) -> bool {
        let word = |text: &str| {
            (1..=MAX_TURN_WORD).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        (1..=MAX_TURN_URLS).contains(&self.urls.len())
            && self.urls.iter().all(|url| is_turn_url(url))
            && word(&self.username)
            && word(&self.credential)
            && (1..=MAX_TURN_LIFE).contains(&self.lifetime_s)
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turn(..)")
    }
}

/// Whether `url` is `turn:` or `turns:`, a host, and at most a port and a transport (RFC 7065), in at most
/// [`MAX_TURN_URL`] bytes: a browser throws on anything else, and then no connection would be made at all.
pub fn is_turn_url(url: &str) -> bool {
    let rest = url.strip_prefix("turn:").or_else(|| url.strip_prefix("turns:"));
    let Some(rest) = rest.filter(|_| url.len() <= MAX_TURN_URL) else { return false };
    let authority = match rest.split_once('?') {
        None => rest,
        Some((authority, "transport=udp" | "transport=tcp")) => authority,
        Some(_) => return false,
    };
    let (host_is_sound, port) = if let Some(v6) = authority.strip_prefix('[') {
        let Some((v6, port)) = v6.split_once(']') else { return false };
        (v6.parse::<core::net::Ipv6Addr>().is_ok(), port)
    } else {
        let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        let label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        (host.split('.').all(label), port)
    };
    let port_is_sound = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.parse::<u16>().is_ok_and(|port| port > 0)
        }
    };
    host_is_sound && port_is_sound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ServerMessage;
    use alloc::format;
    use alloc::vec;

    fn turn(urls: usize, url: usize, word: usize, lifetime_s: u32) -> Turn {
        let host = "a".repeat(url - "turn:".len());
        let word = "b".repeat(word);
        Turn {
            urls: vec![format!("turn:{host}"); urls],
            username: word.clone(),
            credential: word,
            lifetime_s,
        }
    }

    fn comes_back(turn: Turn) -> bool {
        let message = ServerMessage::Turn { turn: Some(turn) };
        ServerMessage::decode(&message.encode()) == Ok(message)
    }

    #[test]
    fn one_past_each_bound_is_refused() {
        let most = turn(MAX_TURN_URLS, MAX_TURN_URL, MAX_TURN_WORD, MAX_TURN_LIFE);
        assert!(comes_back(most), "and it fits a message");
        for past in [
            turn(0, 10, 8, 60),
            turn(MAX_TURN_URLS + 1, 10, 8, 60),
            turn(1, MAX_TURN_URL + 1, 8, 60),
            turn(1, 10, 0, 60),
            turn(1, 10, MAX_TURN_WORD + 1, 60),
            turn(1, 10, 8, 0),
            turn(1, 10, 8, MAX_TURN_LIFE + 1),
        ] {
            assert!(!comes_back(past));
        }
        for word in ["", "a b", "a\n", "ä", "\0"] {
            let urls = vec!["turn:example.org".into()];
            assert!(Turn::new(urls.clone(), word.into(), "ok".into(), 60).is_err(), "{word:?}");
            assert!(Turn::new(urls, "ok".into(), word.into(), 60).is_err(), "{word:?}");
        }
    }

    #[test]
    fn what_was_handed_out_is_what_is_used() {
        let urls = vec!["turn:host".into(), "turns:host".into()];
        let turn = Turn::new(urls.clone(), "user".into(), "secret".into(), 60).unwrap();
        let made = (turn.urls(), turn.username(), turn.credential(), turn.lifetime_s());
        assert_eq!(made, (&urls[..], "user", "secret", 60));
    }

    #[test]
    fn only_what_a_browser_takes_is_a_turn_url() {
        for good in [
            "turn:example.org",
            "turn:example.org:3478",
            "turns:192.0.2.1:5349?transport=tcp",
            "turn:[2001:db8::1]:3478?transport=udp",
            "turn:[::1]",
        ] {
            assert!(is_turn_url(good), "{good}");
        }
        for bad in [
            "",
            "turn:",
            "turn::3478",
            "turn:[::1",
            "turn:[zz]",
            "turn:[::1]3478",
            "turn:a..b",
            "turn:a:0",
            "turn:a:+1",
            "turn:a:99999",
            "turn:a:",
            "turn:a b",
            "turn:a/x",
            "turn:u@a",
            "turn:a?transport=sctp",
            "turn:a?transport=udp&x",
            "turn://a",
            "TURN:a",
            "stun:a",
            "https://a",
        ] {
            assert!(!is_turn_url(bad), "{bad}");
        }
    }

    #[test]
    fn the_right_to_use_a_turn_server_is_not_printed() {
        let turn = Turn::new(vec!["turn:host".into()], "user".into(), "secret".into(), 60).unwrap();
        let printed = format!("{:?}", ServerMessage::Turn { turn: Some(turn) });
        assert_eq!(printed, "Turn { turn: Some(Turn(..)) }");
    }
}
