//! The operator's door: `/metrics` and health on a port of its own, for the operator's own network, plain HTTP, bounded
//! like everything else.

use crate::accept;
use crate::app::App;
use crate::health;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// Connections at once: a few collectors, and somebody who looks.
const CONNECTIONS: usize = 16;

/// The content type of the text format.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves what `app` counts, and whether it is well, until it has `ended`.
pub(crate) async fn run(listener: TcpListener, app: Arc<App>, ended: CancellationToken) {
    let registry = Arc::new(app.metrics.registry());
    let router = Router::new()
        .route("/metrics", get(async move || text(&registry)))
        .merge(health::routes())
        .with_state(Arc::clone(&app));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    while let Some((stream, _)) = accept::next(&listener, &ended).await {
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            debug!("connection for metrics closed: there are too many");
            continue;
        };
        let (limits, ended, router) = (app.limits.clone(), ended.clone(), router.clone());
        tokio::spawn(async move {
            accept::http(stream, &limits, &ended, router, |_| {}).await;
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
