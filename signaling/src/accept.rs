//! From a TCP connection to a request: the accept loop, TLS, and HTTP/1 with a bound on everything.
//!
//! `axum::serve` has no header timeout, no limit of connections and no limit of one address; this has.

use crate::addresses::Ticket;
use crate::limits::Limits;
use crate::metrics::{Counted, Limit};
use crate::routes::App;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// Pause after the system could not give a connection (no file descriptors): time for others to end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that the system may hold until they are accepted: a second's worth after a restart.
const BACKLOG: u32 = 1_024;

/// What a request knows of its connection; the connection's places are free when the last copy is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// The peer's address.
    pub(crate) ip: IpAddr,
    _places: Arc<(OwnedSemaphorePermit, Ticket, Counted)>,
}

/// A socket that listens on `address`, and whose connections will have small buffers in the system.
pub(crate) fn listener(address: SocketAddr, limits: &Limits) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that a restarted server gets its port back while old connections linger. Windows means something else by it.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(limits.send_buffer)?;
    socket.set_recv_buffer_size(limits.receive_buffer)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until the server stops.
pub(crate) async fn run(listener: TcpListener, tls: Option<TlsAcceptor>, app: Arc<App>, router: Router) {
    let places = Arc::new(Semaphore::new(app.limits.connections));
    while let Some((stream, from)) = next(&listener, &app.stop).await {
        let ip = from.ip().to_canonical();
        let Ok(permit) = Arc::clone(&places).try_acquire_owned() else {
            app.metrics.hit(Limit::Connections);
            debug!("connection closed: the server is full");
            continue;
        };
        let Some(ticket) = app.connections.take(ip) else {
            app.metrics.hit(Limit::ConnectionsPerAddress);
            debug!("connection closed: its address holds too many");
            continue;
        };
        let counted = Counted::one_more(&app.metrics.connections);
        let connection = Connection { ip, _places: Arc::new((permit, ticket, counted)) };
        let (tls, router) = (tls.clone(), router.clone());
        app.tasks.spawn(secure(stream, tls, connection, Arc::clone(&app), router));
    }
}

/// The next connection; none once the server stops.
pub(crate) async fn next(
    listener: &TcpListener,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(accepted) => return Some(accepted),
            Err(error) if is_the_peers_fault(&error) => {}
            Err(error) => {
                warn!(%error, "cannot accept connections for a moment");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_the_peers_fault(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn secure(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    connection: Connection,
    app: Arc<App>,
    router: Router,
) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "connection was gone at once");
        return;
    }
    let prepare = move |request: &mut Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
    };
    let Some(tls) = tls else { return http(stream, &app, router, prepare).await };
    tokio::select! {
        () = app.stop.cancelled() => {}
        done = timeout(app.limits.tls_handshake, tls.accept(stream)) => match done {
            Ok(Ok(stream)) => http(stream, &app, router, prepare).await,
            Ok(Err(error)) => debug!(%error, "TLS handshake failed"),
            Err(_) => debug!("TLS handshake took too long"),
        },
    }
}

/// HTTP/1 with a bound on everything; `prepare` sees each request before `router` does.
pub(crate) async fn http<I, P>(io: I, app: &App, router: Router, prepare: P)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    P: Fn(&mut Request<Incoming>),
{
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        prepare(&mut request);
        router.call(request)
    });
    let serving = builder(&app.limits).serve_connection(TokioIo::new(io), service).with_upgrades();
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = sleep(app.limits.http_life) => return debug!("connection lived too long"),
        () = app.stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            match timeout(app.limits.close_time, serving).await {
                Ok(ended) => ended,
                Err(_) => return debug!("connection did not finish in time"),
            }
        }
    };
    if let Err(error) = ended {
        debug!(%error, "connection ended early");
    }
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_headers(limits.header_lines)
        .max_buf_size(limits.header_bytes)
        .half_close(false);
    builder
}
