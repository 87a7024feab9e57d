//! What one server is: the page, the meeting point, or both; and the address under which a page elsewhere meets.

use signal_proto::PATH;
use std::fmt;
use std::str::FromStr;

/// What is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Serves {
    /// The page, and signaling for it.
    #[default]
    Both,
    /// Signaling for pages that come from elsewhere.
    Signaling,
    /// The page, which meets elsewhere.
    Page(SignalingUrl),
}

impl Serves {
    /// Where the page meets, if not here.
    pub(crate) fn elsewhere(&self) -> Option<&SignalingUrl> {
        match self {
            Self::Both | Self::Signaling => None,
            Self::Page(url) => Some(url),
        }
    }
}

/// Address of a signaling server as a page connects to it: `wss://host[:port][/path]`, or `ws://` for the same computer.
///
/// It is written into the page's policy, whose grammar has no IPv6 addresses; and nothing but names, ports and plain
/// paths may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalingUrl {
    /// Scheme, host and port.
    source: String,
    path: String,
}

/// Not the address of a signaling server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotASignalingUrl;

impl SignalingUrl {
    /// What the page's policy must allow.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }
}

impl FromStr for SignalingUrl {
    type Err = NotASignalingUrl;

    fn from_str(text: &str) -> Result<Self, NotASignalingUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(NotASignalingUrl)?;
        if !["ws", "wss"].contains(&scheme) {
            return Err(NotASignalingUrl);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
        let is_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let is_path = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        let port_is_sound =
            port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0);
        if host.is_empty() || !host.chars().all(is_host) || !port_is_sound || !path.chars().all(is_path) {
            return Err(NotASignalingUrl);
        }
        let path = if path.len() > 1 { path } else { PATH };
        Ok(Self { source: format!("{scheme}://{}", authority.to_ascii_lowercase()), path: path.to_owned() })
    }
}

impl fmt::Display for SignalingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.source, self.path)
    }
}

impl fmt::Display for NotASignalingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected wss://HOST[:PORT][/PATH] with a name or an IPv4 address")
    }
}

impl std::error::Error for NotASignalingUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_the_server_s_own_path_unless_another_is_given() {
        for (text, source, whole) in [
            ("wss://signal.test", "wss://signal.test", "wss://signal.test/signal"),
            ("wss://Signal.test/", "wss://signal.test", "wss://signal.test/signal"),
            ("ws://127.0.0.1:8081", "ws://127.0.0.1:8081", "ws://127.0.0.1:8081/signal"),
            ("wss://signal.test:8443/a/b", "wss://signal.test:8443", "wss://signal.test:8443/a/b"),
        ] {
            let url: SignalingUrl = text.parse().unwrap();
            assert_eq!((url.source(), url.to_string().as_str()), (source, whole), "{text}");
        }
    }

    #[test]
    fn nothing_else_gets_into_the_page_s_policy() {
        for bad in [
            "",
            "signal.test",
            "https://signal.test",
            "wss://",
            "wss:///signal",
            "wss://a;script-src *",
            "wss://a; b",
            "wss://a,b",
            "wss://*",
            "wss://a'",
            "wss://user@a",
            "wss://a:0",
            "wss://a:",
            "wss://a:99999",
            "wss://a:+1",
            "wss://[::1]:8080",
            "wss://a/?x",
            "wss://a/#x",
            "wss://a/b;c",
            "wss://\u{fc}.test",
        ] {
            assert_eq!(bad.parse::<SignalingUrl>(), Err(NotASignalingUrl), "{bad}");
        }
    }
}
