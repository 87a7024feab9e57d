//! What comes from elsewhere: licences, sources and banned crates as in deny.toml, and npm's lock files.
//!
//! The same questions that `cargo deny check bans licenses sources` asks, so that a machine without it asks them too.

use super::{assert_none, root, sources};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// The registry as cargo names it in every lock file.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Every crate of the lock file, for every target.
fn packages() -> Vec<Value> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--all-features"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 50, "cargo metadata names the dependencies");
    packages
}

fn deny_toml() -> String {
    fs::read_to_string(root().join("deny.toml")).unwrap()
}

/// The strings of the list `key` in deny.toml's `[section]`.
fn listed(section: &str, key: &str) -> Vec<String> {
    let text = deny_toml();
    let section = text.split(&format!("\n[{section}]\n")).nth(1).expect("the section exists");
    let list = section.split(&format!("{key} = [\n")).nth(1).expect("the list exists");
    let list = list.split("\n]").next().expect("a list has a first part");
    let strings = list.lines().filter_map(|line| line.split('"').nth(1)).map(str::to_owned);
    strings.collect()
}

#[test]
fn every_crate_comes_from_the_public_registry_or_from_here() {
    let broken: Vec<String> = packages()
        .iter()
        .filter(|package| package["source"].as_str().is_some_and(|source| source != REGISTRY))
        .map(|package| format!("{} from {}", package["name"], package["source"]))
        .collect();
    assert_none("no other sources", &broken);
}

#[test]
fn no_banned_crate_is_used() {
    let banned = listed("bans", "deny");
    assert!(banned.iter().any(|name| name == "openssl-sys"), "deny.toml was read");
    let packages = packages();
    let names = packages.iter().filter_map(|package| package["name"].as_str());
    let broken: Vec<String> =
        names.filter(|name| banned.iter().any(|b| b == name)).map(str::to_owned).collect();
    assert_none("deny.toml has the reasons", &broken);
}

#[test]
fn every_crate_has_a_licence_that_we_may_use() {
    let allowed = listed("licenses", "allow");
    assert!(allowed.iter().any(|licence| licence == "MIT"), "deny.toml was read");
    let broken: Vec<String> = packages()
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(|text| may_use(text, &allowed)))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert_none("licences outside deny.toml", &broken);
}

/// Whether an SPDX expression can be met with `allowed`: `OR` binds weaker than `AND`, `/` is an old `OR`.
fn may_use(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = any_of(&words, &mut at, allowed);
    met && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut met = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all_of(words, at, allowed);
    }
    met
}

fn all_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut met = one_of(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one_of(words, at, allowed);
    }
    met
}

fn one_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let met = any_of(words, at, allowed);
        *at += 1;
        return met;
    }
    let mut licence = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        licence = format!("{licence} WITH {}", words.get(*at + 1).copied().unwrap_or_default());
        *at += 2;
    }
    allowed.contains(&licence)
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allowed = ["MIT".to_owned(), "Unicode-3.0".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(GPL-3.0 OR MIT) AND Unicode-3.0", true),
        ("(GPL-3.0 OR MIT) AND GPL-3.0", false),
        ("GPL-3.0 OR Apache-2.0 WITH LLVM-exception", true),
        ("MIT GPL-3.0", false),
        ("", false),
    ] {
        assert_eq!(may_use(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn npm_packages_are_exact_and_their_lock_files_name_no_host() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.path.ends_with("package.json")) {
        let package: Value = serde_json::from_str(&source.text).unwrap();
        for list in ["dependencies", "devDependencies"] {
            for (name, version) in package[list].as_object().into_iter().flatten() {
                let version = version.as_str().unwrap_or_default();
                if !version.starts_with(|c: char| c.is_ascii_digit()) {
                    broken.push(format!("{}: {name} {version} is not exact", source.path));
                }
            }
        }
        let lock = source.path.replace("package.json", "package-lock.json");
        match fs::read_to_string(root().join(&lock)) {
            Ok(lock_text) if lock_text.contains("\"resolved\": \"http") => {
                broken.push(format!(
                    "{lock}: names a registry's host (npm config omit-lockfile-registry-resolved)"
                ));
            }
            Ok(_) => {}
            Err(_) => broken.push(format!("{lock} is missing")),
        }
    }
    assert_none("npm packages are pinned", &broken);
}
