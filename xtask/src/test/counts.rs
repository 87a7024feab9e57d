//! How many tests a tool says it ran, read from what the tool wrote.

use anyhow::{Context, Result};
use std::fmt;

/// Tests run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Did what they should.
    pub(crate) passed: usize,
    /// Did not.
    pub(crate) failed: usize,
    /// Were not run.
    pub(crate) skipped: usize,
}

impl Counts {
    /// A check that is one thing: formatted or not, builds or not.
    pub(crate) const ONE: Self = Self { passed: 1, failed: 0, skipped: 0 };

    /// Adds another stage's.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// From cargo nextest's summary line.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn from_nextest(text: &str) -> Result<Self> {
        let line = text.lines().rev().find(|line| line.trim_start().starts_with("Summary ["));
        let line = line.context("cargo nextest ran no test: see above for what did not build")?;
        Ok(Self {
            passed: before(line, "passed"),
            failed: before(line, "failed") + before(line, "timed out") + before(line, "exec failed"),
            skipped: before(line, "skipped"),
        })
    }

    /// From all `test result:` lines of cargo test.
    pub(crate) fn from_cargo(text: &str) -> Self {
        let mut sum = Self::default();
        for line in text.lines().filter(|line| line.starts_with("test result:")) {
            sum.add(&Self {
                passed: before(line, "passed"),
                failed: before(line, "failed"),
                skipped: before(line, "ignored"),
            });
        }
        sum
    }

    /// From vitest's `Tests  1 failed | 2 passed (3)`.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn from_vitest(text: &str) -> Result<Self> {
        let line = text.lines().rev().find(|line| line.trim_start().starts_with("Tests "));
        let line = line.context("vitest ran no test: see above")?;
        Ok(Self {
            passed: before(line, "passed"),
            failed: before(line, "failed"),
            skipped: before(line, "skipped") + before(line, "todo"),
        })
    }

    /// From Playwright's JSON report.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn from_playwright(json: &str) -> Result<Self> {
        let report: serde_json::Value = serde_json::from_str(json)?;
        let number = |name: &str| -> Result<usize> {
            let number =
                report["stats"][name].as_u64().with_context(|| format!("no {name} in the report"))?;
            Ok(usize::try_from(number)?)
        };
        let errors = report["errors"].as_array().map_or(0, Vec::len);
        Ok(Self {
            passed: number("expected")?,
            failed: number("unexpected")? + number("flaky")? + errors,
            skipped: number("skipped")?,
        })
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// The number that stands before ` word` in `line`, 0 if the word is not there.
fn before(line: &str, word: &str) -> usize {
    let Some(at) = line.find(&format!(" {word}")) else { return 0 };
    line[..at]
        .rsplit(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_as_each_tool_writes_them() -> Result<()> {
        let nextest =
            "     Summary [   0.011s] 7 tests run: 4 passed (1 slow), 2 failed, 1 timed out, 3 skipped\n";
        assert_eq!(Counts::from_nextest(nextest)?, Counts { passed: 4, failed: 3, skipped: 3 });
        let cargo = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\nx\n\
                     test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured\n";
        assert_eq!(Counts::from_cargo(cargo), Counts { passed: 4, failed: 2, skipped: 1 });
        let vitest = " Test Files  1 passed (1)\n      Tests  1 failed | 11 passed | 2 skipped (14)\n";
        assert_eq!(Counts::from_vitest(vitest)?, Counts { passed: 11, failed: 1, skipped: 2 });
        let playwright = r#"{"errors":[{}],"stats":{"expected":5,"unexpected":1,"flaky":0,"skipped":2}}"#;
        assert_eq!(Counts::from_playwright(playwright)?, Counts { passed: 5, failed: 2, skipped: 2 });
        Ok(())
    }

    #[test]
    fn a_tool_that_says_nothing_is_an_error_not_a_pass() {
        assert!(Counts::from_nextest("error: could not compile").is_err());
        assert!(Counts::from_vitest("").is_err());
        assert!(Counts::from_playwright("{}").is_err());
    }

    #[test]
    fn the_last_line_has_the_form_that_machines_read() {
        let counts = Counts { passed: 12, failed: 1, skipped: 0 };
        assert_eq!(counts.to_string(), "12 passed, 1 failed");
        assert_eq!(Counts { skipped: 2, ..counts }.to_string(), "12 passed, 1 failed, 2 skipped");
    }
}
