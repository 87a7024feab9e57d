//! What must be on the machine: installed where we may (Debian as root), named exactly elsewhere.

use crate::project::{self, Project};
use crate::shell;
use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The target of the module that browsers load.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// Oldest Node that the page's tools support.
const NODE: (u32, u32) = (20, 19);

/// The tool that puts small defects into the code, in this very version: another one makes other mutants.
const CARGO_MUTANTS: &str = "27.1.0";

/// The C compiler for programs that need no library of the system.
pub(crate) const MUSL_CC: &str = "musl-gcc";

/// Makes sure that rustc can build for browsers.
///
/// # Errors
/// With the command to type, if the target is missing and rustup can't add it.
pub(crate) fn wasm_target(project: &Project) -> Result<()> {
    rust_target(project, WASM_TARGET)
}

/// Makes sure that rustc can build for `target`.
///
/// # Errors
/// With the command to type, if the target is missing and rustup can't add it.
pub(crate) fn rust_target(project: &Project, target: &str) -> Result<()> {
    let libraries = shell::output(shell::command("rustc", &project.root).args([
        "--print",
        "target-libdir",
        "--target",
        target,
    ]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    shell::step(&format!("add the target {target} to Rust"), || {
        shell::run(shell::command("rustup", &project.root).args(["target", "add", target])).with_context(|| {
            format!("Rust can't build for {target} yet: install rustup (https://rustup.rs), then `rustup target add {target}`")
        })
    })
}

/// Makes sure that C can be compiled for a static program.
///
/// # Errors
/// With what to install.
pub(crate) fn musl(project: &Project) -> Result<()> {
    packages(project, "the static server", &[(MUSL_CC, "musl-tools")])
}

/// Makes sure that programs are there, each with the package of Debian that has it: installed where we may.
///
/// # Errors
/// With what to install.
pub(crate) fn packages(project: &Project, whatfor: &str, programs: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> =
        programs.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let remedy =
        format!("missing for {whatfor}: {list}. Install them (on Debian: `sudo apt-get install {list}`)");
    apt_install(project, &missing, &remedy)
}

/// cargo-mutants, built where nothing else of the machine's is touched if it is not there yet.
///
/// # Errors
/// If it does not build.
pub(crate) fn cargo_mutants(project: &Project) -> Result<PathBuf> {
    let folder = project.scratch().join("tools");
    let program = folder.join("bin").join(format!("cargo-mutants{}", env::consts::EXE_SUFFIX));
    let is_there = || {
        let version = shell::output(shell::command(&program, &project.root).args(["mutants", "--version"]));
        version.is_ok_and(|version| version.trim().ends_with(CARGO_MUTANTS))
    };
    if !program.is_file() || !is_there() {
        shell::step(&format!("build cargo-mutants {CARGO_MUTANTS}, for some minutes"), || {
            let version = format!("={CARGO_MUTANTS}");
            let mut install = shell::command(project::cargo(), &project.root);
            install.args([
                "install",
                "cargo-mutants",
                "--locked",
                "--force",
                "--quiet",
                "--version",
                &version,
            ]);
            shell::run(install.arg("--root").arg(&folder))
        })?;
    }
    Ok(program)
}

/// Makes sure that Node and npm are there and new enough.
///
/// # Errors
/// With what to install.
pub(crate) fn node(project: &Project) -> Result<()> {
    let (major, minor) = NODE;
    let remedy = format!(
        "install Node.js {major}.{minor} or newer with npm: `apt-get install nodejs npm` on Debian 13, else https://nodejs.org"
    );
    let Some(node) = find("node") else { bail!("Node.js is missing: {remedy}") };
    if find(npm_program()).is_none() {
        bail!("npm is missing: {remedy}");
    }
    let version = shell::output(shell::command(node, &project.root).arg("--version"))?;
    let mut parts = version.trim().trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or(0));
    if (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < NODE {
        bail!("Node.js {} is too old: {remedy}", version.trim());
    }
    Ok(())
}

/// npm's program name here.
pub(crate) fn npm_program() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

/// The two browsers that the tests drive.
pub(crate) struct Browsers {
    /// Chromium's program.
    pub(crate) chromium: PathBuf,
    /// Firefox's program.
    pub(crate) firefox: PathBuf,
}

/// Finds the browsers, and on Debian installs what is missing.
///
/// # Errors
/// With what to install.
pub(crate) fn browsers(project: &Project) -> Result<Browsers> {
    let chromium = || browser("LINKSPAN_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"]);
    let firefox = || browser("LINKSPAN_FIREFOX", &["firefox-esr", "firefox"]);
    let mut missing = Vec::new();
    if chromium()?.is_none() {
        missing.push("chromium");
    }
    if firefox()?.is_none() {
        missing.push("firefox-esr");
    }
    // File names and messages with emoji are shown in tests and pictures.
    if cfg!(target_os = "linux") && !has_emoji() {
        missing.push("fonts-noto-color-emoji");
    }
    if !missing.is_empty() {
        let list = missing.join(" ");
        let remedy = format!(
            "missing for the browser tests: {list}. Install them (on Debian: `sudo apt-get install {list}`), or name \
             the programs in LINKSPAN_CHROMIUM and LINKSPAN_FIREFOX"
        );
        apt_install(project, &missing, &remedy)?;
    }
    Ok(Browsers {
        chromium: chromium()?.context("Chromium is missing")?,
        firefox: firefox()?.context("Firefox is missing")?,
    })
}

/// The program called `name`, by PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let suffixes: &[&str] = if cfg!(windows) { &[".exe", "", ".cmd"] } else { &[""] };
    env::split_paths(&path)
        .flat_map(|folder| suffixes.iter().map(move |suffix| folder.join(format!("{name}{suffix}"))))
        .find(|file| file.is_file())
}

fn browser(variable: &str, names: &[&str]) -> Result<Option<PathBuf>> {
    if let Some(named) = env::var_os(variable).map(PathBuf::from) {
        if named.is_file() {
            return Ok(Some(named));
        }
        bail!("{variable} names {}, which is not there", named.display());
    }
    Ok(names.iter().find_map(|name| find(name)))
}

fn has_emoji() -> bool {
    let listed = Command::new("fc-list").arg(":lang=und-zsye").stderr(Stdio::null()).output();
    listed.is_ok_and(|listed| !listed.stdout.is_empty())
}

/// Fails with `remedy` where we may not install.
fn apt_install(project: &Project, packages: &[&str], remedy: &str) -> Result<()> {
    let root = shell::output(shell::command("id", &project.root).arg("-u")).is_ok_and(|id| id.trim() == "0");
    if find("apt-get").is_none() || !root {
        bail!("{remedy}");
    }
    shell::step(&format!("install {}", packages.join(" ")), || {
        let apt = || {
            let mut apt = shell::command("apt-get", &project.root);
            apt.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
            apt
        };
        shell::run(apt().arg("update"))?;
        shell::run(apt().args(["install", "--yes", "--no-install-recommends"]).args(packages))
    })
}
