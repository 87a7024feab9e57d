//! What the machine gives: file descriptors, and how busy it is.

use anyhow::{Context, Result};
use rlimit::Resource;

/// Descriptors that a process needs besides its sockets.
const SPARE: usize = 200;
/// More than any process here should hold, where the machine would allow more.
const MOST: usize = 60_000;

/// Raises this process's limit as far as the machine allows; the servers inherit it.
pub(crate) fn raise_file_descriptors() -> Result<()> {
    rlimit::increase_nofile_limit(u64::MAX).context("cannot raise the limit of file descriptors")?;
    Ok(())
}

/// How many sockets one process can hold.
pub(crate) fn sockets_per_process() -> Result<usize> {
    let (soft, _) = Resource::NOFILE.get()?;
    Ok(usize::try_from(soft).unwrap_or(MOST).min(MOST).saturating_sub(SPARE))
}

/// A line that belongs beside every figure.
pub(crate) fn machine() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let load = std::fs::read_to_string("/proc/loadavg").context("this bench reads /proc: it needs Linux")?;
    let busy = load.split(' ').next().unwrap_or("unknown");
    let sockets = sockets_per_process()?;
    Ok(format!(
        "{cores} cores, load {busy} at the start, {sockets} sockets a process; generator and server share them"
    ))
}
