//! What the operator decides: options as flags, as environment variables and in a file, all under the same names.
//!
//! Each area has its own `Args` struct in a file of its own; a new option is a new field there and needs nothing
//! else. It never decides what an option means: `main` turns options into a [`signaling::Config`].

mod backplane;
mod file;
mod ice;
mod listen;
mod log;
mod page;
mod proxy;
mod tls;
mod turn;

pub(crate) use backplane::Nodes;
pub(crate) use ice::Ice;
pub(crate) use listen::Listen;
pub(crate) use log::Log;
pub(crate) use page::Page;
pub(crate) use proxy::Proxy;
pub(crate) use tls::Tls;
pub(crate) use turn::TurnOptions;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{ArgAction, Command, CommandFactory, FromArgMatches, Parser};
use signaling::Limits;
use std::ffi::OsString;
use std::path::PathBuf;

/// Begins the name of every environment variable that is an option.
const PREFIX: &str = "LINKSPAN_";

const ABOUT_OPTIONS: &str = "\
Every option can also be an environment variable, LINKSPAN_ and its name in capitals (--ice-server is \
LINKSPAN_ICE_SERVER, several values with commas between), or stand in the file of --config under its name \
(ice-server = [\"stun:stun.example.org\"]). A flag counts before the environment, the environment before the file.

Exit codes: 0 told to stop and did; 2 an option is wrong, wherever it stood; 3 an address cannot be listened on; \
4 the certificate or its key cannot be used; 1 anything else.";

/// Serves the Linkspan page and introduces browsers to each other. What they say to each other afterwards goes
/// straight between them, and what passes through here is sealed: this server keeps nothing and can read nothing.
#[derive(Debug, Parser)]
#[command(name = "linkspan-signaling", version, after_help = ABOUT_OPTIONS, next_line_help = true)]
pub(crate) struct Arguments {
    /// File with options in TOML, one `name = value` a line
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) tls: Tls,
    #[command(flatten)]
    pub(crate) ice: Ice,
    #[command(flatten)]
    pub(crate) page: Page,
    #[command(flatten)]
    pub(crate) proxy: Proxy,
    #[command(flatten)]
    pub(crate) turn: TurnOptions,
    #[command(flatten)]
    pub(crate) nodes: Nodes,
    #[command(flatten)]
    pub(crate) log: Log,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

impl Arguments {
    /// The options of this run. Asked for help or the version, or given a wrong option, it says so and exits.
    pub(crate) fn read() -> Self {
        Self::of(std::env::args_os().collect()).unwrap_or_else(|error| error.exit())
    }

    /// The options that follow from `words`, the first of which is the program's name.
    pub(crate) fn of(mut words: Vec<OsString>) -> Result<Self, clap::Error> {
        let mut command = command();
        // Only to learn of the file and of what counts before it; what is wrong is said by the second reading.
        let first = command.clone().ignore_errors(true).try_get_matches_from(&words)?;
        if let Some(path) = first.try_get_one::<PathBuf>("config").ok().flatten() {
            let counts_before = |id: &str| {
                matches!(first.value_source(id), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
            };
            words.extend(file::words(path, &Self::command(), counts_before)?);
        }
        let matches = command.try_get_matches_from_mut(words)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// The command line, each option of which is an environment variable too.
fn command() -> Command {
    Arguments::command().mut_args(|mut arg| {
        let variable = format!("{PREFIX}{}", arg.get_id().as_str().to_ascii_uppercase());
        if matches!(arg.get_action(), ArgAction::SetTrue) {
            arg = arg.value_parser(BoolishValueParser::new());
        }
        if matches!(arg.get_action(), ArgAction::Append) {
            arg = arg.value_delimiter(',');
        }
        // Limits are many, and nobody's first question.
        let is_limit = arg.get_help_heading() == Some(Limits::HEADING);
        arg = arg.hide_short_help(is_limit);
        // Set to nothing is not set: what starts containers often cannot leave a variable out.
        if std::env::var_os(&variable).is_none_or(|value| !value.is_empty()) {
            // Said once for all; and an environment may hold secrets.
            arg = arg.env(variable).hide_env(true);
        }
        arg
    })
}

#[cfg(test)]
mod document;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_sound_and_none_has_two_words_for_one_name() {
        command().debug_assert();
        for arg in command().get_arguments() {
            let id = arg.get_id().as_str();
            let Some(long) = arg.get_long() else { panic!("{id} has no name") };
            assert_eq!(long.replace('-', "_"), id, "flag, variable and file share one name");
            assert!(arg.get_help().is_some(), "{long} is explained");
        }
    }

    #[test]
    fn whoever_gives_a_wrong_value_is_told_what_a_right_one_is() {
        for (wrong, expected) in [
            ("--ice-server=turn:a", "expected stun:HOST[:PORT] or stuns:HOST[:PORT]"),
            ("--page-origin=https://a/b", "expected https://HOST[:PORT], without a path"),
            ("--signaling-url=https://a", "expected wss://HOST[:PORT][/PATH]"),
            ("--turn-url=stun:a", "expected turn:HOST[:PORT] or turns:HOST[:PORT]"),
            ("--backplane=http://a", "expected redis://[USER:PASSWORD@]HOST[:PORT]"),
            ("--backplane-silence=9s", "must be 10s to 1h"),
            ("--stun=a", "expected IP:PORT or off"),
            ("--trusted-proxy=a", "expected an address or a network such as 10.0.0.0/8"),
            ("--idle=5weeks", "four weeks at most"),
            ("--turn-life=1h", "10min at most"),
            ("--members=65", "expected 1 to 64"),
            ("--tags-per-socket=3", "4 at least"),
            ("--queue-bytes=1KiB", "32KiB at least"),
            ("--header-bytes=1KiB", "8KiB at least"),
        ] {
            let said =
                Arguments::of(vec!["linkspan-signaling".into(), wrong.into()]).unwrap_err().to_string();
            assert!(said.contains(expected), "{wrong}: {said}");
        }
    }

    #[test]
    fn the_limits_are_the_defaults_when_nobody_changes_them() {
        let read = Arguments::of(vec!["linkspan-signaling".into()]).unwrap();
        assert_eq!(format!("{:?}", read.limits), format!("{:?}", Limits::default()));
    }
}
