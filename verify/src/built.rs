//! The page as this source builds it: the files of `www/dist`.

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Behind the names of compressed versions: the same content on its way, that has no address of its own.
const VERSIONS: [&str; 2] = [".br", ".gz"];

/// The page, built.
#[derive(Debug)]
pub struct Built {
    template: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Built {
    /// What lies in `folder`.
    ///
    /// # Errors
    /// If there is no page, or it cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        read(folder, "", &mut files)?;
        let html = files.remove(crate::HTML);
        let html = html.with_context(|| format!("no page was built into {}", folder.display()))?;
        let template = String::from_utf8(html).context("the page that was built is no text")?;
        ensure!(!files.is_empty(), "{} has nothing but HTML", folder.display());
        Ok(Self { template, files })
    }

    /// The HTML before a server fills anything in.
    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    /// Every other file by its path, without its versions.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }
}

fn read(folder: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().into_string().ok().context("a file's name is no text")?;
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{below}{name}/"), files)?;
        } else if !VERSIONS.iter().any(|ending| name.ends_with(ending)) {
            let bytes =
                fs::read(entry.path()).with_context(|| format!("can't read {}", entry.path().display()))?;
            files.insert(format!("{below}{name}"), bytes);
        }
    }
    Ok(())
}

/// As `sha256sum` prints it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
