//! No file of a crate imports, through whatever others, one that imports it: what belongs together can be seen, and each
//! file can be read after those that it needs.
//!
//! A file below another (`room/door.rs` below `room.rs`) is a part of that one's module, often a further `impl` of its
//! types: what it names there is its own and does not count. What the upper file names in the lower one does.

use super::imports::{Import, imports};
use super::{Source, assert_none, root, sources};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::Command;

/// One line for each circle that shares no import with one told before: opening those opens most of the others.
fn circles(imports: &[Import]) -> Vec<String> {
    let mut from: BTreeMap<&str, Vec<&Import>> = BTreeMap::new();
    for import in imports.iter().filter(|import| !import.upward) {
        from.entry(&import.from).or_default().push(import);
    }
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for circle in from.keys().filter_map(|start| shortest(start, &from)) {
        if circle.iter().all(|import| !told.contains(import)) {
            found.push(circle.iter().map(|import| import.shown()).collect::<Vec<_>>().join(", "));
            told.extend(circle);
        }
    }
    found
}

/// The fewest imports that lead from `start` back to it.
fn shortest<'a>(start: &str, from: &BTreeMap<&str, Vec<&'a Import>>) -> Option<Vec<&'a Import>> {
    let mut ways: VecDeque<Vec<&Import>> = VecDeque::from([Vec::new()]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let at = way.last().map_or(start, |import| import.to.as_str());
        for import in from.get(at).into_iter().flatten() {
            let longer = [way.as_slice(), &[*import]].concat();
            if import.to == start {
                return Some(longer);
            }
            if seen.insert(import.to.as_str()) {
                ways.push_back(longer);
            }
        }
    }
    None
}

/// The first file of each library, program and test of the workspace.
fn first_files() -> Vec<String> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let targets = packages.flat_map(|package| package["targets"].as_array().unwrap());
    let in_root = |path: &str| path.strip_prefix(root().to_str()?).map(|path| path.replace('\\', "/"));
    targets
        .map(|target| target["src_path"].as_str().and_then(in_root).expect("a file below the root"))
        .map(|path| path.trim_start_matches('/').to_owned())
        .collect()
}

#[test]
fn no_files_of_a_crate_import_each_other() {
    let sources = sources();
    let files: BTreeMap<&str, &str> =
        sources.iter().map(|Source { path, text }| (path.as_str(), text.as_str())).collect();
    let firsts = first_files();
    assert!(firsts.contains(&"peer-core/src/lib.rs".to_owned()), "the crates were found");
    let all: BTreeSet<Import> = firsts.iter().flat_map(|first| imports(first, &files)).collect();
    assert!(all.len() > 300, "only {} imports were found", all.len());
    let broken = circles(&all.into_iter().collect::<Vec<_>>());
    assert_none("files of a crate import each other in one direction", &broken);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
        circles(&imports("lib.rs", &files.iter().copied().collect()))
    }

    #[test]
    fn two_that_name_each_other_are_told_with_their_lines() {
        let files = [
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", "//! A.\n\nuse crate::b::B;\npub struct A(B);"),
            ("b.rs", "fn f(a: super::a::A) {}\npub struct B;"),
        ];
        assert_eq!(circles_of(&files), ["a.rs:3 names b.rs, b.rs:1 names a.rs"]);
    }

    #[test]
    fn a_circle_over_three_is_one() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "use crate::c; pub struct B;"),
            ("c.rs", "fn f() { let _ = vec![crate::a::A]; }"),
        ];
        assert_eq!(circles_of(&files), ["a.rs:1 names b.rs, b.rs:1 names c.rs, c.rs:1 names a.rs"]);
    }

    #[test]
    fn a_part_may_name_its_whole_and_no_sibling_that_names_it() {
        let whole = "mod door; mod mesh; use door::Door; pub struct Room(Door); const SYNC: u8 = 1;";
        let door = "use super::{Room, SYNC}; pub struct Door; impl Room { fn knock(&self) {} }";
        let files = |mesh| {
            [("lib.rs", "mod room;"), ("room.rs", whole), ("room/door.rs", door), ("room/mesh.rs", mesh)]
        };
        assert!(circles_of(&files("use super::door::Door; pub struct Mesh;")).is_empty());
        let named = door.replace("Room, SYNC", "Room, SYNC, mesh::Mesh");
        let mut files = files("use super::door::Door; pub struct Mesh;");
        files[2].1 = &named;
        assert_eq!(circles_of(&files).len(), 1);
    }

    #[test]
    fn a_circle_through_a_whole_that_needs_its_part_is_one() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "mod c; use c::C; pub struct B(C);"),
            ("b/c.rs", "use crate::a::A; pub struct C;"),
        ];
        assert_eq!(circles_of(&files).len(), 1);
        let apart = [files[0], files[1], ("b.rs", "mod c; pub struct B;"), files[3]];
        assert!(circles_of(&apart).is_empty(), "declaring a module is not importing it");
    }

    #[test]
    fn what_tests_name_is_not_counted() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            (
                "b.rs",
                "pub struct B;\n#[cfg(test)]\nmod tests { use crate::a::A; }\n#[cfg(test)]\nuse crate::a::A;",
            ),
        ];
        assert!(circles_of(&files).is_empty());
    }
}
