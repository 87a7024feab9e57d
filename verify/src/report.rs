//! What was found, for people.

use crate::address::Address;
use crate::html::MAX_FILLED;
use crate::shown::clipped;
use std::fmt;

/// Findings that are kept: our page has a handful of files, and somebody may name a million. That there are more is told.
pub(crate) const MAX_FINDINGS: usize = 100;

/// What there is to say of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This source builds it.
    Same,
    /// This source builds another.
    Differs(String),
    /// This source builds it, and it is not there.
    Missing(String),
    /// This source builds nothing like it.
    Extra(String),
}

/// One file with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file's path.
    pub name: String,
    /// What there is to say.
    pub verdict: Verdict,
}

/// Everything that was found at one page.
#[derive(Clone, Debug)]
pub struct Report {
    page: Address,
    redirects: Vec<String>,
    policy: Option<String>,
    filled: Vec<String>,
    findings: Vec<Finding>,
    left_out: usize,
}

impl Report {
    pub(crate) fn new(page: Address, redirects: Vec<String>, policy: Option<String>) -> Self {
        Self { page, redirects, policy, filled: Vec::new(), findings: Vec::new(), left_out: 0 }
    }

    pub(crate) fn add(&mut self, name: &str, verdict: Verdict) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { name: name.to_owned(), verdict });
        } else if verdict != Verdict::Same {
            self.left_out += 1;
        }
    }

    pub(crate) fn fill(&mut self, texts: &[String]) {
        self.filled = texts.to_vec();
    }

    /// Whether this source builds everything that was found, and everything that it builds was found.
    pub fn is_same(&self) -> bool {
        self.left_out == 0 && self.findings.iter().all(|finding| finding.verdict == Verdict::Same)
    }

    /// Each file with its verdict.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What the server filled into the HTML.
    pub fn filled(&self) -> &[String] {
        &self.filled
    }

    /// From where to where one was sent on.
    pub fn redirects(&self) -> &[String] {
        &self.redirects
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for redirect in &self.redirects {
            writeln!(f, "elsewhere  {redirect}")?;
        }
        for Finding { name, verdict } in &self.findings {
            match verdict {
                Verdict::Same => writeln!(f, "same       {name}")?,
                Verdict::Differs(why) => writeln!(f, "DIFFERS    {name}: {why}")?,
                Verdict::Missing(why) => writeln!(f, "MISSING    {name}: {why}")?,
                Verdict::Extra(why) => writeln!(f, "EXTRA      {name}: {why}")?,
            }
        }
        if self.left_out > 0 {
            writeln!(f, "EXTRA      and {} more", self.left_out)?;
        }
        for text in &self.filled {
            writeln!(f, "filled in  {}", clipped(text, MAX_FILLED))?;
        }
        let policy = self.policy.as_deref().map_or("none".to_owned(), |policy| clipped(policy, MAX_FILLED));
        writeln!(f, "policy     {policy}\n")?;
        if self.is_same() {
            writeln!(f, "This source builds what {} has served to this computer now.", self.page)?;
            writeln!(
                f,
                "What is filled in, and the policy, are for you to read: SECURITY.md, *Trusting the page*."
            )
        } else {
            writeln!(f, "What {} serves is not what this source builds.", self.page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_names_are_told_as_a_number_and_are_not_the_same() {
        let mut report = Report::new("http://a.test/".parse().unwrap(), Vec::new(), None);
        for _ in 0..MAX_FINDINGS {
            report.add("x", Verdict::Same);
        }
        assert!(report.is_same());
        report.add("y", Verdict::Same);
        assert!(report.is_same());
        report.add("z", Verdict::Extra("named".to_owned()));
        assert!(!report.is_same());
        assert!(report.to_string().contains("and 1 more"));
    }
}
