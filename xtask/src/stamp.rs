//! Skipping work whose inputs did not change: content hashes, never times.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are never an input: installed or generated.
const SKIPPED: [&str; 6] = ["node_modules", "dist", "dist-shots", ".vite", "target", ".git"];

/// Hash of the inputs of one step.
pub(crate) struct Inputs(blake3::Hasher);

impl Inputs {
    /// Inputs of the step `name`; a new name makes every old stamp void.
    pub(crate) fn of(name: &str) -> Self {
        let mut inputs = Self(blake3::Hasher::new());
        inputs.add(name.as_bytes());
        inputs
    }

    /// Some bytes.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }

    /// A file, or all files under a folder, with their names. What is not there counts as not there.
    ///
    /// # Errors
    /// If a file can't be read.
    pub(crate) fn add_tree(&mut self, path: &Path) -> Result<()> {
        let mut files = Vec::new();
        list(path, &mut files)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(path).unwrap_or(&file);
            self.add(name.to_string_lossy().as_bytes());
            self.add(&fs::read(&file).with_context(|| file.display().to_string())?);
        }
        self.add(b"end");
        Ok(())
    }

    /// The hash as text.
    pub(crate) fn finish(&self) -> String {
        self.0.finalize().to_hex()[..32].to_owned()
    }
}

/// The file that remembers with which inputs a step last succeeded, and what it made.
pub(crate) struct Stamp {
    file: PathBuf,
    inputs: String,
    made: PathBuf,
}

impl Stamp {
    /// Stamp kept in `file` for a step that makes `made` from `inputs`.
    pub(crate) fn new(file: PathBuf, inputs: String, made: &Path) -> Self {
        Self { file, inputs, made: made.to_owned() }
    }

    /// Whether inputs and outputs are those of the last success.
    ///
    /// # Errors
    /// If an output can't be read.
    pub(crate) fn is_fresh(&self) -> Result<bool> {
        if !self.made.exists() || !self.file.exists() {
            return Ok(false);
        }
        Ok(fs::read_to_string(&self.file)? == self.text()?)
    }

    /// Remembers a success.
    ///
    /// # Errors
    /// If the stamp can't be written.
    pub(crate) fn set(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, self.text()?).with_context(|| self.file.display().to_string())
    }

    fn text(&self) -> Result<String> {
        let mut made = Inputs::of("made");
        made.add_tree(&self.made)?;
        Ok(format!("{} {}\n", self.inputs, made.finish()))
    }
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        for entry in fs::read_dir(path).with_context(|| path.display().to_string())? {
            let entry = entry?;
            if !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
                list(&entry.path(), files)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_void_once_an_input_or_an_output_changes() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("linkspan-stamp-{}", std::process::id()));
        fs::create_dir_all(folder.join("in"))?;
        fs::create_dir_all(folder.join("out"))?;
        fs::write(folder.join("in/a"), "1")?;
        fs::write(folder.join("out/b"), "made")?;
        let stamp = || -> Result<Stamp> {
            let mut inputs = Inputs::of("test");
            inputs.add_tree(&folder.join("in"))?;
            Ok(Stamp::new(folder.join("stamp"), inputs.finish(), &folder.join("out")))
        };
        assert!(!stamp()?.is_fresh()?);
        stamp()?.set()?;
        assert!(stamp()?.is_fresh()?);
        fs::write(folder.join("in/a"), "2")?;
        assert!(!stamp()?.is_fresh()?);
        stamp()?.set()?;
        fs::remove_file(folder.join("out/b"))?;
        assert!(!stamp()?.is_fresh()?);
        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
