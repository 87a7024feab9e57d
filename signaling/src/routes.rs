//! What is served where.

use crate::accept;
use crate::addresses::Addresses;
use crate::assets::{self, Page};
use crate::headers::security_headers;
use crate::health;
use crate::limits::Limits;
use crate::metrics::{Limit, Metrics};
use crate::origin::Origin;
use crate::proxies::Proxies;
use crate::serves::Serves;
use crate::switchboard::Switchboard;
use crate::ws;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

/// What all connections of one server share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) switchboard: Arc<Switchboard>,
    /// Who is believed to stand for others.
    pub(crate) proxies: Proxies,
    /// Whose pages may connect; if none, this server's own.
    pub(crate) origins: Vec<Origin>,
    /// TCP connections by address.
    pub(crate) connections: Arc<Addresses>,
    /// WebSockets by address.
    pub(crate) sockets: Arc<Addresses>,
    pub(crate) page: Page,
    /// Cancelled when the server stops.
    pub(crate) stop: CancellationToken,
    /// Everything that shutting down waits for.
    pub(crate) tasks: TaskTracker,
}

impl App {
    /// The answer to somebody who has enough already.
    pub(crate) fn refuse(&self, limit: Limit) -> Response {
        self.metrics.hit(limit);
        debug!(?limit, "request refused");
        let words = "Too much comes from your address. Try again in a moment.\n";
        (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, RETRY_AFTER)], words).into_response()
    }
}

/// Seconds until somebody who was refused may have a place again.
const RETRY_AFTER: &str = "2";

/// All routes of a server that is `serves`. `hsts`: whether it has a certificate that browsers trust.
pub(crate) fn router(app: Arc<App>, serves: &Serves, hsts: bool) -> Router {
    let headers = security_headers(serves, hsts);
    let page = || {
        let page = Router::new().route("/", get(assets::index)).route("/index.html", get(assets::index));
        page.fallback(get(assets::file))
    };
    let signaling = || Router::new().route(signal_proto::PATH, get(ws::upgrade));
    let served = match serves {
        Serves::Both => page().merge(signaling()),
        Serves::Signaling => signaling().fallback(assets::nothing),
        // Not a file of the page either.
        Serves::Page(_) => page().route(signal_proto::PATH, any(assets::nothing)),
    };
    served
        .layer(from_fn_with_state(Arc::clone(&app), accept::admit))
        // Not paced: a balancer's question must not be refused because of what somebody else asks through it.
        .merge(health::routes())
        .layer(map_response(move |mut response: Response| {
            response.headers_mut().extend(headers.clone());
            std::future::ready(response)
        }))
        .with_state(app)
}
