//! What became of the mutants, those that change nothing, and whether it is good enough.

use super::PACKAGES;
use super::chosen::Mutant;
use crate::project::Project;
use crate::test::counts::Counts;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

/// The mutants that change nothing which anybody could notice, each with its reason.
pub(super) const EQUIVALENTS: &str = "tests/mutants/equivalents.json";

/// What the tests said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A test failed.
    Caught,
    /// The tests did not end in time: somebody would have looked.
    Hung,
    /// All tests passed.
    Missed,
    /// It is no Rust.
    Unviable,
}

/// Reads the tool's report: an outcome for each mutant's name.
///
/// # Errors
/// If it is no such report.
pub(super) fn read(json: &str) -> Result<BTreeMap<String, Outcome>> {
    let report: Value = serde_json::from_str(json).context("the report is no JSON")?;
    let mut outcomes = BTreeMap::new();
    for one in report["outcomes"].as_array().context("the report has no outcomes")? {
        let summary = one["summary"].as_str().context("an outcome without a summary")?;
        let name = one["scenario"]["Mutant"]["name"].as_str().context("an outcome without a mutant")?;
        let outcome = match summary {
            "CaughtMutant" => Outcome::Caught,
            "Timeout" => Outcome::Hung,
            "MissedMutant" => Outcome::Missed,
            "Unviable" => Outcome::Unviable,
            other => bail!("{name}: {other}"),
        };
        outcomes.insert(name.to_owned(), outcome);
    }
    Ok(outcomes)
}

/// Mutants that change nothing.
#[derive(Debug)]
pub(super) struct Equivalents {
    list: Vec<Equivalent>,
}

#[derive(Debug)]
struct Equivalent {
    what: String,
    line: String,
}

impl Equivalent {
    fn is(&self, mutant: &Mutant) -> bool {
        self.what == mutant.what() && self.line == mutant.line
    }
}

impl Equivalents {
    /// Reads the list.
    ///
    /// # Errors
    /// If it is not there, or one of them has no reason.
    pub(super) fn read(project: &Project) -> Result<Self> {
        let text = fs::read_to_string(project.root.join(EQUIVALENTS));
        Self::parse(&text.with_context(|| format!("can't read {EQUIVALENTS}"))?).context(EQUIVALENTS)
    }

    fn parse(json: &str) -> Result<Self> {
        let list: Value = serde_json::from_str(json)?;
        let mut equivalents = Vec::new();
        for one in list.as_array().context("not a list")? {
            let word = |name: &str| {
                let word = one[name].as_str().filter(|word| !word.trim().is_empty());
                word.map(str::to_owned).with_context(|| format!("without `{name}`: {one}"))
            };
            word("why")?;
            equivalents.push(Equivalent { what: word("mutant")?, line: word("line")? });
        }
        Ok(Self { list: equivalents })
    }

    /// Those that name no mutant of `all`.
    pub(super) fn stale(&self, all: &[Mutant]) -> Vec<String> {
        let is_gone = |one: &&Equivalent| !all.iter().any(|mutant| one.is(mutant));
        self.list.iter().filter(is_gone).map(|one| format!("{} at `{}`", one.what, one.line)).collect()
    }

    fn has(&self, mutant: &Mutant) -> bool {
        self.list.iter().any(|one| one.is(mutant))
    }
}

/// Of one package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Row {
    caught: usize,
    hung: usize,
    missed: usize,
    equivalent: usize,
    unviable: usize,
}

impl Row {
    /// So many were noticed.
    fn noticed(&self) -> usize {
        self.caught + self.hung
    }

    /// In percent, rounded down.
    fn score(&self) -> usize {
        self.noticed() * 100 / (self.noticed() + self.missed).max(1)
    }
}

/// All that is known about a run.
#[derive(Debug)]
pub(super) struct Tally {
    rows: BTreeMap<String, Row>,
    missed: Vec<String>,
    /// Said to change nothing, and a test noticed.
    noticed: Vec<String>,
}

impl Tally {
    /// Counts.
    ///
    /// # Errors
    /// If a chosen mutant has no outcome.
    pub(super) fn of(
        chosen: &[&Mutant],
        outcomes: &BTreeMap<String, Outcome>,
        equivalents: &Equivalents,
    ) -> Result<Self> {
        let mut tally = Self { rows: BTreeMap::new(), missed: Vec::new(), noticed: Vec::new() };
        for mutant in chosen {
            let outcome =
                outcomes.get(&mutant.name).with_context(|| format!("{} was not tried", mutant.name))?;
            let row = tally.rows.entry(mutant.package.clone()).or_default();
            match (outcome, equivalents.has(mutant)) {
                (Outcome::Caught, false) => row.caught += 1,
                (Outcome::Hung, false) => row.hung += 1,
                (Outcome::Caught | Outcome::Hung, true) => tally.noticed.push(mutant.name.clone()),
                (Outcome::Missed, false) => {
                    row.missed += 1;
                    tally.missed.push(format!("{}  `{}`", mutant.name, mutant.line));
                }
                (Outcome::Missed, true) => row.equivalent += 1,
                (Outcome::Unviable, _) => row.unviable += 1,
            }
        }
        Ok(tally)
    }

    fn sum(&self) -> Row {
        self.rows.values().fold(Row::default(), |sum, row| Row {
            caught: sum.caught + row.caught,
            hung: sum.hung + row.hung,
            missed: sum.missed + row.missed,
            equivalent: sum.equivalent + row.equivalent,
            unviable: sum.unviable + row.unviable,
        })
    }

    /// As docs/mutants.md has it.
    pub(super) fn table(&self, choice: &str) -> String {
        let mut table = format!(
            "{choice}:\n\n| crate | caught | hung | missed | score | change nothing | are no Rust |\n|---|---|---|---|---|---|---|\n"
        );
        let all = ("all", self.sum());
        let packages = PACKAGES.iter().filter_map(|(name, _)| Some((*name, *self.rows.get(*name)?)));
        for (name, row) in packages.chain([all]) {
            let Row { caught, hung, missed, equivalent, unviable } = row;
            // Writing to a String cannot fail.
            let _ = writeln!(
                table,
                "| {name} | {caught} | {hung} | {missed} | {} % | {equivalent} | {unviable} |",
                row.score()
            );
        }
        table
    }

    /// Each mutant that a test caught has passed.
    ///
    /// # Errors
    /// If fewer than `enough` percent were caught, or one that changes nothing was noticed.
    pub(super) fn judge(&self, enough: usize) -> Result<Counts> {
        for missed in &self.missed {
            println!("missed: {missed}");
        }
        if !self.noticed.is_empty() {
            bail!("{EQUIVALENTS} has what a test notices:\n  {}", self.noticed.join("\n  "));
        }
        let sum = self.sum();
        // What is missed within the measure is not a failure; the lines above name it.
        let noticed = sum.noticed();
        let failed = if noticed * 100 < (noticed + sum.missed) * enough { sum.missed } else { 0 };
        Ok(Counts { passed: noticed, failed, skipped: sum.equivalent + sum.unviable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(number: usize) -> Mutant {
        Mutant {
            package: "peer-core".to_owned(),
            file: "a.rs".to_owned(),
            name: format!("a.rs:{number}:1: replace + with - in f"),
            line: format!("a + {number}"),
        }
    }

    /// `caught` that tests notice, then `missed` that they don't.
    fn tally(caught: usize, missed: usize, equivalents: &str) -> Result<Tally> {
        let mutants: Vec<Mutant> = (0..caught + missed).map(mutant).collect();
        let outcome = |i: usize| if i < caught { Outcome::Caught } else { Outcome::Missed };
        let outcomes =
            mutants.iter().enumerate().map(|(i, mutant)| (mutant.name.clone(), outcome(i))).collect();
        let chosen: Vec<&Mutant> = mutants.iter().collect();
        Tally::of(&chosen, &outcomes, &Equivalents::parse(equivalents)?)
    }

    fn equivalent(number: usize) -> String {
        format!(
            r#"[{{"mutant":"a.rs: replace + with - in f","line":"a + {number}","why":"it is never read"}}]"#
        )
    }

    #[test]
    fn ninety_five_of_a_hundred_are_enough_and_one_less_is_not() -> Result<()> {
        assert_eq!(tally(95, 5, "[]")?.judge(95)?, Counts { passed: 95, failed: 0, skipped: 0 });
        assert_eq!(tally(94, 6, "[]")?.judge(95)?, Counts { passed: 94, failed: 6, skipped: 0 });
        Ok(())
    }

    #[test]
    fn what_changes_nothing_does_not_count_and_must_stay_unnoticed() -> Result<()> {
        assert_eq!(tally(19, 2, &equivalent(20))?.judge(95)?, Counts { passed: 19, failed: 0, skipped: 1 });
        let noticed = tally(19, 2, &equivalent(3))?.judge(95);
        assert!(noticed.is_err_and(|error| error.to_string().contains("a.rs:3:1")));
        Ok(())
    }

    #[test]
    fn a_line_of_the_list_that_names_nothing_is_stale() -> Result<()> {
        let all = [mutant(1), mutant(2)];
        assert!(Equivalents::parse(&equivalent(2))?.stale(&all).is_empty());
        assert_eq!(
            Equivalents::parse(&equivalent(3))?.stale(&all),
            ["a.rs: replace + with - in f at `a + 3`"]
        );
        Ok(())
    }

    #[test]
    fn one_without_a_reason_is_refused() {
        assert!(Equivalents::parse(r#"[{"mutant":"a.rs: x","line":"a","why":" "}]"#).is_err());
        assert!(Equivalents::parse(r#"[{"mutant":"a.rs: x","line":"a"}]"#).is_err());
        assert!(Equivalents::parse("{}").is_err());
    }

    #[test]
    fn a_report_is_read_as_the_tool_writes_it() -> Result<()> {
        let one = |name: &str, summary: &str| {
            format!(r#"{{"scenario":{{"Mutant":{{"name":"{name}"}}}},"summary":"{summary}"}}"#)
        };
        let report = |list: &[String]| format!(r#"{{"outcomes":[{}]}}"#, list.join(","));
        let whole =
            [one("a", "CaughtMutant"), one("b", "Timeout"), one("c", "MissedMutant"), one("d", "Unviable")];
        let outcomes = read(&report(&whole))?;
        let words: Vec<Outcome> = outcomes.into_values().collect();
        assert_eq!(words, [Outcome::Caught, Outcome::Hung, Outcome::Missed, Outcome::Unviable]);
        assert!(read(r#"{"outcomes":[{"scenario":"Baseline","summary":"Success"}]}"#).is_err());
        assert!(read(&report(&[one("a", "Success")])).is_err());
        assert!(read("{}").is_err());
        Ok(())
    }

    #[test]
    fn one_that_was_not_tried_is_an_error_and_not_a_pass() -> Result<()> {
        let nothing = Equivalents::parse("[]")?;
        assert!(Tally::of(&[&mutant(1)], &BTreeMap::new(), &nothing).is_err());
        Ok(())
    }

    #[test]
    fn the_table_has_a_row_for_each_crate_and_one_for_all() -> Result<()> {
        let table = tally(19, 1, "[]")?.table("a sample of 20, seed 7");
        assert!(table.starts_with("a sample of 20, seed 7:\n\n| crate |"), "{table}");
        assert!(
            table
                .contains("| peer-core | 19 | 0 | 1 | 95 % | 0 | 0 |\n| all | 19 | 0 | 1 | 95 % | 0 | 0 |\n"),
            "{table}"
        );
        Ok(())
    }
}
