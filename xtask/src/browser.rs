//! Pictures, and what every script needs that drives real browsers.

use crate::npm;
use crate::page;
use crate::project::Project;
use crate::shell;
use crate::tools::{self, Browsers};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct ShotsOptions {
    /// Only states whose name contains this
    #[arg(long)]
    only: Option<String>,
    /// Only the pictures of README.md, small, into docs/pictures
    #[arg(long, conflicts_with = "only")]
    readme: bool,
}

/// Takes a picture of every state of the page, or those that README.md shows.
///
/// # Errors
/// If a state can't be shown or a tool is missing.
pub(crate) fn shots(project: &Project, options: &ShotsOptions) -> Result<()> {
    page::build_shots(project)?;
    let browsers = prepare(project)?;
    let page = project.www().join("dist-shots");
    let (pictures, mut script);
    if options.readme {
        pictures = project.root.join("docs/pictures");
        script = node(project, &browsers, "harness/readme.ts");
        script.arg(page).arg(&pictures);
    } else {
        pictures = project.target.join("shots");
        script = node(project, &browsers, "harness/shots.ts");
        script.arg(page).arg(project.www().join("src/shots/states.json")).arg(&pictures);
        script.args(&options.only);
    }
    shell::step("pictures", || shell::run(&mut script))?;
    println!("pictures: {}", pictures.display());
    Ok(())
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

/// A script of the harness that drives browsers.
pub(crate) fn node(project: &Project, browsers: &Browsers, script: impl AsRef<Path>) -> Command {
    let mut node = shell::command("node", &project.browser_tests());
    node.args(["--import", "tsx"]).arg(script.as_ref());
    with_browsers(&mut node, browsers);
    node
}
