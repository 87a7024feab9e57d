//! `cargo xtask bench`: figures, beside those of others in the same run. Nothing here passes or fails.

use crate::browser;
use crate::npm;
use crate::page;
use crate::project::{self, Project};
use crate::run;
use crate::shell;
use crate::wasm::Size;
use anyhow::{Result, bail};
use clap::ValueEnum;
use std::env::consts::EXE_SUFFIX;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// What to measure
    #[arg(value_enum, default_value_t = Subject::Page)]
    subject: Subject,
    /// Only measurements whose name contains this; all without
    #[arg(long)]
    only: Option<String>,
    /// Rounds of each measurement; medians are printed
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// For signaling: idle connections to hold
    #[arg(long, default_value_t = 50_000)]
    idle: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Speed, memory and size in browsers, beside a bare data channel
    Page,
    /// The signaling server under load and attack, beside those of PeerJS and y-webrtc
    Signaling,
}

/// Builds what is measured, optimised, and measures it.
///
/// # Errors
/// If something does not build, a tool is missing or a measurement cannot be made.
pub(crate) fn bench(project: &Project, options: &Options) -> Result<()> {
    match options.subject {
        Subject::Page => in_browsers(project, options),
        Subject::Signaling => signaling(project, options),
    }
}

fn in_browsers(project: &Project, options: &Options) -> Result<()> {
    page::build(project, Size::Smallest)?;
    let server = run::build_server(project, run::RELEASE)?;
    let browsers = browser::prepare(project)?;
    let mut script = browser::node(project, &browsers, "../bench/run.mts");
    script.env("LINKSPAN_SERVER", server).arg(format!("--rounds={}", options.rounds));
    script.args(options.only.iter().map(|only| format!("--only={only}")));
    shell::run(&mut script)
}

fn signaling(project: &Project, options: &Options) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("this bench reads /proc and uses all of 127.0.0.0/8: it needs Linux");
    }
    page::build(project, Size::Smallest)?;
    let server = run::build_server(project, run::RELEASE)?;
    let rivals = project.root.join("tests/bench/signaling");
    npm::install(project, &rivals)?;
    let mut cargo = shell::command(project::cargo(), &project.root);
    cargo.args(["build", "--release", "--package", "signaling-bench"]);
    shell::step("load generator", || shell::run(&mut cargo))?;
    let mut bench =
        shell::command(project.target.join(format!("release/signaling-bench{EXE_SUFFIX}")), &project.root);
    bench.arg("--server").arg(server).arg("--rivals").arg(rivals);
    bench.arg(format!("--rounds={}", options.rounds)).arg(format!("--idle={}", options.idle));
    bench.args(options.only.iter().map(|only| format!("--only={only}")));
    shell::run(&mut bench)
}
