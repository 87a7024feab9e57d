//! Where things are in the work tree and in the target folder.

use anyhow::{Context, Result, ensure};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The project's folders.
pub(crate) struct Project {
    /// The workspace's root.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever it was moved to.
    pub(crate) target: PathBuf,
}

impl Project {
    /// Finds the folders.
    ///
    /// # Errors
    /// If cargo can't read the workspace.
    pub(crate) fn open() -> Result<Self> {
        // Cargo sets it for `cargo run`; the folder xtask was compiled in is right when it is called by itself.
        let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&here).parent().context("xtask has a parent folder")?.to_owned();
        let metadata = Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version=1"])
            .current_dir(&root)
            .output()
            .context("cargo does not start")?;
        ensure!(
            metadata.status.success(),
            "cargo metadata failed:\n{}",
            String::from_utf8_lossy(&metadata.stderr)
        );
        let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
        let target =
            metadata["target_directory"].as_str().context("cargo metadata names no target folder")?.into();
        Ok(Self { root, target })
    }

    /// xtask's own folder for stamps, caches and reports.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// The page's sources.
    pub(crate) fn www(&self) -> PathBuf {
        self.root.join("www")
    }

    /// The harness and the stories that run in browsers.
    pub(crate) fn browser_tests(&self) -> PathBuf {
        self.root.join("tests/browser")
    }
}

/// The cargo that runs us.
pub(crate) fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
