//! A copy of the tree for what is built or broken there: always in the same place, so that a second run builds little.

use crate::project::Project;
use crate::shell;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Makes `copy` as the work tree is now, with the page if that is built. What has not changed is not written, so that it
/// need not be built again; a defect that an interrupted run has left there is.
///
/// # Errors
/// If git does not know the tree, or a file cannot be copied.
pub(super) fn with_page(project: &Project, copy: &Path) -> Result<()> {
    let page = built(&project.root, &project.www().join("dist"))?;
    tree(project, copy, &page)
}

/// The same without anything that was built.
///
/// # Errors
/// Likewise.
pub(super) fn sources(project: &Project, copy: &Path) -> Result<()> {
    tree(project, copy, &[])
}

fn tree(project: &Project, copy: &Path, built: &[String]) -> Result<()> {
    let mut list = shell::command("git", &project.root);
    let listed = shell::output(list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let mut wanted: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    ensure!(wanted.contains("Cargo.toml"), "git lists no Cargo.toml");
    wanted.extend(built.iter().map(String::as_str));
    fill(&project.root, copy, &wanted)?;
    clear(copy, copy, &wanted)
}

/// The files of the built page, if there is one, by their paths from the root.
fn built(root: &Path, folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).into_iter().flatten();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(built(root, &path)?);
        } else {
            files.push(path.strip_prefix(root)?.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(files)
}

fn fill(root: &Path, copy: &Path, wanted: &BTreeSet<&str>) -> Result<()> {
    for path in wanted {
        let (from, to) = (root.join(path), copy.join(path));
        // Deleted, and not yet committed.
        let Ok(content) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|there| there == content) {
            continue;
        }
        let folder = to.parent().with_context(|| format!("{path} has no folder"))?;
        fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
        fs::write(&to, content).with_context(|| format!("can't write {}", to.display()))?;
    }
    Ok(())
}

/// Removes from `folder` what is not wanted: a module that is gone may not be found there.
fn clear(folder: &Path, copy: &Path, wanted: &BTreeSet<&str>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            clear(&path, copy, wanted)?;
            continue;
        }
        let name = path.strip_prefix(copy)?.to_string_lossy().replace('\\', "/");
        if !wanted.contains(name.as_str()) {
            fs::remove_file(&path).with_context(|| format!("can't remove {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_becomes_what_is_wanted_and_keeps_what_is_so_already() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("linkspan-copy-{}", std::process::id()));
        let (root, copy) = (folder.join("root"), folder.join("copy"));
        fs::create_dir_all(root.join("src"))?;
        fs::create_dir_all(copy.join("src/gone"))?;
        fs::write(root.join("src/same.rs"), "same")?;
        fs::write(root.join("src/other.rs"), "good")?;
        fs::write(copy.join("src/same.rs"), "same")?;
        fs::write(copy.join("src/other.rs"), "broken")?;
        fs::write(copy.join("src/gone/old.rs"), "old")?;
        let before = fs::metadata(copy.join("src/same.rs"))?.modified()?;
        let wanted = BTreeSet::from(["src/same.rs", "src/other.rs", "src/deleted.rs"]);
        fill(&root, &copy, &wanted)?;
        clear(&copy, &copy, &wanted)?;
        assert_eq!(fs::read_to_string(copy.join("src/other.rs"))?, "good");
        assert_eq!(fs::metadata(copy.join("src/same.rs"))?.modified()?, before);
        assert!(!copy.join("src/gone/old.rs").exists());
        fs::remove_dir_all(&folder)?;
        Ok(())
    }
}
