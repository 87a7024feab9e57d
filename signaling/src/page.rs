//! The page: files of `www/dist`, embedded in release builds and read from disk in debug builds.
//!
//! Only `index.html` is changed on its way: it carries the page's configuration. The manifest says what it is without. File
//! names under `assets/` contain a hash of their content, so browsers may keep those for ever. Beside them lie compressed
//! versions, made when the page was built; nothing is ever compressed here.

mod coding;
mod manifest;

use crate::config::IceServer;
use crate::serves::SignalingUrl;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use coding::{Accepted, CODINGS, Coding};
use rust_embed::RustEmbed;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

pub(crate) use manifest::PATH as MANIFEST_PATH;

/// The page itself, among its files.
const INDEX: &str = "index.html";

/// What stands in it where its configuration belongs, inside the attribute of a meta element.
const PLACEHOLDER: &str = "__LINKSPAN_CONFIG__";

const NOT_BUILT: &str = "The page was not built: `cargo xtask run` builds it and starts this server again.\n";

#[derive(RustEmbed)]
#[folder = "../www/dist"]
#[allow_missing = true]
struct Files;

/// What the page is told by its own HTML.
#[derive(Debug)]
pub(crate) struct Page {
    /// JSON.
    config: String,
}

impl Page {
    /// `stun_port`: where this server's own STUN responder listens; the page knows the host better. `signaling`: where
    /// to meet, if not beside the page.
    pub(crate) fn new(
        ice_servers: &[IceServer],
        stun_port: Option<u16>,
        signaling: Option<&SignalingUrl>,
    ) -> Self {
        let servers: Vec<Value> =
            ice_servers.iter().map(|server| json!({ "urls": [server.url()] })).collect();
        let mut config = json!({ "iceServers": servers });
        if let Some(port) = stun_port {
            config["stunPort"] = json!(port);
        }
        if let Some(url) = signaling {
            config["signalingUrl"] = json!(url.to_string());
        }
        Self { config: config.to_string() }
    }

    /// `html` with the configuration in its place.
    fn fill(&self, html: &[u8]) -> String {
        String::from_utf8_lossy(html).replace(PLACEHOLDER, &escape_attribute(&self.config))
    }
}

/// What is not here, be it a file or all of the page.
pub(crate) fn nothing() -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], "Nothing is here.\n").into_response()
}

/// The page itself as `page` configures it, never kept without asking again.
pub(crate) fn index(page: &Page, headers: &HeaderMap) -> Response {
    let html = Files::get(INDEX).map(|file| page.fill(&file.data));
    html.map_or_else(not_built, |html| made(INDEX, html, headers))
}

/// What it consists of, for whoever wants to check it.
pub(crate) fn manifest(page: &Page, headers: &HeaderMap) -> Response {
    manifest::of(page).map_or_else(not_built, |manifest| made(MANIFEST_PATH, manifest, headers))
}

fn not_built() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CACHE_CONTROL, "no-store")], NOT_BUILT).into_response()
}

/// What is made here and lies in no file.
fn made(path: &str, text: String, headers: &HeaderMap) -> Response {
    let etag = etag(&Sha256::digest(&text).into());
    answer(path, Cow::Owned(text.into_bytes()), Coding::Identity, etag, headers)
}

/// Every other file, by its `path` without the first slash, in the version that the browser likes best.
pub(crate) fn file(path: &str, headers: &HeaderMap) -> Response {
    if is_version(path) || Files::get(path).is_none() {
        return nothing();
    }
    let version = |coding: Coding| Files::get(&format!("{path}{}", coding.ending()));
    let chosen = Accepted::of(headers).choose(|coding| version(coding).is_some());
    match chosen.and_then(|coding| Some((coding, version(coding)?))) {
        Some((coding, file)) => answer(path, file.data, coding, etag(&file.metadata.sha256_hash()), headers),
        None => (StatusCode::NOT_ACCEPTABLE, [(header::VARY, "accept-encoding")]).into_response(),
    }
}

/// A version is a way to send its file, not a file to ask for.
fn is_version(path: &str) -> bool {
    CODINGS.iter().any(|coding| coding.token().is_some() && path.ends_with(coding.ending()))
}

/// The bytes, or the word that what the browser has is still they.
fn answer(
    path: &str,
    bytes: Cow<'static, [u8]>,
    coding: Coding,
    etag: HeaderValue,
    request: &HeaderMap,
) -> Response {
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let unchanged = knows(request, &etag);
    // Named also where there is one version only: what a cache keeps must not depend on how the page was built.
    let caching = [
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (header::ETAG, etag),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if unchanged {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let coded = coding.token().map(|token| [(header::CONTENT_ENCODING, token)]);
    ([(header::CONTENT_TYPE, content_type(path))], coded, caching, Body::from(bytes)).into_response()
}

/// Each version of a file has a tag of its own, made from its bytes as they are sent.
fn etag(hash: &[u8; 32]) -> HeaderValue {
    let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("\"{hex}\"")).expect("hexadecimal digits are fit for a header")
}

/// Whether `If-None-Match` names the version (RFC 9110, 13.1.2: weak comparison, as proxies that compress weaken it).
fn knows(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let lines = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    // Our tags have no comma.
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes())
}

/// By the ending, for the kinds of file that a page consists of. Browsers are told not to guess.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn escape_attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_json_and_names_nobody_else_by_default() {
        assert_eq!(Page::new(&[], None, None).config, "{\"iceServers\":[]}");
        let server = "stun:stun.example.org:3478".parse().unwrap();
        let page = Page::new(&[server], Some(3478), Some(&"wss://signal.test".parse().unwrap()));
        let expected = json!({
            "iceServers": [{ "urls": ["stun:stun.example.org:3478"] }],
            "stunPort": 3478,
            "signalingUrl": "wss://signal.test/signal",
        });
        assert_eq!(serde_json::from_str::<Value>(&page.config).unwrap(), expected);
    }

    #[test]
    fn nothing_leaves_the_attribute() {
        assert_eq!(escape_attribute(r#"<a href="x">&'"#), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    }

    #[test]
    fn the_configuration_takes_the_place_of_its_mark() {
        let html = br#"<meta name="linkspan-config" content="__LINKSPAN_CONFIG__">"#;
        let filled = Page::new(&[], Some(7), None).fill(html);
        assert_eq!(
            filled,
            r#"<meta name="linkspan-config" content="{&quot;iceServers&quot;:[],&quot;stunPort&quot;:7}">"#
        );
    }

    fn asking(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    fn answer_to(path: &str, coding: Coding, request: &HeaderMap) -> Response {
        answer(path, Cow::Borrowed(b"data"), coding, etag(&[0xab; 32]), request)
    }

    #[test]
    fn hashed_names_are_kept_for_ever_and_others_asked_for_again() {
        let hashed = answer_to("assets/index-1a2b.js", Coding::Brotli, &HeaderMap::new());
        assert_eq!(hashed.status(), StatusCode::OK);
        assert_eq!(hashed.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(hashed.headers()[header::CONTENT_ENCODING], "br");
        assert_eq!(hashed.headers()[header::VARY], "accept-encoding");
        let plain = answer_to("icon.svg", Coding::Identity, &HeaderMap::new());
        assert_eq!(plain.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(plain.headers()[header::CONTENT_TYPE], "image/svg+xml");
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    }

    #[test]
    fn what_a_browser_knows_is_not_sent_again() {
        let own = "\"abababababababababababababababab\"";
        for known in [own, &format!("W/{own}"), &format!("\"00\", {own}"), "*"] {
            let answer = answer_to("icon.svg", Coding::Gzip, &asking(header::IF_NONE_MATCH, known));
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(answer.headers()[header::ETAG], own);
            assert_eq!(answer.headers()[header::VARY], "accept-encoding");
            assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
        }
        for known in ["\"00\"", "", "abab", "W/\"00\""] {
            let answer = answer_to("icon.svg", Coding::Gzip, &asking(header::IF_NONE_MATCH, known));
            assert_eq!(answer.status(), StatusCode::OK, "{known}");
        }
    }

    #[test]
    fn a_page_that_was_not_built_says_how_it_is_and_no_cache_keeps_that() {
        let answer = not_built();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    }

    #[test]
    fn no_browser_has_to_guess_what_a_file_of_the_page_is() {
        for (file, kind) in [
            ("index-1a2b.css", "text/css; charset=utf-8"),
            ("site.webmanifest", "application/manifest+json"),
            ("icon.png", "image/png"),
            ("favicon.ico", "image/x-icon"),
            ("picture.webp", "image/webp"),
            ("letters.woff2", "font/woff2"),
            ("robots.txt", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(content_type(file), kind);
        }
    }

    #[test]
    fn the_kinds_of_file_that_browsers_insist_on() {
        assert_eq!(content_type("assets/peer_wasm_bg-1a2b.wasm"), "application/wasm");
        assert_eq!(content_type("assets/index-1a2b.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("noending"), "application/octet-stream");
    }
}
