//! What a comment or a document says stands in another document stands there: sections that are named, files and headings
//! that are linked.

use super::{Source, assert_none, sources};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Headings of each Markdown file, by its path.
type Headings = BTreeMap<String, BTreeSet<String>>;

fn headings<'a>(sources: impl Iterator<Item = &'a Source>) -> Headings {
    let of = |source: &Source| -> BTreeSet<String> {
        let lines = without_blocks(&source.text);
        let titles =
            lines.filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
        titles.map(str::to_owned).collect()
    };
    sources.filter(|source| source.is(&["md"])).map(|source| (source.path.clone(), of(source))).collect()
}

/// The lines outside ``` blocks, where `#` begins a comment.
fn without_blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        inside ^= line.trim_start().starts_with("```");
        !inside
    })
}

/// A file's words in one line, without what makes lines of it comments; and where each line begins.
fn flowing(text: &str) -> (String, Vec<usize>) {
    let mut words = String::new();
    let mut begins = Vec::new();
    for line in text.lines() {
        begins.push(words.len());
        let line = line.trim_start().trim_start_matches(['/', '!', '#', '>']);
        words.push_str(line.strip_prefix(" * ").or_else(|| line.strip_prefix("* ")).unwrap_or(line).trim());
        words.push(' ');
    }
    (words, begins)
}

/// `(where it stands in the words, document, section)` for each "PROTOCOL.md, *Frames*" and "*Frames* in PROTOCOL.md".
fn references(words: &str) -> Vec<(usize, &str, &str)> {
    let mut found = Vec::new();
    for (at, _) in words.match_indices(".md") {
        let before = &words[..at];
        let begin =
            before.rfind(|c: char| !c.is_alphanumeric() && !"/_-.".contains(c)).map_or(0, |at| at + 1);
        let document = &words[begin..at + 3];
        // In Markdown the document is a link and its name comes twice, the second time in the brackets.
        let after = words[at + 3..].trim_start_matches([')', ']']);
        if let Some(section) = after.strip_prefix(", *").and_then(|rest| rest.split('*').next()) {
            found.push((at, document, section));
        }
        let section = words[..begin].trim_end_matches(['[', '(']).strip_suffix("* in ");
        if let Some(section) = section.and_then(|rest| rest.rsplit('*').next()) {
            found.push((at, document, section));
        }
    }
    found
}

/// References to sections that are not there.
fn missing_sections(source: &Source, headings: &Headings) -> Vec<String> {
    let (words, begins) = flowing(&source.text);
    let line = |at: usize| begins.partition_point(|begin| *begin <= at);
    let is_there = |document: &str, section: &str| {
        let file = document.trim_start_matches("../");
        headings.get(file).is_some_and(|titles| titles.contains(section))
    };
    references(&words)
        .into_iter()
        .filter(|(_, document, section)| !is_there(document, section))
        .map(|(at, document, section)| format!("{}:{}: {document} has no *{section}*", source.path, line(at)))
        .collect()
}

/// Links of a document to files or headings that are not there.
fn missing_links(source: &Source, paths: &BTreeSet<&str>, headings: &Headings) -> Vec<String> {
    let text = without_blocks(&source.text).collect::<Vec<_>>().join("\n");
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '\n']).next());
    let folder = source.path.rfind('/').map_or("", |slash| &source.path[..slash]);
    let is_there = |target: &str| {
        let (file, heading) = target.split_once('#').map_or((target, None), |(file, at)| (file, Some(at)));
        let path = if file.is_empty() { source.path.clone() } else { joined(folder, file) };
        let is_file = paths.contains(path.as_str());
        let is_folder = paths.iter().any(|other| other.starts_with(&format!("{path}/")));
        let titles = || headings.get(&path).into_iter().flatten();
        (is_file || is_folder) && heading.is_none_or(|heading| titles().any(|title| anchor(title) == heading))
    };
    targets
        .filter(|target| !target.contains(':') && !is_there(target))
        .map(|target| format!("{}: links to {target}", source.path))
        .collect()
}

fn joined(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// How a forge names a heading in an address.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_section_that_is_named_is_there() {
    let sources = sources();
    let headings = headings(sources.iter());
    // Its tests name sections that are not there.
    let others = sources.iter().filter(|source| source.path != "xtask/src/tidy/documents.rs");
    let broken: Vec<String> = others.flat_map(|source| missing_sections(source, &headings)).collect();
    assert_none("sections are named as they are called", &broken);
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let sources = sources();
    let headings = headings(sources.iter());
    assert!(headings["PROTOCOL.md"].contains("Frames"), "the documents were read");
    // Pictures are no text.
    let pictures = |target: &String| !target.ends_with(".png");
    let paths = sources.iter().map(|source| source.path.as_str()).collect();
    let documents = sources.iter().filter(|source| source.is(&["md"]));
    let broken: Vec<String> =
        documents.flat_map(|source| missing_links(source, &paths, &headings)).filter(pictures).collect();
    assert_none("documents link to what is there", &broken);
}

/// What is wrong with the list of mutants that change nothing, as far as it can be seen without making them.
fn stale_equivalents(list: &str, sources: &[Source]) -> Vec<String> {
    let list: Vec<Value> = serde_json::from_str(list).unwrap();
    let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let is_there = |one: &Value| {
        let (mutant, line) = (word(one, "mutant"), word(one, "line"));
        let file =
            mutant.split(": ").next().and_then(|file| sources.iter().find(|source| source.path == file));
        file.is_some_and(|file| file.text.lines().any(|other| other.trim() == line))
    };
    let broken = list.iter().filter(|one| !is_there(one) || word(one, "why").trim().is_empty());
    broken.map(Value::to_string).collect()
}

#[test]
fn mutants_that_change_nothing_are_of_lines_that_are_there() {
    let sources = sources();
    let list = sources.iter().find(|source| source.path == "tests/mutants/equivalents.json");
    let broken = stale_equivalents(&list.expect("the list is there").text, &sources);
    assert_none("tests/mutants/equivalents.json names lines of code, and why", &broken);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    fn known() -> Headings {
        let text = "# Protocol\n\n## Frames\n```sh\n# No heading\n```\n### The server's model\n";
        headings([source("PROTOCOL.md", text), source("docs/server.md", "## Options\n")].iter())
    }

    fn missing(text: &str) -> Vec<String> {
        missing_sections(&source("a.rs", text), &known())
    }

    #[test]
    fn a_section_that_is_there_may_be_named_in_every_way() {
        for text in [
            "//! Bytes. PROTOCOL.md, *Frames*.",
            "//! It has a bound ([PROTOCOL.md](PROTOCOL.md), *Frames*).",
            "//! See PROTOCOL.md,\n    /// *Frames*; and more.",
            " * The reducer. PROTOCOL.md, *The\n * server's model*.",
            "//! The rules of *The server's model* in PROTOCOL.md as a value.",
            "//! docs/server.md, *Options*. PROTOCOL.md has the reasons, *really*.",
        ] {
            assert_eq!(missing(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_section_that_is_not_there_is_told_with_its_line() {
        assert_eq!(
            missing("//! A.\n//! See PROTOCOL.md, *Lanes*.\n"),
            ["a.rs:2: PROTOCOL.md has no *Lanes*"]
        );
        assert_eq!(
            missing("x();\n//! As PROTOCOL.md,\n//! *Frame*, has it"),
            ["a.rs:2: PROTOCOL.md has no *Frame*"]
        );
        assert_eq!(missing("PROTOCOL.md, *No heading*"), ["a.rs:1: PROTOCOL.md has no *No heading*"]);
        assert_eq!(missing("by *Links* in PROTOCOL.md"), ["a.rs:1: PROTOCOL.md has no *Links*"]);
        assert_eq!(missing("NOWHERE.md, *Frames*"), ["a.rs:1: NOWHERE.md has no *Frames*"]);
        assert_eq!(missing("([PROTOCOL.md](PROTOCOL.md), *Limit*)"), ["a.rs:1: PROTOCOL.md has no *Limit*"]);
    }

    #[test]
    fn links_go_to_files_folders_and_headings() {
        let links = |text: &str| {
            let paths = BTreeSet::from(["PROTOCOL.md", "docs/server.md", "deploy/nginx/site.conf"]);
            missing_links(&source("docs/server.md", text), &paths, &known())
        };
        let fine = "[a](../PROTOCOL.md) [b](../PROTOCOL.md#the-servers-model) [c](#options) [d](https://host/x) \
                    [e](../deploy/nginx)\n```\n[f](nowhere)\n```\n";
        assert_eq!(links(fine), [""; 0]);
        assert_eq!(links("[a](PROTOCOL.md)"), ["docs/server.md: links to PROTOCOL.md"]);
        assert_eq!(links("[a](../PROTOCOL.md#lanes)"), ["docs/server.md: links to ../PROTOCOL.md#lanes"]);
    }

    #[test]
    fn an_equivalent_of_a_line_that_is_gone_or_without_a_reason_is_told() {
        let stale = |line: &str, why: &str| {
            let list = format!(r#"[{{"mutant":"a.rs: replace < with <=","line":"{line}","why":"{why}"}}]"#);
            stale_equivalents(&list, &[source("a.rs", "f() {\n    if a < b {\n}\n")]).len()
        };
        assert_eq!(stale("if a < b {", "never equal"), 0);
        assert_eq!(stale("if a < c {", "never equal"), 1);
        assert_eq!(stale("if a < b {", " "), 1);
    }
}
