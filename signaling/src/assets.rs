//! Requests for the page and its files.

use crate::app::App;
use crate::page;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
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

/// Every other file.
pub(crate) async fn file(uri: Uri, headers: HeaderMap) -> Response {
    page::file(uri.path().trim_start_matches('/'), &headers)
}

/// What is not here.
pub(crate) async fn nothing() -> Response {
    page::nothing()
}
