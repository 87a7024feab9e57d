//! npm packages: installed from the lock files, only when those changed.

use crate::project::Project;
use crate::shell;
use crate::stamp::Inputs;
use crate::tools;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Installs the packages of `folder` exactly as its lock file says.
///
/// # Errors
/// If Node or npm is missing, or the lock file does not fit.
pub(crate) fn install(project: &Project, folder: &Path) -> Result<()> {
    tools::node(project)?;
    let name = folder.strip_prefix(&project.root).unwrap_or(folder).display().to_string();
    let mut inputs = Inputs::of("npm ci");
    for file in ["package.json", "package-lock.json"] {
        let path = folder.join(file);
        ensure!(path.is_file(), "{name}/{file} is missing");
        inputs.add_tree(&path)?;
    }
    // Inside node_modules, so that it goes with what it stands for.
    let stamp = folder.join("node_modules/.linkspan-stamp");
    let inputs = inputs.finish();
    if fs::read_to_string(&stamp).is_ok_and(|old| old == inputs) {
        return Ok(());
    }
    shell::step(&format!("npm packages of {name}"), || {
        shell::run(npm(folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
            .context("if package.json and its lock file disagree, `npm install` there and commit both")?;
        fs::write(&stamp, inputs).context("can't write into node_modules")
    })
}

/// npm in `folder`.
pub(crate) fn npm(folder: &Path) -> Command {
    let mut npm = shell::command(tools::npm_program(), folder);
    // Nothing here needs a browser of npm's own.
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").env("NO_COLOR", "1");
    npm
}

/// The script `name` of the package.json in `folder`.
pub(crate) fn script(folder: &Path, name: &str) -> Command {
    let mut npm = npm(folder);
    npm.args(["run", "--silent", name, "--"]);
    npm
}
