//! `/metrics` on its own port: for the operator's own network, plain HTTP, bounded like everything else.

use crate::accept;
use crate::routes::App;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::{debug, warn};

/// Connections at once: a few collectors, and somebody who looks.
const CONNECTIONS: usize = 16;

/// The content type of the text format.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves what `app` counts until the server stops.
pub(crate) async fn run(listener: TcpListener, app: Arc<App>) {
    let registry = Arc::new(app.metrics.registry());
    let router = Router::new().route("/metrics", get(async move || text(&registry)));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    while let Some((stream, _)) = accept::next(&listener, &app.stop).await {
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            debug!("connection for metrics closed: there are too many");
            continue;
        };
        let (app, router) = (Arc::clone(&app), router.clone());
        let tasks = app.tasks.clone();
        tasks.spawn(async move {
            accept::http(stream, &app, router, |_| {}).await;
            drop(place);
        });
    }
}

fn text(registry: &Registry) -> Response {
    let mut text = String::new();
    match encode(&mut text, registry) {
        Ok(()) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(error) => {
            warn!(%error, "metrics cannot be written down");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
