//! Those who are late, silent or slow: a short limit each, and the event is the end of their socket.

use crate::client::{Client, DOOR, MESH, exchange, request, soon, start};
use futures_util::StreamExt;
use signal_proto::{ClientMessage, MAX_ENVELOPE, Role, ServerMessage, close};
use signaling::Limits;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;

/// Long enough that a busy machine does what is asked in time, where that must happen first.
const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(600);

/// Sends `text`, goes silent, and returns what came before the server hung up.
async fn then_silence(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn half_a_header_or_none_is_not_waited_for() {
    let (_server, address) = start(Limits { header_time: SHORT, http_life: LONG, ..Limits::default() }).await;
    assert_eq!(then_silence(address, "").await, "");
    assert_eq!(then_silence(address, "GET /healthz HTTP/1.1\r\nHost: a\r\n").await, "");
    let kept = then_silence(address, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(kept.ends_with("ok"), "and neither is a second request: {kept}");
}

#[tokio::test]
async fn a_connection_that_is_no_socket_does_not_live_for_ever() {
    let (_server, address) = start(Limits { header_time: LONG, http_life: SHORT, ..Limits::default() }).await;
    assert_eq!(then_silence(address, "GET / HTTP/1.1\r\n").await, "");
}

#[tokio::test]
async fn a_socket_outlives_the_limits_of_a_plain_connection() {
    let limits = Limits { header_time: SHORT, http_life: SHORT, ping_after: SHORT / 2, ..Limits::default() };
    let (_server, address) = start(limits).await;
    let (mut client, _) = Client::joined(address, DOOR, Role::Listen).await;
    for _ in 0..4 {
        // A ping comes after each such silence, so this is longer than SHORT.
        assert!(matches!(soon(client.0.next()).await, Some(Ok(Message::Ping(_)))));
    }
    client.join(MESH, Role::Mesh).await;
}

#[tokio::test]
async fn whoever_joins_nothing_or_leaves_everything_is_idle() {
    let (_server, address) = start(Limits { first_join: SHORT, ..Limits::default() }).await;
    assert_eq!(Client::open(address).await.closed().await, close::NOTHING_JOINED);
    let (mut client, _) = Client::joined(address, DOOR, Role::Listen).await;
    client.send(ClientMessage::Leave { tag: DOOR }).await;
    assert_eq!(client.closed().await, close::NOTHING_JOINED);
}

#[tokio::test]
async fn a_socket_that_has_lived_its_time_is_told_to_come_back_at_once() {
    let (_server, address) = start(Limits { socket_life: SHORT, ..Limits::default() }).await;
    let (mut client, _) = Client::joined(address, DOOR, Role::Listen).await;
    assert_eq!(client.message().await, ServerMessage::GoingAway { retry_ms: 1_000 });
    assert_eq!(client.closed().await, close::GOING_AWAY);
}

#[tokio::test]
async fn whoever_is_refused_again_and_again_has_joined_nothing_either() {
    let limits = Limits { first_join: SHORT, members: 1, join_burst: u32::MAX, ..unhurried() };
    let (_server, address) = start(limits).await;
    let (_held, _) = Client::joined(address, MESH, Role::Mesh).await;
    let mut client = Client::open(address).await;
    let code = soon(async {
        loop {
            client.send(ClientMessage::Join { tag: MESH, role: Role::Mesh }).await;
            match client.0.next().await.unwrap().unwrap() {
                Message::Close(frame) => return u16::from(frame.unwrap().code),
                Message::Binary(bytes) => {
                    let message = ServerMessage::decode(&bytes).unwrap();
                    assert!(matches!(message, ServerMessage::Refused { .. }), "{message:?}");
                }
                other => panic!("unexpected {other:?}"),
            }
        }
    });
    assert_eq!(code.await, close::NOTHING_JOINED);
}

#[tokio::test]
async fn whoever_answers_no_ping_is_idle_and_whoever_does_is_not() {
    let (_server, address) =
        start(Limits { ping_after: SHORT / 5, idle: 4 * SHORT, ..Limits::default() }).await;
    let (mut lively, _) = Client::joined(address, MESH, Role::Mesh).await;
    let (mut silent, _) = Client::joined(address, MESH, Role::Mesh).await;
    let handle = lively.attached().await;
    // The silent one reads nothing and so answers nothing; the lively one reads and answers while it waits.
    assert_eq!(lively.message().await, ServerMessage::Detached { tag: MESH, handle });
    assert_eq!(silent.closed().await, close::IDLE);
    lively.join(DOOR, Role::Listen).await;
}

/// Fills the way to a peer that does not read until the others see it gone.
pub(crate) async fn flood_until_gone(address: SocketAddr) -> Client {
    let mut slow = Client::open_narrow(address).await;
    slow.join(MESH, Role::Mesh).await;
    let (mut flooder, _) = Client::joined(address, MESH, Role::Mesh).await;
    let envelope = vec![7; MAX_ENVELOPE];
    loop {
        flooder.say(MESH, None, &envelope).await;
        // The server answers a ping in its turn, so there is always something to wait for.
        flooder.send_raw(Message::Ping(vec![].into())).await;
        match soon(flooder.0.next()).await.unwrap().unwrap() {
            Message::Binary(bytes) => {
                let message = ServerMessage::decode(&bytes).unwrap();
                assert!(matches!(message, ServerMessage::Detached { .. }), "{message:?}");
                return slow;
            }
            Message::Pong(_) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

pub(crate) fn unhurried() -> Limits {
    Limits {
        message_burst: u32::MAX,
        byte_burst: u32::MAX,
        bytes_per_second: u32::MAX,
        write_time: LONG,
        close_time: LONG,
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_slow_reader_is_dropped_when_its_queue_is_full() {
    for limits in
        [Limits { queue_bytes: 2 * MAX_ENVELOPE, ..unhurried() }, Limits { queue_messages: 2, ..unhurried() }]
    {
        let (_server, address) = start(limits).await;
        let mut slow = flood_until_gone(address).await;
        assert_eq!(slow.closed().await, close::TOO_SLOW);
    }
}

#[tokio::test]
async fn a_reader_that_stands_still_is_dropped_though_its_queue_has_room() {
    let limits =
        Limits { queue_bytes: usize::MAX, queue_messages: usize::MAX, write_time: SHORT, ..unhurried() };
    let (_server, address) = start(limits).await;
    let mut slow = flood_until_gone(address).await;
    assert_eq!(slow.closed().await, close::TOO_SLOW);
}

#[tokio::test]
async fn a_reader_that_stands_still_does_not_hold_up_the_end_of_the_server() {
    let limits = Limits {
        queue_bytes: usize::MAX,
        queue_messages: usize::MAX,
        close_time: SHORT,
        drain: LONG,
        ..unhurried()
    };
    let (server, address) = start(limits).await;
    let mut slow = Client::open_narrow(address).await;
    slow.join(MESH, Role::Mesh).await;
    let (mut speaker, _) = Client::joined(address, MESH, Role::Mesh).await;
    // Much more than the system holds on the way to somebody who does not read.
    for _ in 0..128 {
        speaker.say(MESH, None, &vec![7; MAX_ENVELOPE]).await;
        speaker.send_raw(Message::Ping(vec![].into())).await;
        assert!(matches!(soon(speaker.0.next()).await, Some(Ok(Message::Pong(_)))));
    }
    soon(server.shutdown()).await;
}

#[tokio::test]
async fn what_counts_as_no_message_is_still_read_no_faster_than_bytes_may_come() {
    let limits =
        Limits { read_burst: 64 * 1024, read_per_second: 0, socket_life: 4 * SHORT, ..Limits::default() };
    let (_server, address) = start(limits).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(32 * 1024).unwrap();
    let stream = socket.connect(address).await.unwrap();
    let mut client = Client::open_on(stream, request(address)).await.unwrap();
    client.join(DOOR, Role::Listen).await;
    let stream = client.0.get_mut();
    // A message begins and never goes on: fragments with nothing in them, masked with zeros.
    stream.write_all(&[0x02, 0x80, 0, 0, 0, 0]).await.unwrap();
    let fragments = [0x00, 0x80, 0, 0, 0, 0].repeat(512 * 1024);
    assert!(soon(stream.write_all(&fragments)).await.is_err(), "all was read");
}

#[tokio::test]
async fn a_peer_that_does_not_answer_its_end_is_not_waited_for() {
    let (server, address) = start(Limits { close_time: SHORT, ..Limits::default() }).await;
    let (_deaf, _) = Client::joined(address, DOOR, Role::Listen).await;
    soon(server.shutdown()).await;
    assert_eq!(exchange_refused(address).await, "");
}

async fn exchange_refused(address: SocketAddr) -> String {
    match TcpStream::connect(address).await {
        Ok(_) => exchange(address, "GET /healthz HTTP/1.1\r\n\r\n").await,
        Err(_) => String::new(),
    }
}
