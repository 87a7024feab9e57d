//! What is logged, and how.

use clap::{Args, ValueEnum};
use std::io;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// How much to log to standard error: off, error, warn, info, debug or trace. At no level does it contain who
    /// met whom: neither tags nor addresses nor messages
    #[arg(long, value_name = "LEVEL", default_value_t = LevelFilter::INFO)]
    log: LevelFilter,

    /// Log lines for people, or one JSON object a line for machines
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    log_format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The crates whose words are ours: what libraries say may contain what strangers send.
const OURS: [&str; 2] = ["signaling", "linkspan_signaling"];

impl Log {
    /// Logs from now on. There is no bridge from the `log` crate either.
    pub(crate) fn start(&self) {
        let ours = Targets::new().with_targets(OURS.map(|target| (target, self.log)));
        let lines = fmt::layer().with_writer(io::stderr);
        match self.log_format {
            Format::Text => registry().with(lines.with_filter(ours)).init(),
            Format::Json => registry().with(lines.json().flatten_event(true).with_filter(ours)).init(),
        }
    }
}
