//! From a TCP connection to a request: the accept loop, TLS, and HTTP/1 with a bound on everything.
//!
//! `axum::serve` has no header timeout, no limit of connections and no limit of one address; this has.

use crate::addresses::Ticket;
use crate::app::App;
use crate::limits::Limits;
use crate::metrics::{Counted, Limit};
use crate::pacing::Paced;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
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
use tokio::time::{Instant, sleep, timeout};
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
    /// The other end: the peer, or a proxy.
    ip: IpAddr,
    /// Whether that is a proxy, and each request may be somebody else's.
    is_proxy: bool,
    _places: Arc<(OwnedSemaphorePermit, Option<Ticket>, Counted)>,
}

/// Whose request it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(pub(crate) IpAddr);

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
        let is_proxy = app.proxies.trust(ip);
        // A proxy's connections are everybody's: those behind it are told apart by their requests.
        let ticket = match (!is_proxy).then(|| app.connections.take(ip, Instant::now())).transpose() {
            Ok(ticket) => ticket,
            Err(crowded) => {
                app.metrics.hit(crowded.into());
                debug!(?crowded, "connection closed: its address has enough");
                continue;
            }
        };
        let counted = Counted::one_more(&app.metrics.connections);
        let connection = Connection { ip, is_proxy, _places: Arc::new((permit, ticket, counted)) };
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
            // In this order, so that once it stops nobody more is taken in.
            biased;
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        let error = match accepted {
            Ok(accepted) => return Some(accepted),
            Err(error) => error,
        };
        if !is_the_peers_fault(&error) {
            warn!(%error, "cannot accept connections for a moment");
            sleep(ACCEPT_PAUSE).await;
        }
    }
}

/// Finds out whose request it is. Behind a proxy a request counts as what a new connection is elsewhere.
pub(crate) async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let Some(connection) = request.extensions().get::<Connection>() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut ip = connection.ip;
    let is_for_signaling = request.uri().path() == signal_proto::PATH;
    if connection.is_proxy {
        ip = app.proxies.client(ip, request.headers());
        if is_for_signaling {
            app.proxies.notice(request.headers());
        }
        if let Err(crowded) = app.connections.pass(ip, Instant::now()) {
            return app.refuse(crowded.into());
        }
    }
    if is_for_signaling {
        app.vantage.socket(connection.ip, ip, connection.is_proxy, request.headers());
    }
    request.extensions_mut().insert(Client(ip));
    next.run(request).await
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
    // Below TLS, so that what it is wrapped in counts too.
    let stream = Paced::new(stream, &app.limits);
    let prepare = move |request: &mut Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
    };
    let limit = match tls {
        None => http(stream, &app.limits, &app.stop, router, prepare).await,
        Some(tls) => tokio::select! {
            () = app.stop.cancelled() => None,
            done = timeout(app.limits.tls_handshake, tls.accept(stream)) => match done {
                Ok(Ok(stream)) => http(stream, &app.limits, &app.stop, router, prepare).await,
                Ok(Err(error)) => {
                    debug!(%error, "TLS handshake failed");
                    None
                }
                Err(_) => Some(Limit::TlsHandshake),
            },
        },
    };
    if let Some(limit) = limit {
        debug!(?limit, "connection closed");
        app.metrics.hit(limit);
    }
}

/// HTTP/1 with a bound on everything; `prepare` sees each request before `router` does. The limit that ended it, if
/// one did.
pub(crate) async fn http<I, P>(
    io: I,
    limits: &Limits,
    stop: &CancellationToken,
    router: Router,
    prepare: P,
) -> Option<Limit>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    P: Fn(&mut Request<Incoming>),
{
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        prepare(&mut request);
        router.call(request)
    });
    let serving = builder(limits).serve_connection(TokioIo::new(io), service).with_upgrades();
    let mut serving = pin!(serving);
    let limit = tokio::select! {
        ended = &mut serving => return why(ended),
        () = sleep(limits.http_life) => Some(Limit::HttpLife),
        () = stop.cancelled() => None,
    };
    // What was asked for in time is answered to its end: behind a proxy an old connection may just have brought
    // somebody new.
    serving.as_mut().graceful_shutdown();
    let stopped = async {
        stop.cancelled().await;
        sleep(limits.close_time).await;
    };
    tokio::select! {
        ended = serving => return limit.or(why(ended)),
        () = sleep(limits.http_life) => {}
        () = stopped => {}
    }
    debug!("connection did not finish in time");
    limit
}

/// The limit that ended a connection, if one did.
fn why(ended: hyper::Result<()>) -> Option<Limit> {
    let error = ended.err()?;
    debug!(%error, "connection ended early");
    if error.is_timeout() {
        Some(Limit::HeaderTime)
    } else {
        error.is_parse_too_large().then_some(Limit::HeaderBytes)
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::Notify;
    use tokio::task::{JoinHandle, spawn};

    #[tokio::test]
    async fn the_system_holds_no_more_for_a_connection_than_was_asked_for() {
        let limits = Limits { send_buffer: 24 * 1024, receive_buffer: 40 * 1024, ..Limits::default() };
        let listener = listener("127.0.0.1:0".parse().unwrap(), &limits).unwrap();
        let _peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let socket = TcpSocket::from_std_stream(accepted.into_std().unwrap());
        // Linux says the double of what was asked for, its own bookkeeping included (socket(7)).
        for (held, asked) in [
            (socket.send_buffer_size().unwrap(), limits.send_buffer),
            (socket.recv_buffer_size().unwrap(), limits.receive_buffer),
        ] {
            assert!((asked..=2 * asked).contains(&held), "{held} for {asked}");
        }
    }

    #[test]
    fn who_hangs_up_before_it_is_accepted_holds_up_nobody_and_what_the_system_lacks_is_told() {
        for hung_up in [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset] {
            assert!(is_the_peers_fault(&hung_up.into()), "{hung_up}");
        }
        for lacking in [io::ErrorKind::OutOfMemory, io::ErrorKind::QuotaExceeded] {
            assert!(!is_the_peers_fault(&lacking.into()), "{lacking}");
        }
    }

    fn connect(limits: &Limits, router: &Router) -> (DuplexStream, JoinHandle<Option<Limit>>) {
        let (client, server) = duplex(1024);
        let (limits, router) = (limits.clone(), router.clone());
        let serving = async move { http(server, &limits, &CancellationToken::new(), router, |_| {}).await };
        (client, spawn(serving))
    }

    #[tokio::test]
    async fn an_old_connection_still_answers_what_it_was_asked_and_nothing_more() {
        // Long enough for a busy machine to answer within it, once it is asked to.
        let limits = Limits { http_life: Duration::from_secs(2), ..Limits::default() };
        let (asked, may_answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let answer = {
            let (asked, may_answer) = (Arc::clone(&asked), Arc::clone(&may_answer));
            async move || {
                asked.notify_one();
                may_answer.notified().await;
                "whole"
            }
        };
        let router = Router::new().route("/", get(answer));
        let (mut client, serving) = connect(&limits, &router);
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        asked.notified().await;
        // A younger one that asks nothing: when it has ended, the first has lived its time too.
        let (mut silent, ended) = connect(&limits, &router);
        assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(ended.await.unwrap(), Some(Limit::HttpLife));
        may_answer.notify_one();
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        assert!(text.ends_with("whole"), "{text}");
        assert_eq!(serving.await.unwrap(), Some(Limit::HttpLife), "and it is counted");
    }
}
