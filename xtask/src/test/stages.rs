//! The stages of `cargo xtask test`, cheap ones first.

use super::Options;
use super::counts::Counts;
use super::mutants;
use super::same;
use crate::browser;
use crate::npm;
use crate::packed::{self, Speed};
use crate::page;
use crate::project::{self, Project};
use crate::run;
use crate::shell;
use crate::tools::{self, WASM_TARGET};
use crate::wasm::Size;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::process::Command;

/// One stage.
pub(crate) struct Stage {
    /// For `--only`.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) what: &'static str,
    /// Stages without which this one makes no sense.
    pub(crate) needs: &'static [&'static str],
    /// Does it.
    pub(crate) run: fn(&Project, &Options) -> Result<Counts>,
}

/// All stages in their order.
pub(crate) const STAGES: [Stage; 14] = [
    Stage { name: "fmt", what: "Rust is formatted", needs: &[], run: fmt },
    Stage { name: "tidy", what: "the architecture's rules, licences and sources", needs: &[], run: tidy },
    Stage { name: "deny", what: "cargo-deny, where it is installed", needs: &[], run: deny },
    Stage { name: "page", what: "the Wasm module and the page build", needs: &[], run: build_page },
    Stage {
        name: "same",
        what: "the page built elsewhere has the same bytes",
        needs: &["page"],
        run: same::run,
    },
    Stage { name: "clippy", what: "lints, all Rust", needs: &[], run: clippy },
    Stage { name: "wasm", what: "lints, the browser shell for its own target", needs: &[], run: clippy_wasm },
    Stage { name: "rust", what: "all Rust tests", needs: &["page"], run: rust },
    Stage {
        name: "deploy",
        what: "the static program, its service, proxies in front",
        needs: &["page"],
        run: deploy,
    },
    Stage { name: "doc", what: "the documentation's examples and links", needs: &[], run: doc },
    Stage { name: "types", what: "TypeScript's types, page and browser tests", needs: &["page"], run: types },
    Stage { name: "lint", what: "lints, page", needs: &["page"], run: lint },
    Stage { name: "unit", what: "the page's unit tests", needs: &["page"], run: unit },
    Stage { name: "browser", what: "stories in Chromium and Firefox", needs: &["page"], run: stories },
];

/// Those of `--long`: they take hours, and say how good the tests are rather than whether the program is.
pub(crate) const LONG: [Stage; 2] = [
    Stage {
        name: "mutants",
        what: "small defects put into the Rust code: do the tests notice?",
        needs: &[],
        run: mutants::run,
    },
    Stage {
        name: "mutants-page",
        what: "the same, the page's reducer and selectors",
        needs: &[],
        run: page_mutants,
    },
];

fn fmt(project: &Project, _: &Options) -> Result<Counts> {
    one(cargo(project).args(["fmt", "--all", "--check"]))
}

fn tidy(project: &Project, _: &Options) -> Result<Counts> {
    cargo_tests(project, &["--package", "xtask"], &["--package", "xtask"])
}

/// What it would look at is looked at by `tidy` too, so that a machine without it misses nothing.
fn deny(project: &Project, _: &Options) -> Result<Counts> {
    if tools::find("cargo-deny").is_none() {
        println!(
            "cargo-deny is not installed; bans, licences and sources of deny.toml are checked by `tidy`"
        );
        return Ok(Counts::default());
    }
    one(cargo(project).args(["deny", "check", "bans", "licenses", "sources"]))
}

fn build_page(project: &Project, _: &Options) -> Result<Counts> {
    page::build(project, Size::Smallest)?;
    page::build_shots(project)?;
    Ok(Counts::ONE)
}

fn clippy(project: &Project, _: &Options) -> Result<Counts> {
    one(cargo(project).args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn clippy_wasm(project: &Project, _: &Options) -> Result<Counts> {
    tools::wasm_target(project)?;
    one(cargo(project)
        .args(["clippy", "--quiet", "--package", "peer-wasm", "--target", WASM_TARGET])
        .args(["--", "-D", "warnings"]))
}

fn rust(project: &Project, _: &Options) -> Result<Counts> {
    let programs = [("redis-server", "redis-server"), ("turnserver", "coturn")];
    tools::packages(project, "the server's tests", &programs)?;
    // As one workspace: what the stages share is then built with the same features, once.
    let nextest = ["--workspace", "--filterset", "not package(xtask) and not package(deploy)"];
    cargo_tests(project, &nextest, &["--workspace", "--exclude", "xtask", "--exclude", "deploy"])
}

/// Linux only, like what is tested; another system has nothing that these tests could start.
fn deploy(project: &Project, _: &Options) -> Result<Counts> {
    if !cfg!(target_os = "linux") {
        println!("the static program and its service are for Linux only");
        return Ok(Counts::default());
    }
    let server = packed::build(project, Speed::Thin)?;
    let proxies = [("nginx", "nginx-light"), ("caddy", "caddy"), ("systemd-analyze", "systemd")];
    tools::packages(project, "the tests of deploy/", &proxies)?;
    // The tests are few and small: no runner of their own is needed to start them.
    let ran = shell::watch(cargo(project).env("LINKSPAN_STATIC", server).args([
        "test",
        "--quiet",
        "--package",
        "deploy",
    ]))?;
    consistent(ran.success, Counts::from_cargo(&ran.text))
}

fn doc(project: &Project, _: &Options) -> Result<Counts> {
    one(cargo(project).env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--quiet",
        "--workspace",
        "--exclude",
        "xtask",
        "--no-deps",
        "--document-private-items",
    ]))?;
    let ran =
        shell::watch(cargo(project).args(["test", "--quiet", "--workspace", "--doc", "--no-fail-fast"]))?;
    let mut counts = Counts::from_cargo(&ran.text);
    ensure!(ran.success || counts.failed > 0, "the documentation's examples do not build");
    counts.add(&Counts::ONE);
    Ok(counts)
}

fn types(project: &Project, _: &Options) -> Result<Counts> {
    one(&mut npm::script(&project.www(), "typecheck"))?;
    npm::install(project, &project.browser_tests())?;
    one(&mut npm::script(&project.browser_tests(), "typecheck"))?;
    Ok(Counts { passed: 2, ..Counts::default() })
}

fn lint(project: &Project, _: &Options) -> Result<Counts> {
    one(&mut npm::script(&project.www(), "lint"))
}

fn unit(project: &Project, _: &Options) -> Result<Counts> {
    let ran = shell::watch(&mut npm::script(&project.www(), "test"))?;
    consistent(ran.success, Counts::from_vitest(&ran.text)?)
}

/// The page's tool is npm's; without its script there is nothing to run, and with `--in` something else is asked for.
fn page_mutants(project: &Project, options: &Options) -> Result<Counts> {
    let package =
        fs::read_to_string(project.www().join("package.json")).context("www has no package.json")?;
    let package: serde_json::Value = serde_json::from_str(&package).context("www/package.json is no JSON")?;
    let why = if options.mutants.is_limited() {
        Some("only some of the Rust code was asked for")
    } else if package["scripts"]["mutants"].is_null() {
        Some("www/package.json has no script `mutants`")
    } else {
        None
    };
    if let Some(why) = why {
        println!("not run: {why}");
        return Ok(Counts::default());
    }
    npm::install(project, &project.www())?;
    one(&mut npm::script(&project.www(), "mutants"))
}

fn stories(project: &Project, options: &Options) -> Result<Counts> {
    let browsers = browser::prepare(project)?;
    let programs = [("turnserver", "coturn"), ("openssl", "openssl"), ("nginx", "nginx-light")];
    tools::packages(project, "the stories of TURN and of proxies", &programs)?;
    let server = run::build_server(project, &["--workspace"])?;
    let report = project.scratch().join("playwright.json");
    if report.exists() {
        fs::remove_file(&report).context("can't remove the last run's report")?;
    }
    let mut playwright = npm::script(&project.browser_tests(), "test");
    browser::with_browsers(&mut playwright, &browsers)
        .env("LINKSPAN_SERVER", server)
        .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report)
        .arg("--reporter=list,json")
        .args(&options.playwright);
    let status = playwright.status().context("Playwright does not start")?;
    let json = fs::read_to_string(&report).with_context(|| {
        format!("Playwright ended ({status}) before it had run every story: it wrote no report")
    })?;
    consistent(status.success(), Counts::from_playwright(&json)?)
}

/// All tests of some packages, by nextest where it is installed: it runs them side by side.
fn cargo_tests(project: &Project, nextest: &[&str], cargo_test: &[&str]) -> Result<Counts> {
    if tools::find("cargo-nextest").is_some() {
        let mut run = cargo(project);
        run.args(["nextest", "run", "--no-fail-fast", "--status-level=fail", "--final-status-level=fail"]);
        let ran = shell::watch(run.args(nextest))?;
        return consistent(ran.success, Counts::from_nextest(&ran.text)?);
    }
    let mut test = cargo(project);
    test.args(["test", "--quiet", "--no-fail-fast", "--lib", "--bins", "--tests", "--examples"]);
    let ran = shell::watch(test.args(cargo_test))?;
    consistent(ran.success, Counts::from_cargo(&ran.text))
}

/// A tool that failed must have counted a failure, one that succeeded must have run something.
fn consistent(success: bool, counts: Counts) -> Result<Counts> {
    if !success && counts.failed == 0 {
        bail!("failed outside of any test ({counts})");
    }
    ensure!(counts.passed + counts.failed > 0, "ran no test");
    Ok(counts)
}

fn one(command: &mut Command) -> Result<Counts> {
    shell::run(command).map(|()| Counts::ONE)
}

fn cargo(project: &Project) -> Command {
    shell::command(project::cargo(), &project.root)
}
