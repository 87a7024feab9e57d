//! Which pages may connect. A browser always names its page's origin, so this is what keeps other sites from using a
//! visitor's network position; what is no browser names none and is known by the sub-protocol that it speaks.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, header};
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;

/// Between two lines about the same refused origin: enough to find one that an operator looks for.
const SELDOM: Duration = Duration::from_mins(10);
/// Origins of each kind that are told of in that time: an operator has few pages, and nobody fills a disk.
const MOST_TOLD: usize = 4;
/// Characters of a header that are written down: the longest name that there is, and a port.
const LONGEST: usize = 270;

/// Where a page comes from (RFC 6454): `https://host[:port]`, or the same with `http`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// Not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let (scheme, rest) = text.split_once("://").ok_or(NotAnOrigin)?;
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(NotAnOrigin),
        };
        let (host, port) = host_and_port(rest, scheme.port()).ok_or(NotAnOrigin)?;
        Ok(Self { scheme, host, port })
    }
}

impl Scheme {
    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Whether a request with these headers may open a WebSocket: it names one of the `allowed` origins, or, if there
/// are none, the one that it was sent to; or none at all.
pub(crate) fn may_connect(headers: &HeaderMap, allowed: &[Origin]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    if origins.next().is_some() {
        return false;
    }
    let Ok(origin) = origin.to_str().map_err(|_| NotAnOrigin).and_then(Origin::from_str) else {
        return false;
    };
    if !allowed.is_empty() {
        return allowed.contains(&origin);
    }
    // Behind a proxy this server does not know its own scheme, so only the name and the port are compared.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = host.and_then(|host| host_and_port(host, origin.scheme.port()));
    own == Some((origin.host, origin.port))
}

/// Tells the operator of pages that may not connect, of each once in a while: mostly it is the operator's own, behind a
/// proxy that does not pass on the address which browsers see.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    /// Where those come from that were told of, and when.
    told: Mutex<Vec<(Kin, String, Instant)>>,
}

/// How near an origin is to what this server knows as its own. A program can name any, so each kind has its own bound:
/// who makes up names hides no page of a host that the operator has named, or that the request was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kin {
    /// On a host of `--page-origin`, but with another scheme or port.
    Named,
    /// On the host that the request was sent to, which a proxy said without its port.
    Addressed,
    Stranger,
}

impl Kin {
    fn of(origin: &str, host: &str, allowed: &[Origin]) -> Self {
        let Ok(origin) = origin.parse::<Origin>() else { return Self::Stranger };
        if allowed.iter().any(|own| own.host == origin.host) {
            return Self::Named;
        }
        let addressed = host_and_port(host, origin.scheme.port());
        if addressed.is_some_and(|(host, _)| host == origin.host) { Self::Addressed } else { Self::Stranger }
    }
}

impl Refusals {
    /// A page with these headers was refused, as it is none of `allowed`.
    pub(crate) fn notice(&self, headers: &HeaderMap, allowed: &[Origin], now: Instant) {
        let said = |name| headers.get(name).map(written).unwrap_or_default();
        let (origin, host) = (said(header::ORIGIN), said(header::HOST));
        if !self.is_news(Kin::of(&origin, &host, allowed), &origin, now) {
            return;
        }
        warn!(
            origin,
            host,
            "a page was refused: the request's Host is not where it comes from. If it is an origin that you know, let the \
             proxy pass on Host with its port, or name the origin with --page-origin"
        );
    }

    fn is_news(&self, kin: Kin, origin: &str, now: Instant) -> bool {
        let mut told = self.told.lock().expect("nobody panics while holding it");
        told.retain(|(_, _, at)| now < *at + SELDOM);
        let mut alike = told.iter().filter(|(other, ..)| *other == kin);
        let is_news = alike.clone().count() < MOST_TOLD && alike.all(|(_, other, _)| other != origin);
        if is_news {
            told.push((kin, origin.to_owned(), now));
        }
        is_news
    }
}

/// A header's text as a log may show it.
fn written(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

fn host_and_port(authority: &str, default_port: u16) -> Option<(String, u16)> {
    let authority: Authority = authority.parse().ok()?;
    let (host, port) = (authority.host(), authority.port_u16());
    let is_plain = !host.is_empty() && !authority.as_str().contains('@');
    // A port that is none, such as `host:` or `host:99999`.
    let port_is_sound = port.is_some_and(|port| port > 0) || authority.as_str() == host;
    (is_plain && port_is_sound).then(|| (host.to_ascii_lowercase(), port.unwrap_or(default_port)))
}

impl fmt::Display for NotAnOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected https://HOST[:PORT], without a path")
    }
}

impl std::error::Error for NotAnOrigin {}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(host: &str, origins: &[&str], list: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        for origin in origins {
            headers.append(header::ORIGIN, origin.parse().unwrap());
        }
        let list: Vec<Origin> = list.iter().map(|origin| origin.parse().unwrap()).collect();
        may_connect(&headers, &list)
    }

    #[test]
    fn without_a_list_only_the_own_page_or_no_page_may_connect() {
        for (host, origin) in [
            ("example.org", "https://example.org"),
            ("example.org", "http://example.org"),
            ("example.org:443", "https://example.org"),
            ("Example.org", "https://example.org:443"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
        ] {
            assert!(allowed(host, &[origin], &[]), "{origin} at {host}");
        }
        assert!(allowed("example.org", &[], &[]));
        for (host, origin) in [
            ("example.org", "https://example.com"),
            ("example.org", "https://example.org:8443"),
            ("example.org:80", "https://example.org"),
            ("example.org", "https://example.org.evil.test"),
            ("example.org", "https://evil.test/example.org"),
            ("example.org", "https://example.org@evil.test"),
            ("example.org", "https://evil.test@example.org"),
            ("example.org", "null"),
            ("example.org", "file://"),
            ("example.org", "chrome-extension://example.org"),
            ("example.org", ""),
        ] {
            assert!(!allowed(host, &[origin], &[]), "{origin} at {host}");
        }
        assert!(!allowed("example.org", &["https://example.org", "https://example.com"], &[]));
    }

    #[test]
    fn with_a_list_only_what_is_on_it_may_connect() {
        let list = ["https://page.test", "http://localhost:3000"];
        for origin in ["https://page.test", "https://page.test:443", "http://localhost:3000"] {
            assert!(allowed("signal.test", &[origin], &list), "{origin}");
        }
        assert!(allowed("signal.test", &[], &list), "no page at all");
        for origin in
            ["https://signal.test", "http://page.test", "http://localhost", "null", "https://a.page.test"]
        {
            assert!(!allowed("signal.test", &[origin], &list), "{origin}");
        }
    }

    fn at(start: Instant, second: u64) -> Instant {
        start + Duration::from_secs(second)
    }

    #[test]
    fn refused_pages_are_told_of_once_in_a_while_and_not_at_length() {
        let refusals = Refusals::default();
        let now = Instant::now();
        let told = [0, 1, 599, 600, 601, 1_199, 1_200]
            .map(|s| refusals.is_news(Kin::Stranger, "https://a.test", at(now, s)));
        assert_eq!(told, [true, false, false, true, false, false, true]);
        let long = HeaderValue::try_from("x".repeat(LONGEST + 1)).unwrap();
        assert_eq!(written(&long).len(), LONGEST);
        assert_eq!(written(&HeaderValue::from_bytes(b"a\xff\tb").unwrap()), "a\u{fffd}b");
    }

    #[test]
    fn who_forges_an_origin_does_not_hide_that_the_operators_own_is_refused() {
        let refusals = Refusals::default();
        let now = Instant::now();
        for second in [0, 600, 1_200] {
            assert!(refusals.is_news(Kin::Stranger, "https://forged.test", at(now, second)));
            assert!(
                refusals.is_news(Kin::Stranger, "https://own.test", at(now, second + 1)),
                "after {second} s"
            );
        }
    }

    #[test]
    fn who_forges_as_many_origins_as_are_told_of_hides_none_on_a_host_of_the_operators() {
        let refusals = Refusals::default();
        let now = Instant::now();
        let allowed = ["https://page.test:8443".parse().unwrap()];
        let news = |origin: &str, host: &str, second| {
            refusals.is_news(Kin::of(origin, host, &allowed), origin, at(now, second))
        };
        for second in [0, 600, 1_200] {
            for i in 0..MOST_TOLD {
                assert!(news(&format!("https://{i}.test"), "signal.test", second));
                // Whoever reaches the server without a proxy says the host, too.
                assert!(news(&format!("https://{i}.test:1"), &format!("{i}.test"), second));
            }
            assert!(!news("https://stranger.test", "signal.test", second));
            assert!(!news("https://addressed.test:1", "addressed.test", second));
            assert!(
                news("https://page.test", "signal.test", second),
                "the port was forgotten, after {second} s"
            );
        }
    }

    #[test]
    fn behind_a_proxy_that_says_no_port_the_own_page_is_told_of_whatever_strangers_name() {
        let refusals = Refusals::default();
        let now = Instant::now();
        let news = |origin: &str| refusals.is_news(Kin::of(origin, "own.test", &[]), origin, now);
        for forged in ["https://a.test", "https://b.test", "null", "own.test"] {
            assert!(news(forged), "{forged}");
        }
        assert!(!news("https://c.test"));
        assert!(news("https://Own.test:8443"));
        assert!(!news("https://Own.test:8443"));
    }

    #[test]
    fn one_origin_more_than_are_told_of_is_not_told_of_until_another_may_be_told_of_again() {
        let refusals = Refusals::default();
        let now = Instant::now();
        for i in 0..MOST_TOLD {
            assert!(refusals.is_news(Kin::Stranger, &format!("https://{i}.test"), now));
        }
        assert!(!refusals.is_news(Kin::Stranger, "https://own.test", at(now, 599)));
        assert!(refusals.is_news(Kin::Stranger, "https://own.test", at(now, 600)));
        assert!(refusals.told.lock().unwrap().len() <= MOST_TOLD);
    }

    #[test]
    fn an_origin_has_no_path_and_no_star() {
        for bad in [
            "*",
            "page.test",
            "https://page.test/",
            "https://",
            "ftp://a",
            "https://a:",
            "https://a:0",
            "https://:443",
            "https://user@a:443",
            "null",
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(NotAnOrigin), "{bad}");
        }
    }
}
