//! One WebSocket: who may open it, what it may say and how fast, and with which code it ends.
//!
//! Frames are small and never compressed. What a message means is the hub's matter; nothing of it is logged.

use crate::accept::{Client, Connection};
use crate::app::App;
use crate::bucket::Bucket;
use crate::hub::Violation;
use crate::limits::Limits;
use crate::metrics::{Counted, Limit};
use crate::origin::may_connect;
use crate::outbox::{Overflowed, Waiting};
use crate::switchboard::Seat;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signal_proto::{ClientMessage, MAX_MESSAGE, SUBPROTOCOL, ServerMessage, close};
use std::future::pending;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite;
use tracing::debug;

/// Bytes read from the network at once; most messages are one or two padding classes long.
const READ_BUFFER: usize = 4 * 1024;
/// Longest frame and message that is read at all. Twice what is allowed, so that a message a little too long is
/// read to its end and answered with a close code that really arrives.
const MAX_READ: usize = 2 * MAX_MESSAGE;
/// Bytes that may wait inside the WebSocket layer: one message on its way and the answers to pings.
const WRITE_BUFFER: usize = 2 * MAX_MESSAGE;

/// Why a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The peer went away.
    Gone,
    /// The server stops.
    GoingAway,
    /// It has lived its time.
    OldAge,
    BadMessage,
    TooLong,
    TooFast,
    TooMuch,
    BadTag,
    JoinedTwice,
    TooManyTags,
    NothingJoined,
    Idle,
    TooSlow,
}

impl End {
    /// The close code that tells the peer, and what the operator counts; nobody is told anything if it just went.
    fn told(self) -> (Option<u16>, Option<Limit>) {
        let (code, limit) = match self {
            Self::Gone => return (None, None),
            Self::GoingAway => return (Some(close::GOING_AWAY), None),
            Self::OldAge => (close::GOING_AWAY, Limit::SocketLife),
            Self::BadMessage => (close::BAD_MESSAGE, Limit::BadMessage),
            Self::TooLong => (close::TOO_LONG, Limit::TooLong),
            Self::TooFast => (close::TOO_FAST, Limit::TooFast),
            Self::TooMuch => (close::TOO_MUCH, Limit::TooMuch),
            Self::BadTag => (close::BAD_TAG, Limit::BadTag),
            Self::JoinedTwice => (close::JOINED_TWICE, Limit::JoinedTwice),
            Self::TooManyTags => (close::TOO_MANY_TAGS, Limit::TooManyTags),
            Self::NothingJoined => (close::NOTHING_JOINED, Limit::NothingJoined),
            Self::Idle => (close::IDLE, Limit::Idle),
            Self::TooSlow => (close::TOO_SLOW, Limit::TooSlow),
        };
        (Some(code), Some(limit))
    }

    /// When the peer should come back, if it may.
    fn retry(self, limits: &Limits) -> Option<u32> {
        match self {
            Self::GoingAway => Some(retry_ms(limits)),
            // Alone with it, so there is no crowd to spread out.
            Self::OldAge => Some(milliseconds(limits.retry_min)),
            Self::Gone
            | Self::BadMessage
            | Self::TooLong
            | Self::TooFast
            | Self::TooMuch
            | Self::BadTag
            | Self::JoinedTwice
            | Self::TooManyTags
            | Self::NothingJoined
            | Self::Idle
            | Self::TooSlow => None,
        }
    }
}

impl From<Violation> for End {
    fn from(violation: Violation) -> Self {
        match violation {
            Violation::BadTag => Self::BadTag,
            Violation::JoinedTwice => Self::JoinedTwice,
            Violation::TooManyTags => Self::TooManyTags,
        }
    }
}

/// Answers a request for the WebSocket's path.
pub(crate) async fn upgrade(
    State(app): State<Arc<App>>,
    Extension(connection): Extension<Connection>,
    Extension(Client(ip)): Extension<Client>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if !may_connect(&headers, &app.origins) {
        app.metrics.hit(Limit::Origin);
        app.refusals.notice(&headers, &app.origins, Instant::now());
        return forbidden();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([SUBPROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        app.metrics.hit(Limit::Subprotocol);
        let words = format!("This server speaks the WebSocket sub-protocol {SUBPROTOCOL} only.\n");
        return (StatusCode::BAD_REQUEST, words).into_response();
    }
    let Ok(ticket) = app.sockets.take(ip, Instant::now()) else {
        return app.refuse(Limit::SocketsPerAddress);
    };
    // Held until the socket ends, so that shutting down waits for it.
    let running = app.tasks.token();
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(MAX_READ)
        .max_frame_size(MAX_READ)
        .on_upgrade(async move |mut socket| {
            let counted = Counted::one_more(&app.metrics.sockets);
            let end = serve(&app, ip, &mut socket).await;
            drop(counted);
            if let (_, Some(limit)) = end.told() {
                app.metrics.hit(limit);
            }
            debug!(?end, "socket ends");
            finish(&app.limits, &mut socket, end).await;
            drop((socket, ticket, connection, running));
        })
}

/// Answers a page whose socket did not open, and that no browser tells why: whether it may connect at all. A POST,
/// because with that a browser names the page's origin as it does for a socket.
pub(crate) async fn whether(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if !may_connect(&headers, &app.origins) {
        return forbidden();
    }
    let upgrade = [(header::UPGRADE, "websocket"), (header::CONNECTION, "upgrade")];
    (StatusCode::UPGRADE_REQUIRED, upgrade, "A WebSocket may be opened here.\n").into_response()
}

fn forbidden() -> Response {
    (StatusCode::FORBIDDEN, "This page may not connect here.\n").into_response()
}

/// What a failed read means: a network that is gone is nobody's fault, anything else is no frame or one far too long.
fn why(error: axum::Error) -> End {
    use tungstenite::error::{Error, ProtocolError};
    match error.into_inner().downcast_ref() {
        Some(
            Error::Io(_)
            | Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
        ) => End::Gone,
        _ => End::BadMessage,
    }
}

/// Carries messages both ways until something ends it. The peer's places are free as soon as this returns.
async fn serve(app: &App, ip: IpAddr, socket: &mut WebSocket) -> End {
    let limits = &app.limits;
    let mut seat = app.switchboard.connect(ip);
    let mut inward = Inward::new(limits);
    // A join that other nodes are being asked about; what the peer says after it waits.
    let mut joining: Option<(Pin<Box<_>>, Said)> = None;
    loop {
        let step = tokio::select! {
            () = app.stop.cancelled() => Err(End::GoingAway),
            message = seat.outbox.next() => match message {
                Ok(Waiting { message, since }) => {
                    let written = write(app, &seat, socket, Message::Binary(message)).await;
                    if let Some(since) = since {
                        app.metrics.relay_latency.0.observe(since.elapsed().as_secs_f64());
                    }
                    written
                }
                Err(overflowed) => Err(drop_reader(app, overflowed)),
            },
            said = after_answers(&mut joining) => inward.handle(&mut seat, said),
            frame = socket.recv(), if joining.is_none() => match frame {
                Some(Ok(frame)) => match inward.frame(frame) {
                    Ok(Some(said)) => match seat.ask(&said.message) {
                        Some(asked) => {
                            joining = Some((Box::pin(asked.answered()), said));
                            Ok(())
                        }
                        None => inward.handle(&mut seat, said),
                    },
                    Ok(None) => Ok(()),
                    Err(end) => Err(end),
                },
                Some(Err(error)) => Err(why(error)),
                None => Err(End::Gone),
            },
            () = sleep_until(inward.deadline(limits)) => match inward.late(limits) {
                Late::Ping => write(app, &seat, socket, Message::Ping(Default::default())).await,
                Late::End(end) => Err(end),
            },
        };
        if let Err(end) = step {
            return end;
        }
    }
}

/// The join, once the other nodes have answered. Never, if there is none.
async fn after_answers<F: Future<Output = ()>>(joining: &mut Option<(Pin<Box<F>>, Said)>) -> Said {
    match joining {
        Some((answered, _)) => answered.await,
        None => pending().await,
    }
    match joining.take() {
        Some((_, said)) => said,
        None => pending().await,
    }
}

/// Writes one message unless the peer doesn't read, its outbox overflows meanwhile, or the server stops.
async fn write(app: &App, seat: &Seat, socket: &mut WebSocket, message: Message) -> Result<(), End> {
    tokio::select! {
        () = app.stop.cancelled() => Err(End::GoingAway),
        written = timeout(app.limits.write_time, socket.send(message)) => match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::TooSlow),
        },
        overflowed = seat.outbox.overflow() => Err(drop_reader(app, overflowed)),
    }
}

/// The queue of somebody who does not read is full.
fn drop_reader(app: &App, Overflowed: Overflowed) -> End {
    app.metrics.queue_drops.inc();
    End::TooSlow
}

/// Says why, and reads on for a moment: a socket dropped with bytes unread would lose the code on its way.
async fn finish(limits: &Limits, socket: &mut WebSocket, end: End) {
    let politely = async {
        if let Some(retry_ms) = end.retry(limits) {
            let message = ServerMessage::GoingAway { retry_ms };
            socket.send(Message::Binary(message.encode().into())).await?;
        }
        if let (Some(code), _) = end.told() {
            socket.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await?;
        }
        while let Some(frame) = socket.recv().await {
            frame?;
        }
        Ok::<(), axum::Error>(())
    };
    match timeout(limits.close_time, politely).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => debug!("socket was gone before its end was said"),
        Err(_) => debug!("peer did not answer the end of its socket"),
    }
}

/// What is remembered about the peer's own messages.
struct Inward {
    messages: Bucket,
    joins: Bucket,
    bytes: Bucket,
    heard: Instant,
    pinged: bool,
    /// Since when the socket is on no tag; none while it is on one.
    untagged: Option<Instant>,
    /// When its life is over.
    dies: Instant,
}

/// A message of the peer.
struct Said {
    message: ClientMessage,
    /// In bytes.
    length: usize,
}

/// What to do when the deadline has come.
enum Late {
    Ping,
    End(End),
}

impl Inward {
    fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        Self {
            messages: Bucket::full(limits.message_burst, limits.messages_per_second, now),
            joins: Bucket::full(limits.join_burst, limits.joins_per_second, now),
            bytes: Bucket::full(limits.byte_burst, limits.bytes_per_second, now),
            heard: now,
            pinged: false,
            untagged: Some(now),
            dies: now + limits.socket_life,
        }
    }

    /// What the peer has said with `frame`, if it may say that now.
    fn frame(&mut self, frame: Message) -> Result<Option<Said>, End> {
        let now = Instant::now();
        (self.heard, self.pinged) = (now, false);
        if !self.messages.take(1, now) {
            return Err(End::TooFast);
        }
        let bytes = match frame {
            Message::Binary(bytes) => bytes,
            Message::Text(_) => return Err(End::BadMessage),
            Message::Ping(_) | Message::Pong(_) => return Ok(None),
            Message::Close(_) => return Err(End::Gone),
        };
        if bytes.len() > MAX_MESSAGE {
            return Err(End::TooLong);
        }
        if !self.bytes.take(bytes.len(), now) {
            return Err(End::TooMuch);
        }
        let message = ClientMessage::decode(&bytes).map_err(|_| End::BadMessage)?;
        // A join is dearer than its bytes: everybody on the tag is told, and other nodes may be asked.
        let joins = usize::from(matches!(message, ClientMessage::Join { .. }));
        if !self.joins.take(joins, now) {
            return Err(End::TooFast);
        }
        Ok(Some(Said { message, length: bytes.len() }))
    }

    /// Does what was said.
    fn handle(&mut self, seat: &mut Seat, Said { message, length }: Said) -> Result<(), End> {
        let now = Instant::now();
        let handled = seat.handle(message)?;
        if handled.tags > 0 {
            self.untagged = None;
        } else {
            self.untagged.get_or_insert(now);
        }
        // The first copy is paid already; what goes to many costs for each.
        let further = handled.copies.saturating_sub(1) * length;
        if self.bytes.take(further, now) { Ok(()) } else { Err(End::TooMuch) }
    }

    fn deadline(&self, limits: &Limits) -> Instant {
        let silent = self.heard + if self.pinged { limits.idle } else { limits.ping_after };
        let next = self.untagged.map_or(silent, |since| silent.min(since + limits.first_join));
        next.min(self.dies)
    }

    fn late(&mut self, limits: &Limits) -> Late {
        let now = Instant::now();
        if now >= self.dies {
            return Late::End(End::OldAge);
        }
        if self.untagged.is_some_and(|since| now >= since + limits.first_join) {
            return Late::End(End::NothingJoined);
        }
        if self.pinged || now >= self.heard + limits.idle {
            return Late::End(End::Idle);
        }
        self.pinged = true;
        Late::Ping
    }
}

/// When to come back: a different time for each socket, or all would come at once.
fn retry_ms(limits: &Limits) -> u32 {
    let random = getrandom::u32().expect("the operating system gives randomness once it runs");
    let spread = limits.retry_spread.mul_f64(f64::from(random) / f64::from(u32::MAX));
    milliseconds(limits.retry_min + spread)
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_return_is_spread_out_within_its_bounds() {
        let limits = Limits::default();
        let times: Vec<_> = (0..64).map(|_| retry_ms(&limits)).collect();
        assert!(times.iter().all(|ms| (1_000..=21_000).contains(ms)), "{times:?}");
        assert!(times.iter().any(|ms| *ms != times[0]));
    }
    #[test]
    fn a_peer_is_pinged_when_silent_and_ends_when_it_stays_so_joins_nothing_or_is_old() {
        let second = Duration::from_secs(1);
        let limits = Limits {
            ping_after: 10 * second,
            first_join: 15 * second,
            idle: 20 * second,
            socket_life: 60 * second,
            ..Limits::default()
        };
        let mut inward = Inward::new(&limits);
        let came = inward.heard;
        assert_eq!(inward.deadline(&limits), came + 10 * second);
        assert!(matches!(inward.late(&limits), Late::Ping));
        assert_eq!(inward.deadline(&limits), came + 15 * second, "pinged, and on no tag");
        inward.untagged = None;
        assert_eq!(inward.deadline(&limits), came + 20 * second, "pinged, and on a tag");
        inward.heard = came + 50 * second;
        assert_eq!(inward.deadline(&limits), came + 60 * second, "however much it says");
    }

    #[test]
    fn who_is_late_ends_by_the_limit_that_it_has_passed() {
        let end = |limits: Limits| match Inward::new(&limits).late(&limits) {
            Late::Ping => None,
            Late::End(end) => Some(end),
        };
        let past = Duration::ZERO;
        assert_eq!(end(Limits::default()), None);
        assert_eq!(end(Limits { socket_life: past, ..Limits::default() }), Some(End::OldAge));
        assert_eq!(end(Limits { first_join: past, ..Limits::default() }), Some(End::NothingJoined));
        assert_eq!(end(Limits { idle: past, ..Limits::default() }), Some(End::Idle));
    }

    #[test]
    fn a_network_that_is_gone_is_nobody_s_fault_and_anything_else_is_no_message() {
        use tungstenite::error::{CapacityError, Error, ProtocolError};
        for gone in [
            Error::ConnectionClosed,
            Error::AlreadyClosed,
            Error::Io(std::io::ErrorKind::ConnectionReset.into()),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
        ] {
            assert_eq!(why(axum::Error::new(gone)), End::Gone);
        }
        for broken in [
            Error::Protocol(ProtocolError::NonZeroReservedBits),
            Error::Capacity(CapacityError::MessageTooLong { size: 2, max_size: 1 }),
        ] {
            assert_eq!(why(axum::Error::new(broken)), End::BadMessage);
        }
    }
}
