//! What is logged, and how.

use clap::{Args, ValueEnum};
use std::io;
use tracing::level_filters::LevelFilter;

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

impl Log {
    /// Logs from now on. There is no bridge from the `log` crate: what libraries say there may contain what is relayed.
    pub(crate) fn start(&self) {
        let subscriber = tracing_subscriber::fmt().with_max_level(self.log).with_writer(io::stderr);
        match self.log_format {
            Format::Text => subscriber.init(),
            Format::Json => subscriber.json().flatten_event(true).init(),
        }
    }
}
