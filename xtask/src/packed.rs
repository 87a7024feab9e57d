//! The server as it is shipped: one static program with the page inside, which needs nothing of the machine it runs on.

use crate::project::{self, Project};
use crate::shell;
use crate::tools;
use anyhow::{Result, bail, ensure};
use std::env::consts::{ARCH, OS};
use std::path::PathBuf;

/// How much time goes into making it fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speed {
    /// As it is shipped.
    Full,
    /// Soon built, for tests; like the other in everything else.
    Thin,
}

/// Builds the static server and says where it is. The page must be built before.
///
/// # Errors
/// If a tool is missing, it does not build, or this is no machine that it could run on.
pub(crate) fn build(project: &Project, speed: Speed) -> Result<PathBuf> {
    if OS != "linux" {
        bail!("the static server is a program for Linux: build it there, or with deploy/Dockerfile");
    }
    let target = format!("{ARCH}-unknown-linux-musl");
    tools::rust_target(project, &target)?;
    tools::musl(project)?;
    let profile = match speed {
        Speed::Full => "release",
        Speed::Thin => "thin",
    };
    let mut cargo = shell::command(project::cargo(), &project.root);
    cargo.args(["build", "--bin", "linkspan-signaling", "--package", "signaling"]);
    cargo.args(["--profile", profile, "--target", &target]);
    // For what is not Rust: the C in ring.
    cargo.env(format!("CC_{}", target.replace('-', "_")), tools::MUSL_CC);
    shell::step("static server", || shell::run(&mut cargo))?;
    let program = project.target.join(target).join(profile).join("linkspan-signaling");
    ensure!(program.is_file(), "the server was built, but {} is not there", program.display());
    Ok(program)
}
