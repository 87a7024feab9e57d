//! One past every bound on what may be held and said; what is within goes on undisturbed.

use crate::binary::{program_with_files, start as start_program};
use crate::client::{Client, DOOR, MESH, exchange, get, refused, request, soon, start};
use futures_util::{SinkExt, StreamExt};
use signal_proto::{ClientMessage, MAX_ENVELOPE, MAX_MESSAGE, Refusal, Role, ServerMessage, Tag, close};
use signaling::Limits;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

async fn refusal(client: &mut Client, tag: Tag, role: Role) -> Refusal {
    client.send(ClientMessage::Join { tag, role }).await;
    match client.message().await {
        ServerMessage::Refused { reason, .. } => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn places_of_each_role() {
    let limits = Limits { listeners: 1, knockers: 1, members: 1, ..Limits::default() };
    let (_server, address) = start(limits).await;
    for role in [Role::Listen, Role::Knock, Role::Mesh] {
        let (_held, _) = Client::joined(address, DOOR, role).await;
        let mut late = Client::open(address).await;
        assert_eq!(refusal(&mut late, DOOR, role).await, Refusal::TagFull);
        late.join(MESH, role).await;
    }
}

#[tokio::test]
async fn places_of_one_address_on_one_tag() {
    let one = 1;
    let limits = Limits {
        listeners_per_address: one,
        knockers_per_address: one,
        members_per_address: one,
        ..Limits::default()
    };
    let (_server, address) = start(limits).await;
    for role in [Role::Listen, Role::Knock, Role::Mesh] {
        let (_held, _) = Client::joined(address, DOOR, role).await;
        let mut late = Client::open(address).await;
        assert_eq!(refusal(&mut late, DOOR, role).await, Refusal::TagFull);
        let mut elsewhere = Client::open_from([127, 0, 0, 2], address).await;
        elsewhere.join(DOOR, role).await;
    }
}

#[tokio::test]
async fn joins_of_all_sockets() {
    let (_server, address) = start(Limits { joins: 1, ..Limits::default() }).await;
    let (mut held, _) = Client::joined(address, DOOR, Role::Listen).await;
    let mut late = Client::open(address).await;
    assert_eq!(refusal(&mut late, MESH, Role::Mesh).await, Refusal::ServerFull);
    assert_eq!(refusal(&mut late, DOOR, Role::Knock).await, Refusal::ServerFull);
    held.0.close(None).await.unwrap();
    // Its place is free once the server has answered the close.
    while let Some(frame) = soon(held.0.next()).await {
        frame.unwrap();
    }
    late.join(DOOR, Role::Knock).await;
}

#[tokio::test]
async fn tags_of_one_socket() {
    let limits = Limits::default();
    let (_server, address) = start(limits.clone()).await;
    let mut client = Client::open(address).await;
    for n in 0..limits.tags_per_socket {
        client.join(Tag([n as u8; 16]), Role::Mesh).await;
    }
    client.send(ClientMessage::Join { tag: Tag([0xff; 16]), role: Role::Mesh }).await;
    assert_eq!(client.closed().await, close::TOO_MANY_TAGS);
}

#[tokio::test]
async fn a_tag_not_joined_or_joined_twice() {
    let (_server, address) = start(Limits::default()).await;
    for message in
        [ClientMessage::Send { tag: MESH, to: None, bytes: vec![1] }, ClientMessage::Leave { tag: MESH }]
    {
        let (mut client, _) = Client::joined(address, DOOR, Role::Listen).await;
        client.send(message).await;
        assert_eq!(client.closed().await, close::BAD_TAG);
    }
    let (mut client, _) = Client::joined(address, DOOR, Role::Listen).await;
    client.send(ClientMessage::Join { tag: DOOR, role: Role::Knock }).await;
    assert_eq!(client.closed().await, close::JOINED_TWICE);
}

#[tokio::test]
async fn messages_that_are_none() {
    let (_server, address) = start(Limits::default()).await;
    let envelope_too_long =
        ClientMessage::Send { tag: DOOR, to: None, bytes: vec![0; MAX_ENVELOPE + 1] }.encode();
    let with_tail = [ClientMessage::Leave { tag: DOOR }.encode(), vec![0]].concat();
    for message in [
        Message::Binary(vec![].into()),
        Message::Binary(vec![0xff; 32].into()),
        Message::Binary(vec![0xff; MAX_MESSAGE].into()),
        Message::Binary(with_tail.into()),
        Message::Binary(envelope_too_long.into()),
        Message::Text("{\"join\":1}".into()),
    ] {
        let (mut client, _) = Client::joined(address, DOOR, Role::Mesh).await;
        client.send_raw(message).await;
        assert_eq!(client.closed().await, close::BAD_MESSAGE);
    }
    for too_long in [MAX_MESSAGE + 1, MAX_MESSAGE + MAX_MESSAGE / 2] {
        let (mut client, _) = Client::joined(address, DOOR, Role::Mesh).await;
        client.send_raw(Message::Binary(vec![0; too_long].into())).await;
        assert_eq!(client.closed().await, close::TOO_LONG, "{too_long} bytes");
    }
}

#[tokio::test]
async fn a_message_far_too_long_ends_the_socket_before_it_is_read() {
    let (_server, address) = start(Limits::default()).await;
    let (mut watcher, _) = Client::joined(address, DOOR, Role::Mesh).await;
    let (mut client, _) = Client::joined(address, DOOR, Role::Mesh).await;
    let handle = watcher.attached().await;
    // How far writing gets is the network's matter; that the others see it end is ours.
    match client.0.send(Message::Binary(vec![0; 64 << 20].into())).await {
        Ok(()) | Err(_) => {}
    }
    assert_eq!(watcher.message().await, ServerMessage::Detached { tag: DOOR, handle });
}

#[tokio::test]
async fn messages_at_once() {
    let limits = Limits { message_burst: 3, messages_per_second: 0, ..Limits::default() };
    let (_server, address) = start(limits).await;
    let (mut client, _) = Client::joined(address, DOOR, Role::Listen).await;
    client.say(DOOR, None, b"second").await;
    client.send(ClientMessage::Leave { tag: DOOR }).await;
    client.send_raw(Message::Ping(vec![].into())).await;
    assert_eq!(client.closed().await, close::TOO_FAST, "a ping is a message too");
}

#[tokio::test]
async fn joins_at_once() {
    let limits = Limits { join_burst: 3, joins_per_second: 0, ..Limits::default() };
    let (_server, address) = start(limits).await;
    let (mut client, _) = Client::joined(address, MESH, Role::Mesh).await;
    for _ in 0..2 {
        client.join(DOOR, Role::Listen).await;
        client.send(ClientMessage::Leave { tag: DOOR }).await;
    }
    client.say(MESH, None, b"what is no join goes on").await;
    client.send(ClientMessage::Join { tag: DOOR, role: Role::Listen }).await;
    assert_eq!(client.closed().await, close::TOO_FAST);
}

#[tokio::test]
async fn bytes_at_once_and_each_copy_counts() {
    let envelope = vec![7; 1000];
    let said = ClientMessage::Send { tag: MESH, to: None, bytes: envelope.clone() }.encode().len();
    let join = ClientMessage::Join { tag: MESH, role: Role::Mesh }.encode().len();
    // Room for the join, one message to one, and one message to two, to the byte.
    let limits = Limits { byte_burst: (join + 3 * said) as u32, bytes_per_second: 0, ..Limits::default() };
    for one_past in [false, true] {
        let limits = Limits { byte_burst: limits.byte_burst - u32::from(one_past), ..limits.clone() };
        let (_server, address) = start(limits).await;
        let (mut speaker, _) = Client::joined(address, MESH, Role::Mesh).await;
        let (mut first, _) = Client::joined(address, MESH, Role::Mesh).await;
        speaker.attached().await;
        speaker.say(MESH, None, &envelope).await;
        assert!(matches!(first.message().await, ServerMessage::Message { .. }));
        let (mut second, _) = Client::joined(address, MESH, Role::Mesh).await;
        speaker.attached().await;
        speaker.say(MESH, None, &envelope).await;
        assert!(matches!(second.message().await, ServerMessage::Message { .. }));
        if !one_past {
            // Still there, and now with nothing left for even the smallest.
            speaker.send(ClientMessage::Leave { tag: MESH }).await;
        }
        assert_eq!(speaker.closed().await, close::TOO_MUCH);
    }
}

#[tokio::test]
async fn sockets_of_one_address() {
    let (_server, address) = start(Limits { sockets_per_address: 1, ..Limits::default() }).await;
    let (mut held, _) = Client::joined(address, DOOR, Role::Listen).await;
    assert_eq!(refused(address, request(address)).await, 429);
    assert!(get(address, "/healthz").await.ends_with("ok"), "the page still loads");
    held.join(MESH, Role::Mesh).await;
}

/// Holds one connection, sees the next one closed unanswered, and one more served after the first has gone.
async fn one_connection_only(address: SocketAddr) {
    let (mut held, _) = Client::joined(address, DOOR, Role::Listen).await;
    assert_eq!(get(address, "/healthz").await, "", "closed unanswered");
    held.join(MESH, Role::Mesh).await;
    held.0.close(None).await.unwrap();
    soon(async { while !get(address, "/healthz").await.ends_with("ok") {} }).await;
}

#[tokio::test]
async fn connections_in_total() {
    let (_server, address) = start(Limits { connections: 1, ..Limits::default() }).await;
    one_connection_only(address).await;
}

#[tokio::test]
async fn connections_of_one_address() {
    let (_server, address) = start(Limits { connections_per_address: 1, ..Limits::default() }).await;
    one_connection_only(address).await;
}

#[tokio::test]
async fn new_connections_of_one_address() {
    let limits = Limits { new_connection_burst: 2, new_connections_per_second: 0, ..Limits::default() };
    let (_server, address) = start(limits).await;
    for _ in 0..2 {
        assert!(get(address, "/healthz").await.ends_with("ok"));
    }
    assert_eq!(get(address, "/healthz").await, "", "closed unanswered");
    Client::open_from([127, 0, 0, 2], address).await;
}

#[tokio::test]
async fn bytes_and_lines_of_a_header() {
    let limits = Limits::default();
    let (_server, address) = start(limits.clone()).await;
    let header =
        |lines: &str| format!("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n");
    let lines = |count: usize| "X: y\r\n".repeat(count);
    assert!(exchange(address, &header(&lines(limits.header_lines - 2))).await.starts_with("HTTP/1.1 200"));
    assert!(exchange(address, &header(&lines(limits.header_lines - 1))).await.starts_with("HTTP/1.1 431"));
    let long = |bytes: usize| format!("X: {}\r\n", "y".repeat(bytes));
    let around = header(&long(0)).len();
    assert!(
        exchange(address, &header(&long(limits.header_bytes - around - 1))).await.starts_with("HTTP/1.1 200")
    );
    let refused = exchange(address, &header(&long(4 * limits.header_bytes))).await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431"), "{refused}");
}

#[tokio::test]
async fn a_full_connection_table_does_not_hold_the_refused() {
    let (_server, address) = start(Limits { connections: 1, ..Limits::default() }).await;
    let _held = Client::open(address).await;
    let mut refused = TcpStream::connect(address).await.unwrap();
    let mut rest = Vec::new();
    assert_eq!(soon(refused.read_to_end(&mut rest)).await.unwrap(), 0);
}

#[tokio::test]
async fn more_connections_than_the_system_gives_are_told_of_and_taken_in_when_it_can() {
    let (mut child, line, _out) = start_program(program_with_files(32).args(["--port", "0"])).await;
    let address = line.trim().trim_start_matches("Linkspan is at http://").trim_end_matches('/');
    let address: SocketAddr = address.parse().unwrap();
    let mut held = Vec::new();
    for _ in 0..40 {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    soon(async {
        while let Some(line) = log.next_line().await.unwrap() {
            if line.contains("cannot accept connections for a moment") {
                return;
            }
        }
        panic!("it has ended");
    })
    .await;
    drop(held);
    soon(async { while !get(address, "/healthz").await.ends_with("ok") {} }).await;
}
