//! `linkspan-verify URL FOLDER`: says for each file of a server's page whether it is the one in FOLDER.

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use verify::{Address, Built, Client};

/// The page is another one.
const DIFFERS: u8 = 1;
/// Nothing can be said.
const UNKNOWN: u8 = 2;

/// Compares a server's page with one that was built, byte for byte. Exit codes: 0 the same; 1 anything differs, is
/// missing or is extra; 2 it could not be compared.
#[derive(Parser)]
#[command(name = "linkspan-verify", version)]
struct Arguments {
    /// Where the page is, such as <https://share.example.org>
    url: Address,
    /// The page as it was built: www/dist of a source that you trust
    folder: PathBuf,
}

fn main() -> ExitCode {
    let Arguments { url, folder } = Arguments::parse();
    match compare(&url, &folder) {
        Ok(report) => {
            print!("{report}");
            if report.is_same() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) }
        }
        Err(error) => {
            eprintln!("linkspan-verify: {error:#}");
            ExitCode::from(UNKNOWN)
        }
    }
}

fn compare(url: &Address, folder: &std::path::Path) -> anyhow::Result<verify::Report> {
    let built = Built::read(folder)?;
    verify::verify(&Client::new()?, &built, url)
}
