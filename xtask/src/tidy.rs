//! The architecture's "nevers" as tests: what must not depend on what, and what must not stand where.
//!
//! Each test names the rule it keeps; ARCHITECTURE.md has the reasons. A rule that hurts is changed there first.

mod arrows;
mod circles;
mod documents;
mod imports;
mod pictures;
mod rooms;
mod sources;
mod supply;

use std::fs;
use std::path::{Path, PathBuf};

/// Folders with nothing that people wrote.
const NOT_SOURCES: [&str; 10] = [
    ".git",
    "target",
    "node_modules",
    "dist",
    "dist-shots",
    "pkg",
    ".vite",
    "test-results",
    "corpus",
    ".claude",
];

/// The workspace's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask has a parent folder").to_owned()
}

/// A file that people wrote.
struct Source {
    /// Path from the root, with slashes.
    path: String,
    text: String,
}

impl Source {
    fn is(&self, extensions: &[&str]) -> bool {
        extensions.iter().any(|extension| self.path.ends_with(&format!(".{extension}")))
    }

    fn is_under(&self, folder: &str) -> bool {
        self.path.starts_with(&format!("{folder}/"))
    }

    /// The lines with their numbers, without `//` comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(number, line)| {
            // `://` is an address, not a comment.
            let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
            (number + 1, comment.map_or(line, |(at, _)| &line[..at]))
        })
    }

    /// Where one of `patterns` stands in the code.
    fn lines_with(&self, patterns: &[&str]) -> Vec<String> {
        let found = self.code().filter(|(_, line)| patterns.iter().any(|pattern| line.contains(pattern)));
        found.map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim())).collect()
    }
}

/// All text files that people wrote.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root(), &mut found);
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if NOT_SOURCES.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), found);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            let path = entry.path().strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}

/// Fails with everything that breaks a rule, not only with the first.
fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

#[test]
fn a_rule_sees_code_and_not_comments() {
    let source = |text: &str| Source { path: "a/b.rs".to_owned(), text: text.to_owned() };
    assert_eq!(
        source("fine();\nlet m = Mutex::new();").lines_with(&["Mutex"]),
        ["a/b.rs:2: let m = Mutex::new();"]
    );
    assert!(source("fine(); // no Mutex here").lines_with(&["Mutex"]).is_empty());
    assert_eq!(source("\"https://host\"; Mutex").lines_with(&["Mutex"]).len(), 1);
}
