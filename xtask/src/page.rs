//! The page: the Wasm package, npm packages and Vite, each only when its inputs changed.

use crate::npm;
use crate::project::Project;
use crate::shell;
use crate::stamp::{Inputs, Stamp};
use crate::tools;
use crate::wasm::{self, Size};
use anyhow::{Context, Result};
use std::fs::{self, File};

/// Builds www/dist.
///
/// # Errors
/// If a tool is missing or something does not build.
pub(crate) fn build(project: &Project, size: Size) -> Result<()> {
    build_as(project, "build", "dist", size)
}

/// Builds www/dist-shots, the page with every state of it shown from made-up data.
///
/// # Errors
/// If a tool is missing or something does not build.
pub(crate) fn build_shots(project: &Project) -> Result<()> {
    build_as(project, "build:shots", "dist-shots", Size::Smallest)
}

fn build_as(project: &Project, script: &str, made: &str, size: Size) -> Result<()> {
    // Said before minutes of building, not after.
    tools::node(project)?;
    let _one_at_a_time = lock(project)?;
    wasm::build(project, size)?;
    let www = project.www();
    npm::install(project, &www)?;
    let mut inputs = Inputs::of(script);
    inputs.add_tree(&www)?;
    inputs.add(include_bytes!("../npm/compress.mjs"));
    let made = www.join(made);
    let stamp = Stamp::new(project.scratch().join(format!("{script}.stamp")), inputs.finish(), &made);
    if stamp.is_fresh()? {
        shell::unchanged("page");
        return Ok(());
    }
    shell::step(&format!("page ({script})"), || {
        // Vite would build the page for developers if somebody has set it otherwise.
        shell::run(npm::script(&www, script).env("NODE_ENV", "production"))?;
        let mut compress = shell::command("node", &project.root);
        shell::run(compress.arg("xtask/npm/compress.mjs").arg(&made))
    })?;
    stamp.set()
}

/// Two builds at once would write into each other's files. Released when dropped.
fn lock(project: &Project) -> Result<File> {
    fs::create_dir_all(project.scratch())?;
    let file = File::create(project.scratch().join("lock")).context("can't make target/xtask/lock")?;
    file.lock().context("can't lock target/xtask/lock")?;
    Ok(file)
}
