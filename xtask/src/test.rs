//! `cargo xtask test`: everything that must hold, in one command, with real totals.
//!
//! A stage that fails does not stop the others; one whose ground is missing (the page did not build) fails too,
//! and says so. Nothing is skipped silently.

mod copy;
mod counts;
mod mutants;
mod same;
mod stages;

use crate::project::Project;
use anyhow::{Result, anyhow};
use counts::Counts;
use stages::{LONG, STAGES, Stage};
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this stage (may be given several times) and what it needs
    #[arg(long)]
    only: Vec<String>,
    /// Name the stages and end
    #[arg(long)]
    list: bool,
    /// Instead of these, a stage that takes hours
    #[arg(long, value_name = "STAGE", conflicts_with = "only")]
    long: Option<String>,
    #[command(flatten)]
    mutants: mutants::Which,
    /// For the browser stage: further options for Playwright, after `--`
    #[arg(last = true)]
    playwright: Vec<String>,
}

/// How a stage ended.
struct Report {
    stage: &'static Stage,
    counts: Counts,
    problem: Option<String>,
    time: Duration,
}

/// Runs the stages and prints the totals; the exit code tells whether all passed.
///
/// # Errors
/// If a stage is named that does not exist.
pub(crate) fn test(project: &Project, options: &Options) -> Result<ExitCode> {
    if options.list {
        STAGES.iter().for_each(|stage| println!("{:12} {}", stage.name, stage.what));
        println!("\nwith --long:");
        LONG.iter().for_each(|stage| println!("{:12} {}", stage.name, stage.what));
        return Ok(ExitCode::SUCCESS);
    }
    let mut reports: Vec<Report> = Vec::new();
    for stage in chosen(options)? {
        let missing = stage.needs.iter().find(|need| {
            reports.iter().any(|report| report.stage.name == **need && report.problem.is_some())
        });
        println!("\n━━ {}: {}", stage.name, stage.what);
        let start = Instant::now();
        let done = match missing {
            Some(need) => Err(anyhow!("could not run, because `{need}` failed")),
            None => (stage.run)(project, options),
        };
        let report = report(stage, done, start.elapsed());
        println!("━━ {}: {}, {:.0} s", stage.name, verdict(&report), report.time.as_secs_f32());
        reports.push(report);
    }
    Ok(total(&reports))
}

/// The stages to run, in their order.
fn chosen(options: &Options) -> Result<Vec<&'static Stage>> {
    let is_one_of = |stages: &[Stage], name: &str| stages.iter().any(|stage| stage.name == name);
    let unknown = |name: &str| anyhow!("there is no stage `{name}`: `cargo xtask test --list` names them");
    if let Some(long) = &options.long {
        if !is_one_of(&LONG, long) {
            return Err(unknown(long));
        }
        // `mutants` is that and `mutants-page`.
        return Ok(LONG.iter().filter(|stage| stage.name.starts_with(long.as_str())).collect());
    }
    if let Some(name) = options.only.iter().find(|name| !is_one_of(&STAGES, name)) {
        return Err(unknown(name));
    }
    Ok(STAGES.iter().filter(|stage| wanted(stage, &options.only)).collect())
}

fn wanted(stage: &Stage, only: &[String]) -> bool {
    let named = |name: &str| only.iter().any(|wanted| wanted == name);
    let needed = || STAGES.iter().any(|other| named(other.name) && other.needs.contains(&stage.name));
    only.is_empty() || named(stage.name) || needed()
}

fn report(stage: &'static Stage, done: Result<Counts>, time: Duration) -> Report {
    match done {
        Ok(counts) if counts.failed > 0 => {
            Report { stage, counts, problem: Some(format!("{} failed", counts.failed)), time }
        }
        Ok(counts) => Report { stage, counts, problem: None, time },
        Err(error) => {
            let problem = format!("{error:#}");
            println!("{problem}");
            Report { stage, counts: Counts { failed: 1, ..Counts::default() }, problem: Some(problem), time }
        }
    }
}

fn verdict(report: &Report) -> String {
    match &report.problem {
        None => format!("ok, {}", report.counts),
        Some(_) => format!("FAILED, {}", report.counts),
    }
}

fn total(reports: &[Report]) -> ExitCode {
    println!("\n{:12} {:>6} {:>6} {:>7} {:>7}", "stage", "passed", "failed", "skipped", "time");
    let mut sum = Counts::default();
    for Report { stage, counts, problem, time } in reports {
        let Counts { passed, failed, skipped } = counts;
        println!("{:12} {passed:>6} {failed:>6} {skipped:>7} {:>5.0} s", stage.name, time.as_secs_f32());
        if let Some(problem) = problem {
            println!("             ✗ {}", problem.lines().next().unwrap_or_default());
        }
        sum.add(counts);
    }
    println!();
    // Read by machines: alone on its line, and the last.
    println!("{sum}");
    if sum.failed == 0 && sum.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
