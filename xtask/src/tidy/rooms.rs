//! The engine's rooms: a file of `peer-core/src` names only what stands in its own room or in a lower one, so that each
//! can be read, and changed, without those above.

use super::imports::{Import, imports};
use super::{assert_none, sources};
use std::collections::BTreeMap;

/// From below upwards. Rooms of one floor do not see each other: who needs both stands above them.
const FLOORS: [&[&str]; 10] = [
    &["base"],
    &["description", "io"],
    &["wire"],
    &["cx"],
    &["log", "signal"],
    &["meeting"],
    &["link"],
    &["shelf"],
    &["room"],
    &["peer"],
];
/// Halves of a room that take the same thing and never call each other.
const APART: [[&str; 2]; 1] = [["shelf/fetch", "shelf/serve"]];

const SRC: &str = "peer-core/src/";
const ROOT: &str = "peer-core/src/lib.rs";

/// What breaks the rule, each with file and line.
fn broken(files: &BTreeMap<&str, &str>) -> Vec<String> {
    let imports = imports(ROOT, files);
    // The manual declares the rooms and names whom the world meets; it is on no floor.
    let inside = imports.iter().filter(|import| import.from != ROOT && import.to != ROOT);
    let mut broken: Vec<String> = inside.filter_map(wrong).collect();
    for room in FLOORS.concat() {
        let is_room = |path: &&str| room_of(path) == Some(room);
        if !files.keys().any(is_room) {
            broken.push(format!("{SRC}{room}: the room is on a floor and not in the folder"));
        }
    }
    for path in files.keys().filter(|path| path.starts_with(SRC) && path.ends_with(".rs")) {
        let for_tests = room_of(path) == Some("vectors");
        if *path != ROOT && !for_tests && floor_of(path).is_none() {
            broken.push(format!("{path}: is in no room"));
        }
    }
    for half in APART.concat() {
        if !files.keys().any(|path| is_in(path, half)) {
            broken.push(format!("{SRC}{half}: is to be kept apart and is not there"));
        }
    }
    broken
}

fn wrong(import: &Import) -> Option<String> {
    let (from, to) = (room_of(&import.from)?, room_of(&import.to)?);
    let (lower, upper) = (floor_of(&import.to)?, floor_of(&import.from)?);
    if from != to && lower == upper {
        return Some(format!("{}: {from} and {to} do not see each other", import.shown()));
    }
    if lower > upper {
        return Some(format!("{}: from {from} up to {to}", import.shown()));
    }
    let across = APART.iter().find(|halves| {
        halves.iter().any(|half| is_in(&import.from, half))
            && halves.iter().any(|half| is_in(&import.to, half) && !is_in(&import.from, half))
    });
    across.map(|[one, other]| format!("{}: {one} and {other} never call each other", import.shown()))
}

/// `room` for `peer-core/src/room.rs` and for everything under `peer-core/src/room/`.
fn room_of(path: &str) -> Option<&str> {
    let path = path.strip_prefix(SRC)?;
    path.split('/').next().map(|first| first.trim_end_matches(".rs"))
}

fn floor_of(path: &str) -> Option<usize> {
    let room = room_of(path)?;
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// Whether a file is `half.rs` or under `half/`.
fn is_in(path: &str, half: &str) -> bool {
    let rest = path.strip_prefix(SRC).and_then(|path| path.strip_prefix(half));
    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

#[test]
fn the_rooms_of_the_engine_stand_one_above_the_other() {
    let sources = sources();
    let files = sources.iter().map(|source| (source.path.as_str(), source.text.as_str())).collect();
    assert_none("a room of the engine names lower ones only", &broken(&files));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A house with all rooms, each of a file that says nothing, with `changed` in it.
    fn broken_with(changed: &[(&str, &str)]) -> Vec<String> {
        let mut house: BTreeMap<String, String> =
            FLOORS.concat().iter().map(|room| (format!("{SRC}{room}.rs"), String::new())).collect();
        let declared: String = FLOORS.concat().iter().map(|room| format!("mod {room};\n")).collect();
        house.insert(ROOT.to_owned(), format!("{declared}pub use peer::Peer;\npub use peer::Seed;\n"));
        house.insert(format!("{SRC}shelf.rs"), "mod fetch; mod serve;".to_owned());
        for name in ["shelf/fetch", "shelf/serve"] {
            house.insert(format!("{SRC}{name}.rs"), String::new());
        }
        for (path, text) in changed {
            house.insert(format!("{SRC}{path}"), (*text).to_owned());
        }
        broken(&house.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect())
    }

    #[test]
    fn arrows_down_are_fine() {
        let nothing: [String; 0] = [];
        assert_eq!(broken_with(&[]), nothing);
        let down = [
            (
                "peer.rs",
                "use crate::room::Room;\nuse crate::{base, io::Input};\npub struct Peer; pub struct Seed;",
            ),
            ("link.rs", "mod lane;\nuse crate::{meeting::Session, wire};"),
            ("link/lane.rs", "use super::Link;\nuse crate::base::id::LaneId;"),
        ];
        assert_eq!(broken_with(&down), nothing);
    }

    #[test]
    fn one_up_is_told_with_file_and_line() {
        assert_eq!(
            broken_with(&[("wire.rs", "//! Frames.\n\nuse crate::link::Link;")]),
            ["peer-core/src/wire.rs:3 names peer-core/src/link.rs: from wire up to link"]
        );
    }

    #[test]
    fn one_in_a_group_in_a_path_and_in_a_macro_is_found() {
        let group = "use crate::{\n    base::id,\n    room::{self, Room},\n};";
        assert_eq!(
            broken_with(&[("log.rs", group)]),
            ["peer-core/src/log.rs:3 names peer-core/src/room.rs: from log up to room"]
        );
        for text in [
            "fn f() { crate::room::f(); }",
            "const N: usize = super::room::N;",
            "fn f() { assert!(2 > crate::room::N); }",
            "use super::room::Room;",
            "impl From<crate::room::Room> for u8 {}",
        ] {
            assert_eq!(broken_with(&[("log.rs", text)]).len(), 1, "{text}");
        }
    }

    #[test]
    fn one_that_hides_behind_a_use_of_others_is_found() {
        // lib.rs gives `Seed` to the world; who takes it there takes it from the peer.
        assert_eq!(
            broken_with(&[("base.rs", "mod rng;"), ("base/rng.rs", "use crate::Seed;")]),
            ["peer-core/src/base/rng.rs:1 names peer-core/src/peer.rs: from base up to peer"]
        );
        let chain = [
            ("cx.rs", "pub use crate::wire::Far;"),
            ("wire.rs", "pub use crate::shelf::Far;"),
            ("shelf.rs", "mod fetch; mod serve; pub use fetch::*;"),
            ("shelf/fetch.rs", "pub struct Far;"),
            ("log.rs", "fn f(far: crate::cx::Far) {}"),
        ];
        let found = broken_with(&chain);
        let names = |from: &str| {
            format!("peer-core/src/{from}.rs:1 names peer-core/src/shelf/fetch.rs: from {from} up to shelf")
        };
        for from in ["log", "cx", "wire"] {
            assert!(found.contains(&names(from)), "{from}: {found:#?}");
        }
    }

    #[test]
    fn one_between_two_of_a_floor_or_two_halves_is_found() {
        let found =
            broken_with(&[("signal.rs", "use crate::log::Log;"), ("io.rs", "use crate::description;")]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|line| line.ends_with("do not see each other")), "{found:?}");
        let asking = [
            ("shelf/fetch.rs", "mod asking;"),
            ("shelf/fetch/asking.rs", "use super::super::serve::Served;"),
        ];
        assert_eq!(
            broken_with(&asking),
            [
                "peer-core/src/shelf/fetch/asking.rs:1 names peer-core/src/shelf/serve.rs: shelf/fetch and shelf/serve never \
              call each other"
            ]
        );
    }

    #[test]
    fn comments_documentation_and_tests_are_free() {
        let text = "//! See [`crate::room::Room`].\n/// As [`crate::peer::Peer`] says: `use crate::room;`\n// use crate::room;\n\
                    pub(in crate::log) struct Log;\n#[cfg(test)]\nmod tests { use crate::room::Room; }\n";
        assert!(broken_with(&[("log.rs", text)]).is_empty());
    }

    #[test]
    fn the_folders_and_the_floors_are_the_same() {
        assert_eq!(broken_with(&[("notes.rs", "")]), ["peer-core/src/notes.rs: is in no room"]);
        assert!(broken_with(&[("vectors.rs", ""), ("vectors/limits.rs", "")]).is_empty());
        let mut house = BTreeMap::from([(ROOT, "mod base;"), ("peer-core/src/base.rs", "")]);
        let missing = broken(&house);
        assert!(
            missing.contains(&"peer-core/src/cx: the room is on a floor and not in the folder".to_owned())
        );
        assert!(
            missing.contains(&"peer-core/src/shelf/serve: is to be kept apart and is not there".to_owned())
        );
        house.insert("peer-core/src/basement.rs", "");
        assert!(broken(&house).contains(&"peer-core/src/basement.rs: is in no room".to_owned()));
    }
}
