//! The text form of a [`Description`]: read exactly, written from a template. RFC 8866, 8839, 8841, 8122.

use super::{BadDescription, Description, MAX_MESSAGE, MAX_SDP};
use crate::base::id::Fingerprint;
use alloc::format;
use alloc::string::String;
use base16ct::upper;
use core::fmt::Write;

const MEDIA: &str = "application 9 UDP/DTLS/SCTP webrtc-datachannel";
const SCTP_PORT: u32 = 5000;

/// Reads what browsers make for data channels alone.
///
/// The lines must be those of one session and one section, each attribute that this protocol relies on must
/// stand there once with the value it relies on, and nothing may be there that would change their meaning.
/// Other attributes are passed over: they say something about our own browser, and are never forwarded.
pub(super) fn parse(sdp: &str) -> Result<Description, BadDescription> {
    if sdp.len() > MAX_SDP {
        return Err(BadDescription::TooLong);
    }
    let body = sdp.strip_suffix("\r\n").ok_or(BadDescription::Malformed)?;
    let mut lines = body.split("\r\n");
    if lines.next() != Some("v=0") {
        return Err(BadDescription::Malformed);
    }
    let mut found = Found::default();
    // The order of the lines that are not attributes: o s t, then m c.
    let mut rest = "ostmc".chars();
    for line in lines {
        let (kind, value) = split_line(line)?;
        if kind == 'a' {
            // An attribute before t= or between m= and c= is out of place.
            if !matches!(rest.as_str(), "mc" | "") {
                return Err(BadDescription::Malformed);
            }
            found.attribute(value)?;
            continue;
        }
        if kind == 'm' && rest.as_str() != "mc" {
            return Err(BadDescription::Sections);
        }
        if rest.next() != Some(kind) {
            return Err(BadDescription::Malformed);
        }
        if kind == 'm' && value != MEDIA {
            return Err(BadDescription::Sections);
        }
    }
    match rest.as_str() {
        "" => found.into_description(),
        "mc" => Err(BadDescription::Sections),
        _ => Err(BadDescription::Malformed),
    }
}

/// The description of a remote, `setup` being its DTLS role.
pub(super) fn render(description: &Description, setup: &str) -> String {
    let Description { ufrag, pwd, fingerprint } = description;
    let fingerprint = colons(fingerprint);
    format!(
        "v=0\r\n\
         o=- 1 1 IN IP4 0.0.0.0\r\n\
         s=-\r\n\
         t=0 0\r\n\
         a=group:BUNDLE 0\r\n\
         m={MEDIA}\r\n\
         c=IN IP4 0.0.0.0\r\n\
         a=mid:0\r\n\
         a=ice-ufrag:{ufrag}\r\n\
         a=ice-pwd:{pwd}\r\n\
         a=ice-options:trickle\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\n\
         a=setup:{setup}\r\n\
         a=sctp-port:{SCTP_PORT}\r\n\
         a=max-message-size:{MAX_MESSAGE}\r\n"
    )
}

/// The attributes that matter, each at most once.
#[derive(Default)]
struct Found<'a> {
    ufrag: Option<&'a str>,
    pwd: Option<&'a str>,
    fingerprint: Option<Fingerprint>,
    setup: Option<&'a str>,
    mid: Option<&'a str>,
    options: Option<&'a str>,
    sctp_port: Option<&'a str>,
    max_message: Option<&'a str>,
}

impl<'a> Found<'a> {
    fn attribute(&mut self, attribute: &'a str) -> Result<(), BadDescription> {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let slot = match name {
            "ice-ufrag" => &mut self.ufrag,
            "ice-pwd" => &mut self.pwd,
            "setup" => &mut self.setup,
            "mid" => &mut self.mid,
            "ice-options" => &mut self.options,
            "sctp-port" => &mut self.sctp_port,
            "max-message-size" => &mut self.max_message,
            "fingerprint" => {
                let fingerprint = parse_fingerprint(value).ok_or(BadDescription::Fingerprint)?;
                return match self.fingerprint.replace(fingerprint) {
                    None => Ok(()),
                    Some(_) => Err(BadDescription::Fingerprint),
                };
            }
            // Another way of keying, another transport or a lite agent: not what we render for the other side.
            "crypto" | "identity" | "ice-lite" | "sctpmap" => return Err(BadDescription::Constant),
            _ => return Ok(()),
        };
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => Err(BadDescription::Repeated),
        }
    }

    fn into_description(self) -> Result<Description, BadDescription> {
        let need = |value: Option<&'a str>| value.ok_or(BadDescription::Missing);
        let constants = [
            matches!(need(self.setup)?, "actpass" | "active"),
            need(self.mid)? == "0",
            need(self.options)?.split(' ').any(|option| option == "trickle"),
            need(self.sctp_port)?.parse() == Ok(SCTP_PORT),
            // Chromium says 262144, Firefox 1073741823; 0 means without limit.
            need(self.max_message)?.parse().is_ok_and(|max: u64| max == 0 || max >= MAX_MESSAGE.into()),
        ];
        if constants.contains(&false) {
            return Err(BadDescription::Constant);
        }
        let fingerprint = self.fingerprint.ok_or(BadDescription::Fingerprint)?;
        Description::new(need(self.ufrag)?.into(), need(self.pwd)?.into(), fingerprint)
    }
}

/// `x=value` with one lower-case letter and a value of visible ASCII and spaces.
fn split_line(line: &str) -> Result<(char, &str), BadDescription> {
    let (kind, value) = line.split_once('=').ok_or(BadDescription::Malformed)?;
    let mut letters = kind.chars();
    match (letters.next(), letters.next()) {
        (Some(letter @ 'a'..='z'), None) if !value.is_empty() && is_text(value) => Ok((letter, value)),
        _ => Err(BadDescription::Malformed),
    }
}

fn is_text(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// `sha-256 AB:CD:…`, 32 bytes in upper case (RFC 8122 section 5).
fn parse_fingerprint(value: &str) -> Option<Fingerprint> {
    let hex = value.strip_prefix("sha-256 ")?;
    let mut bytes = [0; 32];
    let mut pairs = hex.split(':');
    for byte in &mut bytes {
        let mut decoded = [0; 1];
        *byte = *upper::decode(pairs.next()?, &mut decoded).ok()?.first()?;
    }
    pairs.next().is_none().then_some(Fingerprint(bytes))
}

fn colons(fingerprint: &Fingerprint) -> String {
    let mut text = String::with_capacity(95);
    for (place, byte) in fingerprint.0.iter().enumerate() {
        let colon = if place == 0 { "" } else { ":" };
        write!(text, "{colon}{byte:02X}").expect("writing to a String has no failure");
    }
    text
}
