//! `/healthz`: the program is alive. `/readyz`: it takes people in; a load balancer sends nobody here otherwise.
//!
//! Both stand on the public port and on that of the metrics; there they are answered until the very end.

use crate::app::App;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

/// A node without its backplane is still ready: usually all of them lose it at once, and a balancer that then sent
/// people nowhere would keep those from meeting who still can.
const CUT_OFF: &str = "ready, but the other nodes cannot be reached";

/// Both routes.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz))
}

async fn healthz() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok").into_response()
}

async fn readyz(State(app): State<Arc<App>>) -> Response {
    let (status, words) = match obstacle(&app) {
        None if app.switchboard.is_cut_off() => (StatusCode::OK, CUT_OFF),
        None => (StatusCode::OK, "ready"),
        Some(obstacle) => (StatusCode::SERVICE_UNAVAILABLE, obstacle),
    };
    (status, [(header::CACHE_CONTROL, "no-store")], words).into_response()
}

/// Why nobody should be sent here now.
fn obstacle(app: &App) -> Option<&'static str> {
    app.stop.is_cancelled().then_some("stopping")
}
