//! What all connections of one server share. It is handed around and does nothing by itself: it must never know who
//! uses it.

use crate::addresses::Addresses;
use crate::limits::Limits;
use crate::metrics::{Limit, Metrics};
use crate::origin::{Origin, Refusals};
use crate::page::Page;
use crate::proxies::Proxies;
use crate::switchboard::Switchboard;
use crate::vantage::Vantage;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

/// See the module.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) switchboard: Arc<Switchboard>,
    /// Who is believed to stand for others.
    pub(crate) proxies: Proxies,
    /// Whose pages may connect; if none, this server's own.
    pub(crate) origins: Vec<Origin>,
    /// What the operator hears of pages that may not.
    pub(crate) refusals: Refusals,
    pub(crate) vantage: Arc<Vantage>,
    /// TCP connections by address.
    pub(crate) connections: Addresses,
    /// WebSockets by address.
    pub(crate) sockets: Addresses,
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
