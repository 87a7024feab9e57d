//! `cargo xtask test --long mutants`: small defects put into the code one at a time, to see whether the tests notice.
//!
//! cargo-mutants makes them and runs the tests; here stands which ones, with which tests, and what is good enough. It
//! works in a copy of the tree, so that no defect can stay in the sources whatever happens to it.

mod chosen;
mod outcome;

use super::Options;
use super::copy;
use super::counts::Counts;
use crate::page;
use crate::project::{self, Project};
use crate::shell;
use crate::tools;
use crate::wasm::Size;
use anyhow::{Context, Result, ensure};
use chosen::{Choice, Mutant};
use outcome::{Equivalents, Outcome, Tally};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How many are tried: 95 of 100 caught is then known to about 2.5 in 100.
const SAMPLE: usize = 300;
/// Of a hundred that change something, so many must be caught.
const ENOUGH: usize = 95;
/// Tried in one run of the tool: it compiles their names into one expression, whose size is bounded.
const AT_ONCE: usize = 300;
/// Tests that take so many times what they took without a defect, and at least so long, hang, and that is noticed.
const SLACK: u32 = 5;
const LEAST_PATIENCE: Duration = Duration::from_secs(60);

/// Whose defects are looked for, and by which packages' tests: those that say something of it. A run ends with the first test
/// that fails. The engine's fuzz targets repeat what its own tests promise, and would link the server each time.
const PACKAGES: [(&str, &[&str]); 3] = [
    ("peer-core", &["peer-core", "sim"]),
    ("signal-proto", &["signal-proto", "peer-core", "sim", "fuzz", "signaling"]),
    ("signaling", &["signaling", "fuzz"]),
];

/// Which mutants a run tries.
#[derive(clap::Args)]
pub(crate) struct Which {
    /// For `--long mutants`: the sample of this number again; else another one each time
    #[arg(long, requires = "long")]
    seed: Option<u64>,
    /// For `--long mutants`: how many are tried
    #[arg(long, default_value_t = SAMPLE, requires = "long", conflicts_with = "shard")]
    sample: usize,
    /// For `--long mutants`: all of them in N parts, and of these the K-th, instead of a sample
    #[arg(long, value_name = "K/N", requires = "long", conflicts_with = "seed", value_parser = chosen::shard)]
    shard: Option<(usize, usize)>,
    /// For `--long mutants`: only those of files whose path begins so
    #[arg(
        long = "in",
        value_name = "PATH",
        default_value = "",
        hide_default_value = true,
        requires = "long"
    )]
    path: String,
}

impl Which {
    /// Whether only some files of the Rust code are asked for.
    pub(crate) fn is_limited(&self) -> bool {
        !self.path.is_empty()
    }
}

/// Tries the mutants that `options` name.
///
/// # Errors
/// If the tests fail without any defect, or a tool is missing.
pub(crate) fn run(project: &Project, options: &Options) -> Result<Counts> {
    let tool = tools::cargo_mutants(project)?;
    let tree = project.scratch().join("mutants/tree");
    copy::with_page(project, &tree)?;
    let equivalents = Equivalents::read(project)?;
    let all = listed(&tool, &tree)?;
    let stale = equivalents.stale(&all);
    ensure!(
        stale.is_empty(),
        "{} names what is not there (any more):\n  {}",
        outcome::EQUIVALENTS,
        stale.join("\n  ")
    );

    let choice = Choice::of(&options.mutants);
    println!("{} mutants; {choice}", all.len());
    let chosen = choice.choose(&all);
    ensure!(!chosen.is_empty(), "no mutant was chosen");
    if chosen.iter().any(|mutant| tests_of(&mutant.package).contains(&"signaling")) {
        // Its tests ask the server for the page.
        page::build(project, Size::Smallest)?;
        copy::with_page(project, &tree)?;
    }
    let mut outcomes: BTreeMap<String, Outcome> = BTreeMap::new();
    for (package, _) in PACKAGES {
        let of_package: Vec<&Mutant> =
            chosen.iter().copied().filter(|mutant| mutant.package == package).collect();
        for some in of_package.chunks(AT_ONCE) {
            outcomes.extend(tried(project, &tool, &tree, package, some)?);
        }
    }
    let tally = Tally::of(&chosen, &outcomes, &equivalents)?;
    let table = tally.table(&choice.to_string());
    let file = project.scratch().join("mutants/table.md");
    fs::write(&file, &table).with_context(|| format!("can't write {}", file.display()))?;
    println!("\n{table}\nThe table for docs/mutants.md: {}", file.display());
    tally.judge(ENOUGH)
}

fn tests_of(package: &str) -> &'static [&'static str] {
    PACKAGES.iter().find(|(name, _)| *name == package).map_or(&[], |(_, tests)| tests)
}

/// All mutants of the packages.
fn listed(tool: &Path, tree: &Path) -> Result<Vec<Mutant>> {
    let mut list = shell::command(tool, tree);
    list.args(["mutants", "--list", "--json", "--colors=never"]);
    for (package, _) in PACKAGES {
        list.args(["--package", package]);
    }
    chosen::read(&shell::output(&mut list)?, tree)
}

/// What the tests said to `some` mutants of one package.
fn tried(
    project: &Project,
    tool: &Path,
    tree: &Path,
    package: &str,
    some: &[&Mutant],
) -> Result<BTreeMap<String, Outcome>> {
    let tests = tests_of(package);
    let reports = project.scratch().join("mutants").join(package);
    fs::create_dir_all(&reports).with_context(|| format!("can't make {}", reports.display()))?;
    println!("▸ {package}: {} mutants, tests of {}", some.len(), tests.join(", "));
    let patience = (without_defect(project, tree, tests)? * SLACK).max(LEAST_PATIENCE);
    let files: BTreeSet<&str> = some.iter().map(|mutant| mutant.file.as_str()).collect();
    let mut run = shell::command(tool, tree);
    run.args(["mutants", "--in-place", "--package", package, "--test-package", &tests.join(",")])
        // Its own baseline would run the tests of `package` only (27.1.0).
        .args(["--baseline", "skip", "--timeout", &patience.as_secs().to_string()])
        .args(["--colors=never", "--annotations=none", "--output"])
        .arg(&reports)
        .args(some.iter().flat_map(|mutant| ["--re".to_owned(), mutant.exactly()]))
        // Some kinds of mutants do not heed the names (27.1.0); what is tried besides is not counted.
        .args(files.into_iter().flat_map(|file| ["--file", file]));
    if has_nextest() {
        run.args(["--test-tool", "nextest"]);
    }
    in_own_target(&mut run, project);
    // It ends with other codes if a mutant is missed: that is for us to judge. What went wrong shows in its report.
    let report = reports.join("mutants.out/outcomes.json");
    if report.exists() {
        fs::remove_file(&report).context("can't remove the last run's report")?;
    }
    let status = run.status().context("cargo-mutants does not start")?;
    let text = fs::read_to_string(&report)
        .with_context(|| format!("cargo-mutants ended ({status}) without {}", report.display()))?;
    outcome::read(&text).with_context(|| format!("cargo-mutants ended ({status})"))
}

/// How long the tests take as the code is. If they fail already, every mutant would seem to be noticed.
fn without_defect(project: &Project, tree: &Path, tests: &[&str]) -> Result<Duration> {
    let cargo = |last: &[&str]| {
        let mut cargo = shell::command(project::cargo(), tree);
        cargo.args(if has_nextest() { ["nextest", "run"].as_slice() } else { &["test", "--quiet"] });
        cargo.args(tests.iter().flat_map(|package| ["--package", package])).args(last);
        in_own_target(&mut cargo, project);
        cargo
    };
    shell::run(&mut cargo(&["--no-run"]))?;
    let start = Instant::now();
    shell::watch(&mut cargo(&[])).and_then(|ran| {
        ensure!(ran.success, "the tests fail without any defect: nothing can be said about mutants");
        Ok(start.elapsed())
    })
}

fn has_nextest() -> bool {
    tools::find("cargo-nextest").is_some()
}

/// The copy is built apart from everything else, always at the same place: the next run goes on from there.
fn in_own_target(command: &mut Command, project: &Project) {
    command
        .env("CARGO", project::cargo())
        .env("CARGO_TARGET_DIR", project.scratch().join("mutants/target"))
        // Nobody looks at a backtrace there, and linking is most of the time.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_TEST_DEBUG", "0");
}
