//! Where a page is, and where what it names is: as browsers resolve it (RFC 3986, 5.2), as far as pages like ours need it.
//! What browsers read otherwise than it is written leads nowhere: somebody could send them to another page than is compared.
//!
//! What stands behind `#` is the secret of a room's link. It is dropped here, so it can be neither sent nor shown.

use std::fmt;
use std::str::FromStr;
use ureq::http::Uri;

/// `http://` or `https://`, a host, perhaps a port, and a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Scheme, host and port.
    origin: String,
    /// With the slash that it begins with.
    path: String,
}

/// Not the address of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAddress;

impl Address {
    /// Of the file `path` of this page: our page names all its files from where it is, so that it works under a path.
    pub(crate) fn beside(&self, path: &str) -> Self {
        Self { origin: self.origin.clone(), path: format!("{}{path}", self.folder()) }
    }

    /// The path without what is asked there.
    fn file(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    fn folder(&self) -> &str {
        let path = self.file();
        path.rfind('/').map_or("/", |slash| &path[..=slash])
    }

    /// Of what is called `reference` here.
    pub(crate) fn join(&self, reference: &str) -> Result<Self, NotAnAddress> {
        let reference = reference.split('#').next().unwrap_or_default();
        if reference.is_empty() {
            return Err(NotAnAddress);
        }
        let scheme = self.origin.split(':').next().unwrap_or_default();
        if reference.starts_with("//") {
            return format!("{scheme}:{reference}").parse();
        }
        if reference.split(['/', '?']).next().is_some_and(|first| first.contains(':')) {
            return reference.parse();
        }
        if reference.starts_with('/') {
            return format!("{}{reference}", self.origin).parse();
        }
        if reference.starts_with('?') {
            return format!("{}{}{reference}", self.origin, self.file()).parse();
        }
        let mut reference = reference;
        while let Some(rest) = reference.strip_prefix("./") {
            reference = rest;
        }
        format!("{}{}{reference}", self.origin, self.folder()).parse()
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let text = text.split('#').next().unwrap_or_default();
        // Browsers take `\` for `/` and leave out tabs and ends of lines; other signs could hide in a report.
        if !text.chars().all(|c| c.is_ascii_graphic() && c != '\\') {
            return Err(NotAnAddress);
        }
        let uri: Uri = text.parse().map_err(|_| NotAnAddress)?;
        let scheme =
            uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme)).ok_or(NotAnAddress)?;
        let authority = uri.authority().ok_or(NotAnAddress)?;
        // A name and a password would be sent to whoever is there.
        if authority.as_str().contains('@') || uri.host().is_none_or(str::is_empty) {
            return Err(NotAnAddress);
        }
        let usual =
            [("http", 80), ("https", 443)].contains(&(scheme, authority.port_u16().unwrap_or_default()));
        let host = authority.host().to_ascii_lowercase();
        let port = authority.port().filter(|_| !usual).map_or(String::new(), |port| format!(":{port}"));
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        if path.split('?').next().unwrap_or_default().split('/').any(is_dots) {
            return Err(NotAnAddress);
        }
        Ok(Self { origin: format!("{scheme}://{host}{port}"), path: path.to_owned() })
    }
}

/// Whether a browser leaves out this part of a path, or the one before it too.
fn is_dots(part: &str) -> bool {
    [".", ".."].contains(&part.replace("%2e", ".").replace("%2E", ".").as_str())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

impl fmt::Display for NotAnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected http://HOST[:PORT][/PATH] or https://HOST[:PORT][/PATH]")
    }
}

impl std::error::Error for NotAnAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn the_secret_of_a_link_is_dropped() {
        let page = address("https://Share.test:443/a/#secret");
        assert_eq!(page.to_string(), "https://share.test/a/");
        assert_eq!(page.join("b#secret").unwrap().to_string(), "https://share.test/a/b");
        assert_eq!(address("https://share.test#secret").to_string(), "https://share.test/");
    }

    #[test]
    fn what_a_page_names_is_where_a_browser_finds_it() {
        let page = address("http://share.test:8080/a/b?c");
        for (reference, found) in [
            ("/assets/x.js", "http://share.test:8080/assets/x.js"),
            ("x.js", "http://share.test:8080/a/x.js"),
            ("./x.js", "http://share.test:8080/a/x.js"),
            ("//other.test/x.js", "http://other.test/x.js"),
            ("https://other.test", "https://other.test/"),
            ("?d", "http://share.test:8080/a/b?d"),
            (".//x.js", "http://share.test:8080/a//x.js"),
            ("x.js?../y", "http://share.test:8080/a/x.js?../y"),
        ] {
            assert_eq!(page.join(reference).unwrap().to_string(), found, "{reference}");
        }
        assert_eq!(page.beside("assets/x.js").to_string(), "http://share.test:8080/a/assets/x.js");
        for bad in ["data:text/javascript,1", "javascript:1", "ftp://other.test/", "https://a@b.test/"] {
            assert_eq!(page.join(bad), Err(NotAnAddress), "{bad}");
        }
    }

    /// Each of these leads a browser to another place than the one that it seems to name.
    #[test]
    fn what_browsers_read_otherwise_than_it_is_written_leads_nowhere() {
        let page = address("http://share.test/a/b");
        for bad in [
            "/\\evil.test/",
            "\\\\evil.test/",
            "http:\\\\evil.test/",
            "http://evil.test\\@share.test/",
            "/x/../real/",
            "../real/",
            "./../real/",
            "..",
            ".",
            "/x/.",
            "/x/%2e%2E/real/",
            "/x/.%2e?y",
            "/x/./y",
            "/\t/evil.test/",
            "ht\ntp://evil.test/",
            " //evil.test/",
            "///evil.test/",
            "http:/evil.test/",
            "http:evil.test/",
            "/\u{9b}2J",
            "/\u{202e}",
            "//\u{ff45}vil.test/",
            "",
            "#secret",
        ] {
            assert_eq!(page.join(bad), Err(NotAnAddress), "{bad:?}");
        }
    }

    #[test]
    fn only_pages_have_an_address() {
        for bad in
            ["", "share.test", "/x", "ftp://share.test", "https://", "https://u:p@share.test/", "http://a b/"]
        {
            assert_eq!(bad.parse::<Address>(), Err(NotAnAddress), "{bad}");
        }
        assert_eq!(address("http://[::1]:8080").to_string(), "http://[::1]:8080/");
    }
}
