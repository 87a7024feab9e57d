//! Requests for the page and its files.

use crate::app::App;
use crate::page;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use std::sync::Arc;

/// `/`: the page itself.
pub(crate) async fn index(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    page::index(&app.page, &headers)
}

/// What it consists of.
pub(crate) async fn manifest(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    page::manifest(&app.page, &headers)
}

/// Every other file. The page, too, for who has a link whose `#` was escaped on its way: it says what that means.
pub(crate) async fn file(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    if has_escaped_fragment(uri.path()) {
        let mut answer = page::index(&app.page, &headers);
        // No cache should keep that address.
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return answer;
    }
    page::file(uri.path().trim_start_matches('/'), &headers)
}

/// What is not here.
pub(crate) async fn nothing() -> Response {
    page::nothing()
}

/// Whether `#` stands in `path` as `%23`, or as `%2523`, escaped once more by the next one, and so on.
fn has_escaped_fragment(path: &str) -> bool {
    path.split('%').skip(1).any(|escape| escape.trim_start_matches("25").starts_with("23"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_is_found_however_often_it_was_escaped() {
        for path in ["/%23AbC", "/%2523AbC", "/%252523AbC", "/index.html%23", "/a%20b/%23AbC"] {
            assert!(has_escaped_fragment(path), "{path}");
        }
        for path in ["/", "/23", "/2523", "/%24", "/%20", "/%2524", "/%", "/a%2", "/assets/x-23.js"] {
            assert!(!has_escaped_fragment(path), "{path}");
        }
    }
}
