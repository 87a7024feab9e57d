//! Names that people choose: of files, made safe to store and honest to look at, and of the people themselves.
//!
//! A name that tries to leave its folder is refused, not repaired: an honest sender never makes one. Anything
//! else that a file system or an eye could stumble over is repaired, by every member in the same way, so that
//! what is shown is what is stored. A name is never normalised here (NFC): the tables would weigh more than
//! the rest of the module, and the page can do it with the browser's own before it shares. PROTOCOL.md, *Files*.

mod visible;

pub use visible::{clean_line, clean_name};

use super::set::Set;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use visible::trim_blank;

/// Longest file name, in bytes of UTF-8: what ext4, NTFS and APFS take.
pub const MAX_FILE_NAME: usize = 255;
/// Longest name of a person, in characters.
pub const MAX_NAME: usize = 40;
/// Longest name of a person that is looked at, in bytes; the limit in characters is [`MAX_NAME`].
const MAX_NAME_BYTES: usize = 4 * 1024;
/// Longest extension kept when a name must be shortened, in bytes with its dot.
const MAX_EXTENSION: usize = 32;

/// A file name that is one component, safe on every common file system, with nothing invisible in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SafeName(String);

/// Why a remote's file name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPath {
    /// Nothing that could be seen or stored: empty, dots, spaces.
    Empty,
    /// More than [`MAX_FILE_NAME`] bytes.
    TooLong,
    /// It would leave its folder, name a drive, a server, a stream, or end early.
    Leaves,
}

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "file name empty",
            Self::TooLong => "file name too long",
            Self::Leaves => "file name leaves its folder",
        })
    }
}

impl core::error::Error for BadPath {}

/// Not a name for a person: nothing to be seen, or more than [`MAX_NAME`] characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadName;

impl SafeName {
    /// The safe form of a file name that a remote sent.
    ///
    /// # Errors
    /// [`BadPath`] for what [`SafeName::from_local`] never produces and what is therefore an attack or a defect.
    pub fn parse_remote(name: &str) -> Result<Self, BadPath> {
        if name.len() > MAX_FILE_NAME {
            return Err(BadPath::TooLong);
        }
        if name.contains(['/', '\\', ':', '\0']) || name == "." || name == ".." {
            return Err(BadPath::Leaves);
        }
        make_safe(name).map(Self).ok_or(BadPath::Empty)
    }

    /// The safe form of a file name that the person chose here. Always succeeds: separators become `_`, and a
    /// name of which nothing is left becomes `_`.
    pub fn from_local(name: &str) -> Self {
        let plain = name.replace(['/', '\\', ':', '\0'], "_");
        Self(make_safe(&plain).unwrap_or_else(|| "_".to_string()))
    }

    /// The name, to show and to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes names unique that a file system blind to upper and lower case could not tell apart: later ones
    /// get ` (2)`, ` (3)` … before their extension.
    pub fn deduplicate(names: &mut [Self]) {
        let mut taken = Set::new();
        for name in names {
            let mut number = 1u32;
            let mut candidate = name.clone();
            while !taken.insert(fold(&candidate.0)) {
                number += 1;
                candidate = name.numbered(number);
            }
            *name = candidate;
        }
    }

    fn numbered(&self, number: u32) -> Self {
        let (stem, extension) = split_extension(&self.0);
        let suffix = format!(" ({number}){extension}");
        Self(fit(stem, MAX_FILE_NAME - suffix.len()) + &suffix)
    }
}

impl From<SafeName> for String {
    fn from(name: SafeName) -> Self {
        name.0
    }
}

/// A person's name in the form in which it is shown and sent: one line, trimmed, single spaces, nothing
/// invisible and nothing that turns the direction of what follows.
///
/// # Errors
/// [`BadName`] unless that leaves 1 to [`MAX_NAME`] characters (Unicode scalar values), one of them a mark of
/// its own and not only an accent.
pub fn clean_person_name(name: &str) -> Result<String, BadName> {
    if name.len() > MAX_NAME_BYTES {
        return Err(BadName);
    }
    let clean = clean_name(name);
    let visible = clean.chars().any(|c| !visible::is_accent(c) && !visible::is_blank(c));
    if visible && clean.chars().count() <= MAX_NAME { Ok(clean) } else { Err(BadName) }
}

/// Everything but the separators: what can't be seen, what other systems won't store, length.
fn make_safe(name: &str) -> Option<String> {
    let name = clean_line(name).replace(['<', '>', '"', '|', '?', '*'], "_");
    let name = trim_ends(&name);
    if name.is_empty() {
        return None;
    }
    let name = if name.len() <= MAX_FILE_NAME {
        name.to_string()
    } else {
        let (stem, extension) = split_extension(name);
        fit(stem, MAX_FILE_NAME - extension.len()) + extension
    };
    // Last, since shortening can lay a device's name bare.
    if !is_device(&name) {
        return Some(name);
    }
    let (stem, extension) = split_extension(&name);
    Some(format!("_{}{extension}", fit(stem, MAX_FILE_NAME - 1 - extension.len())))
}

/// Windows drops dots and spaces at the end, so `evil.exe.` would become what it did not look like; blanks at
/// the start only hide where a name begins.
fn trim_ends(mut name: &str) -> &str {
    loop {
        let trimmed = trim_blank(name).trim_end_matches('.');
        if trimmed == name {
            return name;
        }
        name = trimmed;
    }
}

/// At most `max` bytes of `stem`, at least one, cut between characters and not after a blank or dot.
fn fit(stem: &str, max: usize) -> String {
    let mut end = max.min(stem.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    // Cleaned again: the cut may have left half a sequence, such as a joiner without what it joined.
    let stem = clean_line(&stem[..end]);
    match trim_ends(&stem) {
        "" => "_".to_string(),
        stem => stem.to_string(),
    }
}

/// Stem and extension with its dot; the extension is empty if there is none or it is no likely one. A
/// compressed tar's is taken whole.
fn split_extension(name: &str) -> (&str, &str) {
    let Some(dot) = name.rfind('.').filter(|dot| *dot > 0 && name.len() - dot <= MAX_EXTENSION) else {
        return (name, "");
    };
    let dot = match name[..dot].strip_suffix(".tar") {
        Some(stem) if !stem.is_empty() => stem.len(),
        _ => dot,
    };
    name.split_at(dot)
}

/// Whether Windows would open a device instead of a file: by the part before the first dot, in any case.
fn is_device(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or(name);
    let base = trim_blank(base).to_ascii_uppercase();
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&base.as_str()) {
        return true;
    }
    let Some(number) = base.strip_prefix("COM").or_else(|| base.strip_prefix("LPT")) else { return false };
    let mut digits = number.chars();
    matches!((digits.next(), digits.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

/// Equal for names that some file system may hold for one. Through upper case and back, so that ß meets SS
/// and both forms of a Greek s meet.
fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
