//! Where the other nodes are met.

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use signaling::{Backplane, NotABackplane};
use std::ffi::OsStr;
use std::time::Duration;

/// Shortest silence that may be asked for: a connection that fails must be noticed before.
const SHORTEST_SILENCE: Duration = Duration::from_secs(10);
/// Longest silence that may be asked for. 1 h: nobody wants to see the dead for longer, and a time that far ahead can
/// always be told.
const LONGEST_SILENCE: Duration = Duration::from_secs(3600);

#[derive(Debug, Args)]
pub(crate) struct Nodes {
    /// Redis server by which several nodes work as one: redis://USER:PASSWORD@HOST:PORT, or rediss:// for TLS.
    /// User, password and port may be left out. Nothing is stored there. A password is better given by the environment or the file than on the command line
    #[arg(long, value_name = "URL", value_parser = Url)]
    backplane: Option<Backplane>,

    /// Begins the names of the channels that are used on that Redis server; the same for nodes that work as one
    #[arg(long, value_name = "NAME", default_value = "linkspan", requires = "backplane")]
    backplane_prefix: String,

    /// Time without a sign of life after which another node is taken for dead, 10 s to 1 h; the same for all
    #[arg(long, value_name = "TIME", default_value = "15s", requires = "backplane", value_parser = silence)]
    backplane_silence: Duration,
}

impl Nodes {
    /// How the other nodes are reached; none if there are none.
    pub(crate) fn backplane(self) -> Option<Backplane> {
        let Self { backplane, backplane_prefix: prefix, backplane_silence: silence } = self;
        backplane.map(|mut backplane| {
            (backplane.prefix, backplane.silence) = (prefix, silence);
            backplane
        })
    }
}

/// Reads the URL, and does not repeat it when it is wrong: it may hold a password.
#[derive(Clone)]
struct Url;

impl TypedValueParser for Url {
    type Value = Backplane;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<Backplane, clap::Error> {
        value.to_str().map_or(Err(NotABackplane), Backplane::at).map_err(|error| {
            let words = format!("invalid value for '--backplane <URL>': {error}");
            command.clone().error(ErrorKind::ValueValidation, words)
        })
    }
}

fn silence(text: &str) -> Result<Duration, String> {
    let silence = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if !(SHORTEST_SILENCE..=LONGEST_SILENCE).contains(&silence) {
        let [shortest, longest] = [SHORTEST_SILENCE, LONGEST_SILENCE].map(humantime::format_duration);
        return Err(format!("must be {shortest} to {longest}"));
    }
    Ok(silence)
}

#[cfg(test)]
mod tests {
    use crate::arguments::Arguments;
    use signaling::Backplane;
    use std::time::Duration;

    fn backplane(flags: &[&str]) -> Result<Option<Backplane>, String> {
        let words = [&["linkspan-signaling"], flags].concat();
        let read = Arguments::of(words.into_iter().map(Into::into).collect());
        read.map(|arguments| arguments.nodes.backplane()).map_err(|error| error.to_string())
    }

    #[test]
    fn one_node_is_the_default_and_a_backplane_has_sound_times() {
        assert!(backplane(&[]).unwrap().is_none());
        let flags =
            ["--backplane", "redis://localhost", "--backplane-prefix", "x", "--backplane-silence", "20s"];
        let read = backplane(&flags).unwrap().unwrap();
        assert_eq!((read.prefix.as_str(), read.silence), ("x", Duration::from_secs(20)));
        let read = backplane(&flags[..2]).unwrap().unwrap();
        assert_eq!((read.prefix.as_str(), read.silence), ("linkspan", Duration::from_secs(15)));
        for (silence, is_sound) in
            [("9s", false), ("10s", true), ("1h", true), ("3601s", false), ("500000000000y", false)]
        {
            let read = backplane(&["--backplane", "redis://localhost", "--backplane-silence", silence]);
            assert_eq!(read.is_ok(), is_sound, "{silence}");
        }
        assert!(backplane(&["--backplane-prefix", "x"]).is_err(), "for nothing");
    }

    #[test]
    fn a_wrong_url_is_explained_and_not_repeated() {
        let said = backplane(&["--backplane", "https://user:secret@example.org"]).unwrap_err();
        assert!(said.contains("--backplane") && said.contains("redis://"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
