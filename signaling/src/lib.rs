//! Rendezvous server of Linkspan: serves the page, and introduces peers that hold the same opaque tag.
//!
//! It stores nothing and can read nothing: it relays sealed envelopes and depends on `signal-proto` only, never on
//! the engine. Everything it does for a stranger is bounded by [`Limits`]. See PROTOCOL.md, *The server's model*.
//!
//! From the outside in: `accept` (connections), `routes` and `assets` (HTTP), `ws` (one WebSocket), `app` (what they
//! share), `switchboard` and [`hub`] (who is where), `backplane` (other nodes), beside them `stun`, [`turn`], [`tls`],
//! `metrics` and `operator`. What stands further in never knows who uses it.
#![forbid(unsafe_code)]

mod accept;
mod addresses;
mod app;
mod assets;
mod backplane;
mod bucket;
mod config;
mod headers;
mod health;
pub mod hub;
mod limits;
mod metrics;
mod network;
mod operator;
mod origin;
mod outbox;
mod pacing;
mod page;
mod proxies;
mod routes;
mod serves;
mod stun;
mod switchboard;
pub mod tls;
pub mod turn;
mod vantage;
mod ws;

pub use backplane::{Backplane, NotABackplane, reread as reread_note};
pub use config::{Config, IceServer, NotAnIceServer};
pub use limits::Limits;
pub use origin::{NotAnOrigin, Origin};
pub use proxies::Proxies;
pub use serves::{NotASignalingUrl, Serves, SignalingUrl};

use addresses::Addresses;
use app::App;
use backplane::exchange::Exchange;
use metrics::Metrics;
use origin::Refusals;
use page::Page;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use switchboard::Switchboard;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};
use turn::desk::Desk;
use vantage::Vantage;

/// One server. Dropping it stops it at once; [`Server::shutdown`] stops it politely.
#[derive(Debug)]
pub struct Server {
    config: Config,
    /// Nobody more is taken in.
    stop: CancellationToken,
    /// Everybody is gone, or was given up.
    ended: CancellationToken,
    tasks: TaskTracker,
    stun: Option<SocketAddr>,
    metrics: Option<SocketAddr>,
}

impl Server {
    /// A server that does not listen yet.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
            tasks: TaskTracker::new(),
            stun: None,
            metrics: None,
        }
    }

    /// Starts to serve on `address` and tells the address really used: port 0 means any that is free.
    ///
    /// # Errors
    /// What the system says if one of the addresses cannot be had, and which.
    pub async fn listen(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let listener = accept::listener(address, &self.config.limits).map_err(at(address))?;
        let address = listener.local_addr()?;
        let vantage = Arc::new(Vantage::of_this_machine());
        if let Some(stun) = self.config.stun {
            let socket = UdpSocket::bind(stun).await.map_err(at(stun))?;
            self.stun = Some(socket.local_addr()?);
            let vantage = Arc::clone(&vantage);
            self.tasks.spawn(stun::run(socket, self.config.limits.clone(), vantage, self.stop.clone()));
        }
        let metrics = match self.config.metrics {
            Some(address) => Some(TcpListener::bind(address).await.map_err(at(address))?),
            None => None,
        };

        let limits = self.config.limits.clone();
        let counted = Arc::new(Metrics::default());
        let desk = Desk::new(self.config.turn.take(), &limits, Arc::clone(&counted));
        let backplane = self.config.backplane.clone();
        let exchange = backplane.clone().map(|backplane| Exchange::new(backplane, counted.backplane.clone()));
        let switchboard = Switchboard::new(limits.clone(), Arc::clone(&counted), desk, exchange);
        if let Some(backplane) = backplane {
            self.tasks.spawn(switchboard::carry::run(Arc::clone(&switchboard), backplane, self.stop.clone()));
        }
        let app = Arc::new(App {
            switchboard,
            connections: Addresses::paced(
                limits.connections_per_address,
                limits.new_connection_burst,
                limits.new_connections_per_second,
                limits.addresses_per_site,
            ),
            sockets: Addresses::new(limits.sockets_per_address, limits.addresses_per_site),
            page: Page::new(
                &self.config.ice_servers,
                self.stun.map(|address| address.port()),
                self.config.serves.elsewhere(),
            ),
            proxies: self.config.proxies.clone(),
            origins: self.config.page_origins.clone(),
            refusals: Refusals::default(),
            vantage,
            stop: self.stop.clone(),
            tasks: self.tasks.clone(),
            metrics: counted,
            limits,
        });
        if let Some(listener) = metrics {
            self.metrics = Some(listener.local_addr()?);
            // Not among the tasks that shutting down waits for: it tells of them.
            tokio::spawn(operator::run(listener, Arc::clone(&app), self.ended.clone()));
        }
        let tls = self.config.tls.as_ref();
        if let Some(identity) = tls {
            self.tasks.spawn(tls::watch(identity.clone(), self.stop.clone()));
        }
        let trusted = tls.is_some_and(|identity| !identity.is_self_signed());
        let router = routes::router(Arc::clone(&app), &self.config.serves, trusted);
        self.tasks.spawn(accept::run(listener, tls.map(tls::Identity::acceptor), app, router));
        info!(tls = tls.is_some(), stun = self.stun.is_some(), "listening");
        Ok(address)
    }

    /// Where STUN requests are answered, once it listens.
    pub fn stun_address(&self) -> Option<SocketAddr> {
        self.stun
    }

    /// Where metrics are served, once it listens.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Stops accepting, tells every peer to come back later, and waits a bounded time for all to end.
    pub async fn shutdown(self) {
        info!("stopping");
        self.stop.cancel();
        self.tasks.close();
        match timeout(self.config.limits.drain, self.tasks.wait()).await {
            Ok(()) => info!("stopped"),
            Err(_) => warn!("stopped with connections still open"),
        }
        self.ended.cancel();
    }
}

/// Says which address an error is about.
fn at(address: SocketAddr) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.ended.cancel();
    }
}
