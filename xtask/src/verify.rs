//! `cargo xtask verify URL`: whether a server's page is the one that this source builds. The comparing is done by `verify`.

use crate::page;
use crate::project::{self, Project};
use crate::shell;
use crate::wasm::Size;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where the page is, such as <https://share.example.org>
    url: String,
    /// A page that was built elsewhere from a source that you trust, instead of one that is built here and now
    #[arg(long, value_name = "FOLDER")]
    built: Option<PathBuf>,
}

/// Builds the page and compares; the exit code tells whether everything is the same.
///
/// # Errors
/// If something does not build.
pub(crate) fn verify(project: &Project, options: &Options) -> Result<ExitCode> {
    // Said before minutes of building, not after.
    let is_address = ["http://", "https://"].iter().any(|scheme| options.url.starts_with(scheme));
    ensure!(is_address, "an address begins with http:// or https://");
    let built = match &options.built {
        Some(folder) => std::path::absolute(folder).context("this folder has no path")?,
        None => {
            page::build(project, Size::Smallest)?;
            project.www().join("dist")
        }
    };
    let mut cargo = shell::command(project::cargo(), &project.root);
    cargo.args(["build", "--quiet", "--package", "verify"]);
    shell::step("what compares", || shell::run(&mut cargo))?;
    let program = format!("debug/linkspan-verify{}", std::env::consts::EXE_SUFFIX);
    let mut compare = shell::command(project.target.join(program), &project.root);
    let status = compare.arg(&options.url).arg(built).status().context("what compares does not start")?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
