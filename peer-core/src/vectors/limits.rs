//! PROTOCOL.md's tables of limits held against the sources: every number in them is the code's, and every named
//! number in these sources stands in them. It reads the sources as text, because most limits are nobody's business
//! outside of their module, and those of the server and the browser shell are outside of this crate.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

macro_rules! sources {
    ($($path:literal),+ $(,)?) => { [$(($path, include_str!(concat!("../../../", $path)))),+] };
}

const SOURCES: [(&str, &str); 67] = sources![
    "peer-core/src/base/blob.rs",
    "peer-core/src/base/identity.rs",
    "peer-core/src/base/path.rs",
    "peer-core/src/base/path/visible.rs",
    "peer-core/src/description.rs",
    "peer-core/src/description/candidate.rs",
    "peer-core/src/description/sdp.rs",
    "peer-core/src/io.rs",
    "peer-core/src/link.rs",
    "peer-core/src/link/allowance.rs",
    "peer-core/src/log.rs",
    "peer-core/src/log/chat.rs",
    "peer-core/src/log/entry.rs",
    "peer-core/src/meeting.rs",
    "peer-core/src/meeting/conduit.rs",
    "peer-core/src/meeting/envelope.rs",
    "peer-core/src/meeting/handshake.rs",
    "peer-core/src/meeting/invitation.rs",
    "peer-core/src/meeting/invitation/mangled.rs",
    "peer-core/src/peer.rs",
    "peer-core/src/room.rs",
    "peer-core/src/room/door.rs",
    "peer-core/src/room/knocking.rs",
    "peer-core/src/room/links.rs",
    "peer-core/src/room/meet.rs",
    "peer-core/src/room/members.rs",
    "peer-core/src/room/mesh.rs",
    "peer-core/src/room/neighbour.rs",
    "peer-core/src/room/open.rs",
    "peer-core/src/room/outbox.rs",
    "peer-core/src/shelf/fetch.rs",
    "peer-core/src/shelf/fetch/asking.rs",
    "peer-core/src/shelf/fetch/speed.rs",
    "peer-core/src/shelf/fetch/writing.rs",
    "peer-core/src/shelf/serve.rs",
    "peer-core/src/shelf/serve/hashing.rs",
    "peer-core/src/signal.rs",
    "peer-core/src/signal/turn.rs",
    "peer-core/src/wire.rs",
    "peer-wasm/src/clock.rs",
    "peer-wasm/src/driver.rs",
    "peer-wasm/src/rtc/credit.rs",
    "peer-wasm/src/rtc/lane.rs",
    "peer-wasm/src/store.rs",
    "peer-wasm/src/store/journal.rs",
    "peer-wasm/src/store/opfs.rs",
    "peer-wasm/src/store/sources.rs",
    "signal-proto/src/lib.rs",
    "signal-proto/src/turn.rs",
    "signaling/src/accept.rs",
    "signaling/src/addresses/places.rs",
    "signaling/src/arguments/backplane.rs",
    "signaling/src/backplane.rs",
    "signaling/src/backplane/exchange.rs",
    "signaling/src/backplane/nodes.rs",
    "signaling/src/backplane/redis.rs",
    "signaling/src/hub/elsewhere.rs",
    "signaling/src/limits.rs",
    "signaling/src/limits/parse.rs",
    "signaling/src/operator.rs",
    "signaling/src/outbox.rs",
    "signaling/src/stun.rs",
    "signaling/src/switchboard/carry.rs",
    "signaling/src/switchboard/floor.rs",
    "signaling/src/tls.rs",
    "signaling/src/turn.rs",
    "signaling/src/ws.rs",
];

/// Numbers that bound nothing: names of kinds, versions, codes and sizes of fixed parts.
const NO_LIMITS: [&str; 31] = [
    "CREATE",
    "ADMIT",
    "SAY",
    "SHARE",
    "CLOSE",
    "WITHDRAW",
    "LEAVE",
    "NAME",
    "PAGE",
    "VERSION",
    "LENGTH",
    "HEADER",
    "CHECKSUM",
    "TAG",
    "ANSWER",
    "LANE_NONCES",
    "CHUNK_BITS",
    "SEGMENT_BITS",
    "SCTP_PORT",
    "COMPREHENSION_OPTIONAL",
    "BAD_MESSAGE",
    "TOO_FAST",
    "BAD_TAG",
    "IDLE",
    "TOO_SLOW",
    "GOING_AWAY",
    "TOO_LONG",
    "TOO_MANY_TAGS",
    "TOO_MUCH",
    "JOINED_TWICE",
    "NOTHING_JOINED",
];

/// A constant: its value, and whether it is a time (then in milliseconds).
#[derive(Clone, Copy, Debug, PartialEq)]
struct Constant {
    value: f64,
    is_time: bool,
}

/// File and name.
type Place = (String, String);

/// The text of each constant's expression.
fn expressions() -> BTreeMap<Place, (&'static str, bool)> {
    let mut found = BTreeMap::new();
    for (path, text) in SOURCES {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            let Some((_, rest)) = line.split_once("const ") else { continue };
            let Some((name, rest)) = rest.split_once(": ") else { continue };
            let Some((kind, rest)) = rest.split_once(" = ") else { continue };
            let Some(expression) = rest.strip_suffix(';') else { continue };
            let is_number = ["usize", "u8", "u16", "u32", "u64", "i32", "f64", "Duration"].contains(&kind);
            if is_number && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
                let is_time = kind == "Duration" || name.ends_with("_MS");
                found.insert((path.into(), name.into()), (expression, is_time));
            }
        }
    }
    found.extend(server_limits());
    found
}

/// The server's bounds are options with defaults: each field follows the attribute that has its default.
fn server_limits() -> BTreeMap<Place, (&'static str, bool)> {
    let path = "signaling/src/limits.rs";
    let (_, text) = SOURCES.into_iter().find(|(source, _)| *source == path).unwrap();
    let mut default = None;
    let mut found = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some((_, rest)) = line.split_once("default_value = \"") {
            default = rest.split_once('"').map(|(value, _)| value);
        }
        let field = line.strip_prefix("pub ").and_then(|field| field.strip_suffix(',')?.split_once(": "));
        if let Some((name, kind)) = field {
            let value = default.take().unwrap_or_else(|| panic!("{name} has no default"));
            found.insert((path.into(), format!("Limits::{name}")), (value, kind == "Duration"));
        }
    }
    found
}

/// Arithmetic on constants as far as these sources use it.
struct Reader<'a> {
    all: &'a BTreeMap<Place, (&'static str, bool)>,
    path: String,
    tokens: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    fn value(all: &'a BTreeMap<Place, (&'static str, bool)>, path: &str, text: &'static str) -> f64 {
        let mut reader = Self { all, path: path.into(), tokens: tokens(text) };
        reader.tokens.reverse();
        let value = reader.shift();
        assert!(reader.tokens.is_empty(), "{path}: {text}");
        value
    }

    fn takes(&mut self, token: &str) -> bool {
        let next = self.tokens.last() == Some(&token);
        if next {
            self.tokens.pop();
        }
        next
    }

    fn shift(&mut self) -> f64 {
        let mut value = self.sum();
        while self.takes("<<") {
            value *= self.sum().exp2();
        }
        value
    }

    fn sum(&mut self) -> f64 {
        let mut value = self.product();
        loop {
            if self.takes("+") {
                value += self.product();
            } else if self.takes("-") {
                value -= self.product();
            } else {
                return value;
            }
        }
    }

    fn product(&mut self) -> f64 {
        let mut value = self.atom();
        while self.takes("*") {
            value *= self.atom();
        }
        value
    }

    fn atom(&mut self) -> f64 {
        let token = self.tokens.pop().unwrap();
        let value = match token {
            "(" => {
                let value = self.shift();
                assert!(self.takes(")"));
                value
            }
            "Duration::from_secs" | "seconds" => self.atom() * 1_000.0,
            "Duration::from_millis" => self.atom(),
            number if number.starts_with(|c: char| c.is_ascii_digit()) => quantity(number),
            name => self.named(name),
        };
        if self.takes("as") {
            self.tokens.pop();
        }
        value
    }

    /// A constant of the same file, or by its path of any other.
    fn named(&self, name: &str) -> f64 {
        let (is_path, short) = match name.rsplit_once("::") {
            Some((_, short)) => (true, short),
            None => (false, name),
        };
        let here = (self.path.clone(), String::from(short));
        let place = if !is_path && self.all.contains_key(&here) {
            here
        } else {
            let others: Vec<&Place> =
                self.all.keys().filter(|(path, other)| other == short && *path != self.path).collect();
            // What both sides of signaling must agree on is imported from there.
            let shared = others.iter().find(|(path, _)| path.starts_with("signal-proto/"));
            let other = shared.or(others.first().filter(|_| others.len() == 1));
            (*other.unwrap_or_else(|| panic!("{}: which {name}?", self.path))).clone()
        };
        Self::value(self.all, &place.0, self.all[&place].0)
    }
}

/// A number, alone or with a unit as the server's options have them; times are milliseconds.
fn quantity(text: &str) -> f64 {
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    let scale = match unit {
        "" => 1.0,
        "KiB" => 1_024.0,
        "MiB" => 1_048_576.0,
        "ms" => 1.0,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        unit => panic!("{text}: {unit} is no unit here"),
    };
    number.replace('_', "").parse::<f64>().unwrap() * scale
}

fn tokens(text: &'static str) -> Vec<&'static str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let word = |c: char| c.is_ascii_alphanumeric() || "_:.".contains(c);
        let length = match rest.find(|c| !word(c)) {
            Some(0) if rest.starts_with("<<") => 2,
            Some(0) => 1,
            Some(length) => length,
            None => rest.len(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// The rows of the document's tables of limits.
fn rows() -> Vec<(Place, &'static str, &'static str)> {
    let (_, text) = super::PROTOCOL.split_once("\n## Limits\n").unwrap();
    let text = text.split_once("\n## ").map_or(text, |(section, _)| section);
    let cells = |line: &'static str| -> Vec<&'static str> { line.split('|').map(str::trim).collect() };
    let rows = text.lines().filter(|line| line.starts_with("| `")).map(cells);
    rows.map(|cells| {
        assert_eq!(cells.len(), 7, "name, value, unit, reason, file: {cells:?}");
        let plain = |cell: &str| String::from(cell.trim_matches('`'));
        assert!(!cells[4].is_empty(), "a limit has a reason: {}", cells[1]);
        ((plain(cells[5]), plain(cells[1])), cells[2], cells[3])
    })
    .collect()
}

#[test]
fn every_limit_in_the_document_is_the_codes() {
    let all = expressions();
    let rows = rows();
    assert!(rows.len() > 100, "the tables were found");
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(place, value, unit)| {
            let Some((text, is_time)) = all.get(place) else {
                return Some(format!("{} is not in {}", place.1, place.0));
            };
            let constant = Constant { value: Reader::value(&all, &place.0, text), is_time: *is_time };
            let scale = match (is_time, *unit) {
                (false, _) | (true, "ms") => 1.0,
                (true, "s") => 1_000.0,
                (true, "h") => 3_600_000.0,
                (true, unit) => panic!("{}: {unit} is no unit of time here", place.1),
            };
            let written = value.replace(',', "").parse::<f64>().unwrap() * scale;
            (written != constant.value).then(|| format!("{}: {value} {unit}, but {constant:?}", place.1))
        })
        .collect();
    assert!(wrong.is_empty(), "PROTOCOL.md, Limits:\n{}", wrong.join("\n"));
}

#[test]
fn every_limit_of_the_code_is_in_the_document() {
    let known: BTreeSet<Place> = rows().into_iter().map(|(place, ..)| place).collect();
    let all = expressions();
    let missing: Vec<String> = all
        .keys()
        .filter(|place| !known.contains(*place) && !NO_LIMITS.contains(&place.1.as_str()))
        .map(|place| {
            format!(
                "| `{}` | {} | unit | why | `{}` |",
                place.1,
                Reader::value(&all, &place.0, all[place].0),
                place.0
            )
        })
        .collect();
    assert!(missing.is_empty(), "PROTOCOL.md, Limits, needs a row for:\n{}", missing.join("\n"));
}

#[test]
fn every_close_code_in_the_document_is_the_codes() {
    let all = expressions();
    let codes = all
        .keys()
        .filter(|(path, name)| path == "signal-proto/src/lib.rs" && NO_LIMITS.contains(&name.as_str()));
    let mut seen = 0;
    for place in codes {
        let row = format!("| {} | `{}` |", Reader::value(&all, &place.0, all[place].0), place.1);
        assert!(super::PROTOCOL.contains(&row), "{row}");
        seen += 1;
    }
    assert_eq!(seen, signal_proto::close::ALL.len());
}
