//! Running other programs with clear progress and errors that say what to do.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// Prints a step's name, does it, prints how long it took.
///
/// # Errors
/// Those of `work`, with the step's name.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("▸ {name}");
    let start = Instant::now();
    let done = work().with_context(|| name.to_owned())?;
    println!("  {:.1} s", start.elapsed().as_secs_f32());
    Ok(done)
}

/// Says that a step has nothing to do.
pub(crate) fn unchanged(name: &str) {
    println!("✓ {name}: unchanged");
}

/// A command in `folder` without standard input, so that nothing can wait for an answer.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs `command`; its output goes to ours.
///
/// # Errors
/// If it does not start or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} does not start", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs `command` and returns what it wrote to its standard output; its complaints go to ours.
///
/// # Errors
/// If it does not start or does not succeed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} does not start", shown(command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} wrote something odd", shown(command)))
}

/// What a program that was watched while it ran has done.
pub(crate) struct Watched {
    /// Whether it ended with success.
    pub(crate) success: bool,
    /// All it wrote, standard output and error as they came.
    pub(crate) text: String,
}

/// Runs `command`, shows its output as it comes and keeps it.
///
/// # Errors
/// If it does not start.
pub(crate) fn watch(command: &mut Command) -> Result<Watched> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} does not start", shown(command)))?;
    let text = Arc::new(Mutex::new(String::new()));
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ];
    let copiers: Vec<_> = pipes
        .into_iter()
        .flatten()
        .map(|pipe| {
            let text = Arc::clone(&text);
            thread::spawn(move || copy_lines(pipe, &text))
        })
        .collect();
    let status = child.wait().with_context(|| shown(command))?;
    for copier in copiers {
        copier.join().ok().context("a thread that copies output panicked")?;
    }
    let text = text.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Watched { success: status.success(), text })
}

fn copy_lines(pipe: impl Read, text: &Mutex<String>) {
    let mut lines = BufReader::new(pipe);
    let mut line = Vec::new();
    while matches!(lines.read_until(b'\n', &mut line), Ok(1..)) {
        // A closed terminal must not stop the tests: what they wrote is still counted.
        let _ = std::io::stdout().lock().write_all(&line);
        text.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
}

/// The command line as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
