//! What is served where.

use crate::accept;
use crate::app::App;
use crate::assets;
use crate::headers::security_headers;
use crate::health;
use crate::page::MANIFEST_PATH;
use crate::serves::Serves;
use crate::ws;
use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{any, get};
use std::sync::Arc;

/// All routes of a server that is `serves`. `hsts`: whether it has a certificate that browsers trust.
pub(crate) fn router(app: Arc<App>, serves: &Serves, hsts: bool) -> Router {
    let headers = security_headers(serves, hsts);
    let page = || {
        let page = Router::new().route("/", get(assets::index)).route("/index.html", get(assets::index));
        page.route(MANIFEST_PATH, get(assets::manifest)).fallback(get(assets::file))
    };
    let signaling = || Router::new().route(signal_proto::PATH, get(ws::upgrade).post(ws::whether));
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
