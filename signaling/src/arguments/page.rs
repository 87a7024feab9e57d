//! Where the page lives.

use clap::Args;
use signaling::{Origin, Serves, SignalingUrl};

#[derive(Debug, Args)]
pub(crate) struct Page {
    /// Serve no page, only signaling for pages that come from elsewhere (--page-origin)
    #[arg(long, conflicts_with = "signaling_url")]
    no_page: bool,

    // Not a doc comment, in which an address would have to be a link.
    #[arg(
        long,
        value_name = "ORIGIN",
        help = "Origin such as https://share.example.org whose page may connect here; may be given several times, and \
                then only those may. Otherwise it is whatever name this server is reached under"
    )]
    pub(crate) page_origin: Vec<Origin>,

    /// Serve the page only, and let it meet at this address, such as wss://signal.example.org, whose server must be
    /// told --page-origin
    #[arg(long, value_name = "URL")]
    signaling_url: Option<SignalingUrl>,
}

impl Page {
    /// What is served.
    pub(crate) fn serves(&self) -> Serves {
        match (&self.signaling_url, self.no_page) {
            (Some(url), _) => Serves::Page(url.clone()),
            (None, true) => Serves::Signaling,
            (None, false) => Serves::Both,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::arguments::Arguments;
    use signaling::Serves;

    fn serves(flags: &[&str]) -> Option<Serves> {
        let words = [&["linkspan-signaling"], flags].concat();
        Arguments::of(words.into_iter().map(Into::into).collect())
            .ok()
            .map(|arguments| arguments.page.serves())
    }

    #[test]
    fn one_server_is_the_page_or_the_meeting_point_or_both_but_not_neither() {
        assert_eq!(serves(&[]), Some(Serves::Both));
        assert_eq!(serves(&["--no-page", "--page-origin", "https://page.test"]), Some(Serves::Signaling));
        let elsewhere = Serves::Page("wss://signal.test".parse().unwrap());
        assert_eq!(serves(&["--signaling-url", "wss://signal.test"]), Some(elsewhere));
        assert_eq!(serves(&["--no-page", "--signaling-url", "wss://signal.test"]), None);
    }
}
