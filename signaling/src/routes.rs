//! What is served where, and the headers that every answer carries.

use crate::accept;
use crate::addresses::Addresses;
use crate::assets::{self, Page};
use crate::health;
use crate::limits::Limits;
use crate::metrics::{Limit, Metrics};
use crate::origin::Origin;
use crate::proxies::Proxies;
use crate::switchboard::Switchboard;
use crate::ws;
use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
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

/// Everything from its own origin, scripts and WebAssembly only as files, nothing framed, no form, and no text
/// turned into HTML or script but through the page's one Trusted Types policy. `'self'` covers the WebSocket.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types linkspan";

/// What the page needs not, and what an injected script therefore cannot have.
const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), \
    geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()";

/// A browser that has been here over TLS comes back over TLS, for a year.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// All routes. `hsts`: whether the server has a certificate that browsers trust.
pub(crate) fn router(app: Arc<App>, hsts: bool) -> Router {
    let headers = security_headers(hsts);
    Router::new()
        .route("/", get(assets::index))
        .route("/index.html", get(assets::index))
        .route(signal_proto::PATH, get(ws::upgrade))
        .merge(health::routes())
        .fallback(get(assets::file))
        .layer(from_fn_with_state(Arc::clone(&app), accept::admit))
        .layer(map_response(move |mut response: Response| {
            response.headers_mut().extend(headers.clone());
            std::future::ready(response)
        }))
        .with_state(app)
}

fn security_headers(hsts: bool) -> HeaderMap {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
    ];
    let tls = hsts.then_some((header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY));
    fixed.into_iter().chain(tls).map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}
