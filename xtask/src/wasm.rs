//! The module that browsers load: cargo, wasm-bindgen as a library, wasm-opt from npm.
//!
//! The result stands in www/src/pkg (generated, not in git) as an ES module with types.

use crate::npm;
use crate::project::{self, Project};
use crate::shell;
use crate::stamp::{Inputs, Stamp};
use crate::tools::{self, WASM_TARGET};
use anyhow::{Context, Result, anyhow};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use wasm_bindgen_cli_support::Bindgen;

/// Smallest first: the module is loaded over slow lines, and its hot loops are already fast. What counts is its size
/// after brotli, which takes code that is repeated for little more than nothing: functions with one caller stay
/// functions beyond some bytes (inlined they save 1% before brotli, and cost 6% after it), equal ends of
/// branches are not joined, equal expressions are not put into locals, nor are values carried past others to where they
/// are used. Rounds go on until nothing changes. The features are those that rustc uses and that every browser with data
/// channels in workers has.
const WASM_OPT: [&str; 12] = [
    "-Oz",
    "--converge",
    "--one-caller-inline-max-function-size=20",
    "--skip-pass=local-cse",
    "--skip-pass=simplify-locals",
    "--enable-bulk-memory",
    "--enable-simd",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What the module is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// Soon ready: as rustc made it.
    AsIs,
    /// Soon loaded: through wasm-opt, which takes longer than all the rest.
    Smallest,
}

/// Builds www/src/pkg if the Rust code or `size` changed.
///
/// # Errors
/// If a tool is missing or the code does not build.
pub(crate) fn build(project: &Project, size: Size) -> Result<()> {
    tools::wasm_target(project)?;
    let module = shell::step("peer-wasm for browsers", || compile(project))?;
    let mut inputs = Inputs::of(&format!("wasm package, {size:?}"));
    inputs.add_tree(&module)?;
    inputs.add_tree(&project.root.join("xtask/npm/package-lock.json"))?;
    inputs.add(WASM_OPT.join(" ").as_bytes());
    inputs.add(include_bytes!("wasm.rs"));
    let package = project.www().join("src/pkg");
    let stamp = Stamp::new(project.scratch().join("pkg.stamp"), inputs.finish(), &package);
    if stamp.is_fresh()? {
        shell::unchanged("wasm package");
        return Ok(());
    }
    let made = project.scratch().join("pkg");
    shell::step("wasm-bindgen", || bind(&module, &made))?;
    if size == Size::Smallest {
        optimise(project, &made.join("peer_wasm_bg.wasm"))?;
    }
    replace(&made, &package)?;
    stamp.set()
}

fn compile(project: &Project) -> Result<PathBuf> {
    let mut cargo = shell::command(project::cargo(), &project.root);
    cargo.args(["build", "--package", "peer-wasm", "--lib", "--target", WASM_TARGET, "--profile", "wasm"]);
    // Panics name source files: without the builder's folders the module is the same on every machine, and tells
    // nobody where it was built.
    cargo.args(["--config", &remap(project)?]);
    without_settings(&mut cargo);
    shell::run(&mut cargo)?;
    let module = project.target.join(WASM_TARGET).join("wasm/peer_wasm.wasm");
    module.is_file().then_some(module).ok_or_else(|| anyhow!("peer-wasm made no module: is it a cdylib?"))
}

/// Settings of this machine that would make another module, or let it name folders again: cargo takes flags from one place
/// only, and the environment is the first.
fn without_settings(cargo: &mut Command) {
    let target = WASM_TARGET.replace('-', "_").to_ascii_uppercase();
    let prefixes = ["CARGO_PROFILE_WASM_".to_owned(), format!("CARGO_TARGET_{target}_")];
    let names = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_INCREMENTAL"];
    for (name, _) in env::vars_os() {
        let is_meant = |name: &str| {
            names.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
        };
        if name.to_str().is_some_and(is_meant) {
            cargo.env_remove(name);
        }
    }
}

fn remap(project: &Project) -> Result<String> {
    let sysroot = shell::output(shell::command("rustc", &project.root).args(["--print", "sysroot"]))?;
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let folders = [
        (Some(project.root.clone()), "."),
        (home, "/cargo"),
        (Some(sysroot.trim().into()), "/rust"),
        // Build scripts write sources there; it need not be inside the tree.
        (Some(project.target.clone()), "/target"),
    ];
    let mut folders: Vec<(PathBuf, &str)> =
        folders.into_iter().filter_map(|(folder, name)| Some((folder?, name))).collect();
    // The last that fits counts, and one may lie in another.
    folders.sort_by_key(|(folder, _)| folder.as_os_str().len());
    let flags: Vec<String> = folders
        .iter()
        .map(|(folder, name)| {
            serde_json::to_string(&format!("--remap-path-prefix={}={name}", folder.display()))
        })
        .collect::<Result<_, _>>()?;
    Ok(format!("target.{WASM_TARGET}.rustflags=[{}]", flags.join(",")))
}

fn bind(module: &Path, made: &Path) -> Result<()> {
    empty(made)?;
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name("peer_wasm")
        .generate(made)
}

fn optimise(project: &Project, module: &Path) -> Result<()> {
    let mut inputs = Inputs::of("wasm-opt");
    inputs.add_tree(module)?;
    inputs.add_tree(&project.root.join("xtask/npm/package-lock.json"))?;
    inputs.add(WASM_OPT.join(" ").as_bytes());
    // Kept by content: going back and forth between two states of the code costs nothing.
    let cache = project.scratch().join("wasm-opt");
    let smaller = cache.join(format!("{}.wasm", inputs.finish()));
    if !smaller.is_file() {
        npm::install(project, &project.root.join("xtask/npm"))?;
        fs::create_dir_all(&cache)?;
        shell::step("wasm-opt", || {
            let unfinished = smaller.with_extension("unfinished");
            let mut wasm_opt = shell::command("node", &project.root);
            wasm_opt.arg("xtask/npm/node_modules/binaryen/bin/wasm-opt").args(WASM_OPT);
            shell::run(wasm_opt.arg(module).arg("-o").arg(&unfinished))?;
            Ok(fs::rename(&unfinished, &smaller)?)
        })?;
    }
    let size = |path: &Path| fs::metadata(path).map(|file| file.len() / 1000);
    println!("  {} kB → {} kB", size(module)?, size(&smaller)?);
    fs::copy(&smaller, module).context("can't replace the module by the optimised one")?;
    Ok(())
}

/// Puts the files of `made` into `package` and removes what else is there.
fn replace(made: &Path, package: &Path) -> Result<()> {
    empty(package)?;
    for entry in fs::read_dir(made)? {
        let entry = entry?;
        fs::copy(entry.path(), package.join(entry.file_name()))?;
    }
    Ok(())
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())
}
