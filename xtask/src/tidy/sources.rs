//! What must not stand in any file.

use super::{Source, assert_none, sources};

/// Longer files are cut by concept.
const LONGEST: usize = 500;

fn is_code(source: &Source) -> bool {
    source.is(&["rs", "ts", "tsx", "js", "mjs", "css", "html"])
}

#[test]
fn no_file_is_too_long_to_be_read() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| source.is(&["rs", "ts", "tsx", "css"]))
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(source, lines)| format!("{}: {lines} lines", source.path))
        .collect();
    assert_none("files have at most 500 lines", &broken);
}

#[test]
fn nothing_is_left_for_later_in_the_code() {
    // In pieces, so that this file does not break its own rule.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK:")];
    let macros = [concat!("to", "do!("), concat!("unimplement", "ed!(")];
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| is_code(source)) {
        for (number, line) in source.text.lines().enumerate() {
            let word = |word: &&str| {
                line.split(|c: char| !c.is_alphanumeric() && c != ':').any(|part| part == *word)
            };
            if words.iter().any(word) || macros.iter().any(|pattern| line.contains(pattern)) {
                broken.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    assert_none("what is to be done stands in issues", &broken);
}

#[test]
fn no_test_is_switched_off_or_the_only_one() {
    let rust = [concat!("#[ig", "nore")];
    let script = [
        concat!(".sk", "ip("),
        concat!(".on", "ly("),
        concat!(".fix", "me("),
        concat!("it.to", "do("),
        concat!("test.to", "do("),
        concat!("describe.ski", "pIf("),
        concat!("test.ski", "pIf("),
    ];
    let broken: Vec<String> = sources()
        .iter()
        .flat_map(|source| {
            let patterns: &[&str] = match source {
                _ if source.is(&["rs"]) => &rust,
                _ if source.is(&["test.ts", "test.tsx", "spec.ts"]) => &script,
                _ => &[],
            };
            source.lines_with(patterns)
        })
        .collect();
    assert_none("every test runs", &broken);
}

#[test]
fn no_file_names_a_registry_s_host_or_a_place_on_somebody_s_machine() {
    let never = [
        concat!("registry.", "npmjs"),
        concat!("static.", "crates.io"),
        concat!("index.", "crates.io"),
        concat!("deb.", "debian.org"),
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("\"/t", "mp"),
        concat!(" /t", "mp/"),
    ];
    let mut broken = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            if never.iter().any(|pattern| line.contains(pattern)) {
                broken.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    assert_none("the project builds anywhere", &broken);
}

#[test]
fn no_lint_is_allowed_away_for_a_whole_file() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| source.is(&["rs"]))
        .flat_map(|source| source.lines_with(&[concat!("#![al", "low("), concat!("#![ex", "pect(")]))
        .collect();
    assert_none("an exception stands where it is needed, with its reason", &broken);
}

#[test]
fn the_continuous_integration_runs_exactly_what_people_run() {
    let sources = sources();
    let script = sources.iter().find(|source| source.path == ".ci/run").expect(".ci/run exists");
    let commands: Vec<&str> = script.text.lines().filter(|line| line.starts_with("cargo")).collect();
    assert_eq!(commands, ["cargo xtask test"]);
}
