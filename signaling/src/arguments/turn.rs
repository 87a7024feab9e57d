//! A TURN server for browsers that find no direct path.

use clap::Args;
use signaling::turn::{NoSecret, Secret, TurnServer, TurnUrl};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct TurnOptions {
    /// TURN server for browsers that find no direct path, such as turn:turn.example.org:3478; may be given up to four
    /// times for one server. See deploy/coturn for one that fits
    #[arg(long, value_name = "URL", requires = "turn_secret_file")]
    turn_url: Vec<TurnUrl>,

    /// File whose first line is the secret of the TURN server (coturn: static-auth-secret), 16 bytes at least
    #[arg(long, value_name = "FILE", requires = "turn_url")]
    turn_secret_file: Option<PathBuf>,
}

impl TurnOptions {
    /// The server, if one is named.
    pub(crate) fn turn(&self) -> Result<Option<TurnServer>, NoSecret> {
        let Some(path) = &self.turn_secret_file else { return Ok(None) };
        Ok(Some(TurnServer::new(self.turn_url.clone(), Secret::from_file(path)?)))
    }
}

#[cfg(test)]
mod tests {
    use crate::arguments::Arguments;

    #[test]
    fn neither_is_of_use_without_the_other() {
        let read = |flags: &[&str]| {
            let words = [&["linkspan-signaling"], flags].concat();
            Arguments::of(words.into_iter().map(Into::into).collect())
        };
        let both = read(&["--turn-url", "turn:a", "--turn-url", "turns:a", "--turn-secret-file", "/nowhere"]);
        assert!(both.unwrap().turn.turn().is_err());
        assert!(read(&[]).unwrap().turn.turn().unwrap().is_none());
        assert!(read(&["--turn-url", "turn:a"]).is_err());
        assert!(read(&["--turn-secret-file", "/nowhere"]).is_err());
        assert!(read(&["--turn-url", "http://a", "--turn-secret-file", "/nowhere"]).is_err());
    }
}
