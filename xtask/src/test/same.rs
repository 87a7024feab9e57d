//! Whether the page has the same bytes wherever it is built: only then can somebody say which source a server's page is of.
//!
//! It is built a second time, in another folder and by other settings of the machine, and every byte is compared. What
//! this cannot show is another system or processor: see SECURITY.md, *Trusting the page*.

use super::Options;
use super::copy;
use super::counts::Counts;
use crate::project::Project;
use crate::shell;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What others may have set, and what must not reach the page by it.
const SETTINGS: [(&str, &str); 7] = [
    ("LANG", "tr_TR.UTF-8"),
    ("LC_ALL", "C"),
    ("TZ", "Pacific/Chatham"),
    ("NODE_ENV", "development"),
    ("RUSTFLAGS", "-C opt-level=1"),
    ("CARGO_PROFILE_WASM_OPT_LEVEL", "2"),
    ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-C opt-level=1"),
];

/// Folders of installed packages, which the second build needs too.
const INSTALLED: [&str; 2] = ["www/node_modules", "xtask/npm/node_modules"];

/// Files of a folder with their bytes, by their paths in it.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Builds the page a second time and compares.
///
/// # Errors
/// If it does not build.
pub(super) fn run(project: &Project, _: &Options) -> Result<Counts> {
    let scratch = project.scratch().join("same");
    let root = elsewhere(project);
    fs::create_dir_all(&root).with_context(|| format!("can't make {}", root.display()))?;
    copy::sources(project, &root)?;
    for installed in INSTALLED {
        link_tree(&project.root.join(installed), &root.join(installed))?;
    }
    let mut build = shell::command(env::current_exe().context("xtask does not know where it is")?, &root);
    build.args(["build", "--page"]).env("CARGO_MANIFEST_DIR", root.join("xtask"));
    // Neither inside the other, unlike here.
    build.env("CARGO_TARGET_DIR", scratch.join("the target folder"));
    if let Some(home) = cargo_home(&scratch)? {
        build.env("CARGO_HOME", home);
    }
    build.envs(SETTINGS);
    shell::step("the page, built elsewhere", || shell::run(&mut build))?;
    let here = files(&project.www().join("dist"))?;
    let there = files(&root.join("www/dist"))?;
    let own = root.parent().context("it is in a folder of its own")?;
    fs::remove_dir_all(own).with_context(|| format!("can't remove {}", own.display()))?;
    let differences = differences(&here, &there);
    differences.iter().for_each(|difference| println!("✗ {difference}"));
    Ok(Counts { passed: here.len().saturating_sub(differences.len()), failed: differences.len(), skipped: 0 })
}

/// Outside of this tree, whose settings for cargo would count for everything below it; for this tree alone, and longer.
fn elsewhere(project: &Project) -> PathBuf {
    let own = blake3::hash(project.root.as_os_str().as_encoded_bytes()).to_hex();
    env::temp_dir().join(format!("linkspan-{}", &own[..16])).join("the page, as somebody else builds it")
}

/// Cargo's folder under another name; none where not everybody may make links, or it is not where it usually is.
fn cargo_home(scratch: &Path) -> Result<Option<PathBuf>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let Some(home) = home.filter(|home| cfg!(unix) && home.is_dir()) else { return Ok(None) };
    let link = scratch.join("cargo's home");
    fs::create_dir_all(scratch)?;
    if fs::symlink_metadata(&link).is_err() {
        symlink(&home, &link).with_context(|| format!("can't make {}", link.display()))?;
    }
    Ok(Some(link))
}

#[cfg(unix)]
fn symlink(to: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, link)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes `to` like `from` without needing its space twice, where the system allows that.
fn link_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("can't make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("can't read {}", from.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        // Where a link leads: only programs of packages are links here.
        if fs::metadata(&from).with_context(|| from.display().to_string())?.is_dir() {
            link_tree(&from, &to)?;
        } else if fs::symlink_metadata(&to).is_err() {
            link_file(&from, &to).with_context(|| format!("can't make {}", to.display()))?;
        }
    }
    Ok(())
}

fn link_file(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(from)?.is_symlink() {
        // A script finds its package by where it lies, so a link must stay one.
        return symlink(&fs::read_link(from)?, to);
    }
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ()))
}

fn files(folder: &Path) -> Result<Files> {
    fn add(folder: &Path, below: &Path, found: &mut Files) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
            let entry = entry?;
            let name = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                add(&entry.path(), &name, found)?;
            } else {
                found.insert(name, fs::read(entry.path())?);
            }
        }
        Ok(())
    }
    let mut found = Files::new();
    add(folder, Path::new(""), &mut found)?;
    ensure!(!found.is_empty(), "{} is empty", folder.display());
    Ok(found)
}

/// One line for each file that is not the same.
fn differences(here: &Files, there: &Files) -> Vec<String> {
    let names: std::collections::BTreeSet<&PathBuf> = here.keys().chain(there.keys()).collect();
    let difference = |name: &PathBuf| match (here.get(name), there.get(name)) {
        (Some(one), Some(other)) if one == other => None,
        (Some(one), Some(other)) => {
            let at = one.iter().zip(other).take_while(|(a, b)| a == b).count();
            Some(format!("{}: differs from byte {at} on", name.display()))
        }
        (Some(_), None) => Some(format!("{}: only here", name.display())),
        (None, _) => Some(format!("{}: only elsewhere", name.display())),
    };
    names.into_iter().filter_map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_is_not_the_same_is_named() {
        let files = |list: &[(&str, &[u8])]| -> Files {
            list.iter().map(|(name, bytes)| (PathBuf::from(name), bytes.to_vec())).collect()
        };
        let here = files(&[("a.js", b"abc"), ("b.wasm", b"x"), ("c.css", b"same"), ("d.svg", b"long")]);
        let there = files(&[("a.js", b"abd"), ("c.css", b"same"), ("d.svg", b"longer"), ("e.br", b"x")]);
        assert_eq!(
            differences(&here, &there),
            [
                "a.js: differs from byte 2 on",
                "b.wasm: only here",
                "d.svg: differs from byte 4 on",
                "e.br: only elsewhere",
            ]
        );
        assert!(differences(&here, &here).is_empty());
    }
}
