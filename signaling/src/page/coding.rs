//! Which version of a file a browser takes: `Accept-Encoding` as RFC 9110 (12.4.2, 12.5.3) means it.
//!
//! Nothing is compressed here: versions are made when the page is built. Never guesses: a weight that is none makes
//! its element void.

use axum::http::{HeaderMap, header};

/// How a version of a file is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
    Identity,
}

/// The best first: where a browser has no preference, the smallest is sent.
pub(super) const CODINGS: [Coding; 3] = [Coding::Brotli, Coding::Gzip, Coding::Identity];

impl Coding {
    /// What stands behind the name of the file with this version.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }

    /// The token of the `Content-Encoding` header; none where it must not be sent.
    pub(super) fn token(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    fn is_called(self, name: &str) -> bool {
        let names: &[&str] = match self {
            Self::Brotli => &["br"],
            // The old name means the same (RFC 9110, 8.4.1.3).
            Self::Gzip => &["gzip", "x-gzip"],
            Self::Identity => &["identity"],
        };
        names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// What a request says about codings.
pub(super) struct Accepted {
    /// Names and weights in thousandths; none if the request has no such header.
    named: Option<Vec<(String, u16)>>,
}

impl Accepted {
    /// Reads all such lines of a header: several are one list.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(header::ACCEPT_ENCODING).iter().peekable();
        let said_something = lines.peek().is_some();
        let elements = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        let named = elements.filter_map(|element| element_of(element.trim())).collect();
        Self { named: said_something.then_some(named) }
    }

    /// The best of the codings in which the file is `there`; none if the browser takes none of them.
    pub(super) fn choose(&self, there: impl Fn(Coding) -> bool) -> Option<Coding> {
        let weighed =
            CODINGS.into_iter().filter(|coding| there(*coding)).map(|coding| (coding, self.weight(coding)));
        let taken = weighed.filter(|(_, weight)| *weight > 0);
        // The first of several equals, so not `max_by_key`.
        taken.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(coding, _)| coding)
    }

    /// In half thousandths, so that a file as it is comes last where it is taken without being named.
    fn weight(&self, coding: Coding) -> u16 {
        /// More than "not at all", less than any weight that can be written.
        const UNNAMED_IDENTITY: u16 = 1;
        let identity = coding == Coding::Identity;
        // Without the header anything may be sent; but then who asks is no browser, and takes the plain file surely.
        let Some(named) = &self.named else { return u16::from(identity) };
        let by_name = named.iter().find(|(name, _)| coding.is_called(name));
        match by_name.or_else(|| named.iter().find(|(name, _)| name == "*")) {
            Some((_, weight)) => weight * 2,
            None if identity => UNNAMED_IDENTITY,
            None => 0,
        }
    }
}

/// `name` or `name;q=weight`.
fn element_of(element: &str) -> Option<(String, u16)> {
    let (name, parameter) = match element.split_once(';') {
        Some((name, parameter)) => (name.trim_end(), Some(parameter.trim_start())),
        None => (element, None),
    };
    let weight = match parameter {
        Some(parameter) => {
            thousandths(parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?)?
        }
        None => 1_000,
    };
    (!name.is_empty()).then(|| (name.to_owned(), weight))
}

/// `0`, `1`, or with up to three digits behind the point; never more than one.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Coding::{Brotli, Gzip, Identity};

    fn accepted(lines: &[&str]) -> Accepted {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT_ENCODING, line.parse().unwrap());
        }
        Accepted::of(&headers)
    }

    #[test]
    fn the_smallest_that_a_browser_takes_as_gladly_as_any() {
        for (line, expected) in [
            ("gzip, deflate, br, zstd", Some(Brotli)),
            ("gzip, deflate", Some(Gzip)),
            ("GZIP", Some(Gzip)),
            ("x-gzip", Some(Gzip)),
            ("deflate, zstd", Some(Identity)),
            ("", Some(Identity)),
            ("br;q=0.5, gzip;q=0.8", Some(Gzip)),
            ("br ; q=0.5 , gzip ;q=0.5", Some(Brotli)),
            ("br;q=0.001", Some(Brotli)),
            ("br;q=0.5, identity", Some(Identity)),
            ("br;q=0.5, identity;q=0.5", Some(Brotli)),
            ("*", Some(Brotli)),
            ("br;q=0, *", Some(Gzip)),
            ("*;q=0.5, gzip", Some(Gzip)),
            ("br;q=0", Some(Identity)),
            ("gzip;q=0, br;q=0.000", Some(Identity)),
            ("*;q=0", None),
            ("identity;q=0", None),
            ("identity;q=0, gzip", Some(Gzip)),
            ("*;q=0, identity;q=0.1", Some(Identity)),
        ] {
            assert_eq!(accepted(&[line]).choose(|_| true), expected, "{line:?}");
        }
        assert_eq!(accepted(&[]).choose(|_| true), Some(Identity), "no header");
        assert_eq!(accepted(&["gzip", "br"]).choose(|_| true), Some(Brotli), "two lines are one list");
    }

    #[test]
    fn only_a_version_that_is_there_is_chosen() {
        assert_eq!(accepted(&["br, gzip"]).choose(|coding| coding != Brotli), Some(Gzip));
        assert_eq!(accepted(&["br, gzip"]).choose(|coding| coding == Identity), Some(Identity));
        assert_eq!(accepted(&["br, identity;q=0"]).choose(|coding| coding == Identity), None);
    }

    #[test]
    fn a_weight_that_is_none_makes_its_element_void() {
        for weight in ["2", "1.001", "0.0001", "-1", "+0.5", ".5", "", "0,5", "0.5x", "\"1\"", "1e0"] {
            assert_eq!(accepted(&[&format!("br;q={weight}")]).choose(|_| true), Some(Identity), "{weight}");
        }
        assert_eq!(accepted(&["br;level=3"]).choose(|_| true), Some(Identity));
        for (weight, expected) in
            [("0", 0), ("0.", 0), ("0.5", 500), ("0.050", 50), ("1", 1000), ("1.000", 1000)]
        {
            assert_eq!(thousandths(weight), Some(expected), "{weight}");
        }
    }
}
