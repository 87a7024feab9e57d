//! Which mutants are tried: a sample that a number makes again, or one part of all.

use super::Which;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// One defect that could be put in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mutant {
    /// The crate that it is in.
    pub(super) package: String,
    /// Where, from the root, with slashes.
    pub(super) file: String,
    /// The tool's name for it: `file:line:column: what is done to it`.
    pub(super) name: String,
    /// The line that it begins in, without white space around it.
    pub(super) line: String,
}

impl Mutant {
    /// A regular expression for this one only.
    pub(super) fn exactly(&self) -> String {
        let mut expression = String::from("^");
        for c in self.name.chars() {
            // `<` and `>` mean something only with a backslash.
            if c.is_ascii_punctuation() && !"<>_\"'/:;,=%@!`~".contains(c) {
                expression.push('\\');
            }
            expression.push(c);
        }
        expression + "$"
    }

    /// `file: what is done to it`, without the numbers that every change of the file moves.
    pub(super) fn what(&self) -> String {
        let after = self.name.strip_prefix(&self.file).unwrap_or(&self.name);
        let done = after.splitn(4, ':').nth(3).unwrap_or(after);
        format!("{}:{done}", self.file)
    }
}

/// Reads the tool's list; `tree` is where the files are.
///
/// # Errors
/// If it is not such a list, or a file cannot be read.
pub(super) fn read(json: &str, tree: &Path) -> Result<Vec<Mutant>> {
    let list: Value = serde_json::from_str(json).context("the list of mutants is no JSON")?;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut mutants = Vec::new();
    for one in list.as_array().context("the list of mutants is no list")? {
        let word = |name: &str| {
            one[name].as_str().map(str::to_owned).with_context(|| format!("a mutant without {name}"))
        };
        let file = word("file")?;
        if !texts.contains_key(&file) {
            let text = fs::read_to_string(tree.join(&file)).with_context(|| format!("can't read {file}"))?;
            texts.insert(file.clone(), text);
        }
        let number = one["span"]["start"]["line"].as_u64().context("a mutant without a line")?;
        let line = texts[&file].lines().nth(usize::try_from(number)?.saturating_sub(1));
        let line = line.with_context(|| format!("{file} has no line {number}"))?.trim().to_owned();
        mutants.push(Mutant { package: word("package")?, name: word("name")?, file, line });
    }
    Ok(mutants)
}

/// Which of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Only of files whose path begins so.
    path: String,
    part: Part,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// So many, by this number.
    Sample { seed: u64, count: usize },
    /// The K-th of N parts, from 1.
    Shard(usize, usize),
}

impl Choice {
    /// As the options say; a sample that has no seed gets a new one.
    pub(super) fn of(which: &Which) -> Self {
        let new = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let part = match which.shard {
            Some((part, parts)) => Part::Shard(part, parts),
            None => Part::Sample { seed: which.seed.unwrap_or_else(new), count: which.sample },
        };
        Self { path: which.path.clone(), part }
    }

    /// The same of the same list, always; in the list's order.
    pub(super) fn choose<'a>(&self, all: &'a [Mutant]) -> Vec<&'a Mutant> {
        let mut some: Vec<&Mutant> =
            all.iter().filter(|mutant| mutant.file.starts_with(&self.path)).collect();
        match self.part {
            Part::Sample { seed, count } => {
                some.sort_by_cached_key(|mutant| {
                    let mut hasher = blake3::Hasher::new();
                    hasher.update(&seed.to_le_bytes()).update(mutant.name.as_bytes());
                    *hasher.finalize().as_bytes()
                });
                some.truncate(count);
                some.sort();
                some
            }
            // One here, one there, so that parts are alike.
            Part::Shard(part, parts) => some.into_iter().skip(part - 1).step_by(parts).collect(),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Sample { seed, count } => write!(f, "a sample of {count}, seed {seed}")?,
            Part::Shard(part, parts) => write!(f, "part {part} of {parts}")?,
        }
        if self.path.is_empty() { Ok(()) } else { write!(f, ", of {}", self.path) }
    }
}

/// Reads `K/N`.
///
/// # Errors
/// In words, if it is none.
pub(super) fn shard(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    numbers
        .filter(|(k, n)| (1..=*n).contains(k))
        .ok_or_else(|| "K/N with K from 1 to N, such as 2/10".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutants(count: usize) -> Vec<Mutant> {
        let mutant = |i: usize| Mutant {
            package: "a".to_owned(),
            file: format!("a/src/{}.rs", i % 3),
            name: format!("a/src/{}.rs:{i}:7: replace f -> (u8, &str) with (0, \"\") in <A as B>::f", i % 3),
            line: "x".to_owned(),
        };
        (0..count).map(mutant).collect()
    }

    fn sample(seed: u64, count: usize) -> Choice {
        Choice { path: String::new(), part: Part::Sample { seed, count } }
    }

    #[test]
    fn a_seed_makes_its_sample_again_and_another_makes_another() {
        let all = mutants(200);
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(sample(7, 20).choose(&all), sample(7, 20).choose(&turned));
        assert_ne!(sample(7, 20).choose(&all), sample(8, 20).choose(&all));
        assert_eq!(sample(7, 20).choose(&all).len(), 20);
        assert_eq!(sample(7, 300).choose(&all).len(), 200);
    }

    #[test]
    fn shards_are_everything_and_nothing_twice() {
        let all = mutants(100);
        let shard = |k| Choice { path: String::new(), part: Part::Shard(k, 7) };
        let mut together: Vec<&Mutant> = (1..=7).flat_map(|k| shard(k).choose(&all)).collect();
        together.sort();
        let mut expected: Vec<&Mutant> = all.iter().collect();
        expected.sort();
        assert_eq!(together, expected);
    }

    #[test]
    fn a_path_limits_what_is_chosen() {
        let of = Choice { path: "a/src/1".to_owned(), ..sample(1, 300) };
        assert!(of.choose(&mutants(30)).iter().all(|mutant| mutant.file == "a/src/1.rs"));
        assert_eq!(of.choose(&mutants(30)).len(), 10);
    }

    #[test]
    fn a_mutant_is_named_exactly_and_recognised_when_lines_move() {
        let mutant = &mutants(1)[0];
        assert_eq!(
            mutant.exactly(),
            r#"^a/src/0\.rs:0:7: replace f \-> \(u8, \&str\) with \(0, ""\) in <A as B>::f$"#
        );
        assert_eq!(mutant.what(), "a/src/0.rs: replace f -> (u8, &str) with (0, \"\") in <A as B>::f");
    }

    #[test]
    fn a_part_of_parts_is_one_that_exists() {
        assert_eq!(shard("1/1"), Ok((1, 1)));
        assert_eq!(shard("10/10"), Ok((10, 10)));
        for wrong in ["0/2", "3/2", "1/0", "1", "a/2", "-1/2", ""] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }
}
