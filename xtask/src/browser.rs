//! Pictures and measurements: scripts that drive real browsers, and what must be built before them.

use crate::npm;
use crate::page;
use crate::project::Project;
use crate::run;
use crate::shell;
use crate::tools::{self, Browsers};
use crate::wasm::Size;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct ShotsOptions {
    /// Only states whose name contains this
    #[arg(long)]
    only: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct BenchOptions {
    /// Only measurements whose name contains this; all without
    #[arg(long)]
    only: Option<String>,
    /// Rounds of each measurement; medians are printed
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

/// Takes a picture of every state of the page.
///
/// # Errors
/// If a state can't be shown or a tool is missing.
pub(crate) fn shots(project: &Project, options: &ShotsOptions) -> Result<()> {
    page::build_shots(project)?;
    let browsers = prepare(project)?;
    let pictures = project.target.join("shots");
    let mut script = node(project, &browsers, "harness/shots.ts");
    script
        .arg(project.www().join("dist-shots"))
        .arg(project.www().join("src/shots/states.json"))
        .arg(&pictures);
    script.args(&options.only);
    shell::step("pictures", || shell::run(&mut script))?;
    println!("pictures: {}", pictures.display());
    Ok(())
}

/// Measures against a bare data channel.
///
/// # Errors
/// If a transfer fails or a tool is missing.
pub(crate) fn bench(project: &Project, options: &BenchOptions) -> Result<()> {
    page::build(project, Size::Smallest)?;
    let server = run::build_server(project, run::RELEASE)?;
    let browsers = prepare(project)?;
    let mut script = node(project, &browsers, "../bench/run.mts");
    script.env("LINKSPAN_SERVER", server).arg(format!("--rounds={}", options.rounds));
    script.args(options.only.iter().map(|only| format!("--only={only}")));
    shell::run(&mut script)
}

/// Installs what drives the browsers, and finds the browsers.
///
/// # Errors
/// If one is missing and can't be installed.
pub(crate) fn prepare(project: &Project) -> Result<Browsers> {
    npm::install(project, &project.browser_tests())?;
    tools::browsers(project)
}

/// Tells a command of the harness where the browsers are.
pub(crate) fn with_browsers<'a>(command: &'a mut Command, browsers: &Browsers) -> &'a mut Command {
    command.env("LINKSPAN_CHROMIUM", &browsers.chromium).env("LINKSPAN_FIREFOX", &browsers.firefox)
}

fn node(project: &Project, browsers: &Browsers, script: impl AsRef<Path>) -> Command {
    let mut node = shell::command("node", &project.browser_tests());
    node.args(["--import", "tsx"]).arg(script.as_ref());
    with_browsers(&mut node, browsers);
    node
}
