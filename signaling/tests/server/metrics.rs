//! What the operator can count, on a port of its own.

use crate::client::{Client, DOOR, MESH, get, refused, request, soon, start_with};
use crate::pace::{flood_until_gone, unhurried};
use signal_proto::{ClientMessage, Role, ServerMessage, close};
use signaling::{Config, Limits, Server};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// A server with metrics: itself, where it is, and where they are.
async fn counted(limits: Limits) -> (Server, SocketAddr, SocketAddr) {
    let metrics = Some(([127, 0, 0, 1], 0).into());
    let (server, address) = start_with(Config { metrics, limits, ..Config::default() }).await;
    let metrics = server.metrics_address().unwrap();
    (server, address, metrics)
}

/// Waits until a line of the metrics says that `name` (with its labels) has `value`.
pub(crate) async fn until(metrics: SocketAddr, name: &str, value: &str) {
    let line = format!("\nlinkspan_{name} {value}\n");
    soon(async { while !get(metrics, "/metrics").await.contains(&line) {} }).await;
}

#[tokio::test]
async fn connections_and_sockets_are_counted_as_long_as_they_are_there() {
    let (_server, address, metrics) = counted(Limits::default()).await;
    until(metrics, "sockets", "0").await;
    let (mut client, _) = Client::joined(address, DOOR, Role::Listen).await;
    until(metrics, "sockets", "1").await;
    until(metrics, "connections", "1").await;
    client.0.close(None).await.unwrap();
    drop(client);
    until(metrics, "sockets", "0").await;
    until(metrics, "connections", "0").await;
}

#[tokio::test]
async fn the_public_port_has_no_metrics_and_theirs_has_nothing_else() {
    let (_server, address, metrics) = counted(Limits::default()).await;
    assert!(get(address, "/metrics").await.starts_with("HTTP/1.1 404"));
    for path in ["/", "/signal", "/index.html"] {
        assert!(get(metrics, path).await.starts_with("HTTP/1.1 404"), "{path}");
    }
}

#[tokio::test]
async fn tags_and_joins_are_counted_as_long_as_they_are_there() {
    let (_server, address, metrics) = counted(Limits::default()).await;
    let (mut host, _) = Client::joined(address, DOOR, Role::Listen).await;
    let (_guest, _) = Client::joined(address, DOOR, Role::Knock).await;
    host.attached().await;
    host.join(MESH, Role::Mesh).await;
    until(metrics, "tags", "2").await;
    until(metrics, "joins", "3").await;
    drop(host);
    until(metrics, "tags", "1").await;
    until(metrics, "joins", "1").await;
}

#[tokio::test]
async fn tags_are_counted_by_the_ways_in_which_something_was_relayed() {
    let (_server, address, metrics) = counted(Limits::default()).await;
    let (mut host, _) = Client::joined(address, DOOR, Role::Listen).await;
    let (mut guest, _) = Client::joined(address, DOOR, Role::Knock).await;
    host.attached().await;
    guest.say(DOOR, None, b"knock").await;
    assert!(matches!(host.message().await, ServerMessage::Message { .. }));
    until(metrics, "tags_relayed_total{ways=\"one\"}", "1").await;
    until(metrics, "tags_relayed_total{ways=\"both\"}", "0").await;
    host.say(DOOR, None, b"come in").await;
    until(metrics, "tags_relayed_total{ways=\"both\"}", "1").await;
    until(metrics, "relay_latency_seconds_count", "2").await;
}

#[tokio::test]
async fn a_reader_too_slow_is_counted() {
    let limits = Limits { queue_messages: 2, ..unhurried() };
    let (_server, address, metrics) = counted(limits).await;
    flood_until_gone(address).await;
    until(metrics, "queue_drops_total", "1").await;
    until(metrics, "limits_total{limit=\"too_slow\"}", "1").await;
}

#[tokio::test]
async fn limits_that_were_hit_are_counted_by_kind() {
    let limits = Limits { sockets_per_address: 3, listeners: 1, ..Limits::default() };
    let (_server, address, metrics) = counted(limits).await;
    let (_held, _) = Client::joined(address, DOOR, Role::Listen).await;
    let mut refused_one = Client::open(address).await;
    refused_one.send(ClientMessage::Join { tag: DOOR, role: Role::Listen }).await;
    assert!(matches!(refused_one.message().await, ServerMessage::Refused { .. }));
    let mut wrong = Client::open(address).await;
    assert_eq!(refused(address, request(address)).await, 429);
    wrong.send_raw("text".into()).await;
    assert_eq!(wrong.closed().await, close::BAD_MESSAGE);
    for limit in ["tag_full", "sockets_per_address", "bad_message"] {
        until(metrics, &format!("limits_total{{limit=\"{limit}\"}}"), "1").await;
    }
}

#[tokio::test]
async fn who_comes_and_says_nothing_is_counted() {
    let (soon, never) = (Duration::from_millis(50), Duration::from_secs(600));
    for (limit, header_time, http_life) in [("header_time", soon, never), ("http_life", never, soon)] {
        let (_server, address, metrics) =
            counted(Limits { header_time, http_life, ..Limits::default() }).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        until(metrics, &format!("limits_total{{limit=\"{limit}\"}}"), "1").await;
    }
}

#[tokio::test]
async fn a_peer_whose_network_is_gone_broke_no_rule() {
    let (_server, address, metrics) = counted(Limits::default()).await;
    let (gone, _) = Client::joined(address, DOOR, Role::Listen).await;
    until(metrics, "sockets", "1").await;
    drop(gone);
    until(metrics, "connections", "0").await;
    let told = get(metrics, "/metrics").await;
    assert!(!told.contains("limits_total{"), "{told}");
}

#[tokio::test]
async fn alive_and_ready_are_told_on_both_ports_and_to_the_end_on_this_one() {
    let limits =
        Limits { close_time: Duration::from_secs(600), drain: Duration::from_secs(600), ..Limits::default() };
    let (server, address, metrics) = counted(limits).await;
    for port in [address, metrics] {
        assert!(get(port, "/healthz").await.ends_with("\r\n\r\nok"));
        let ready = get(port, "/readyz").await;
        assert!(ready.starts_with("HTTP/1.1 200") && ready.ends_with("\r\n\r\nready"), "{ready}");
    }
    let (mut last, _) = Client::joined(address, DOOR, Role::Listen).await;
    let stopping = tokio::spawn(server.shutdown());
    assert!(matches!(last.message().await, ServerMessage::GoingAway { .. }));
    let ready = get(metrics, "/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 503") && ready.ends_with("\r\n\r\nstopping"), "{ready}");
    assert!(get(metrics, "/healthz").await.ends_with("ok"), "alive until the last one is gone");
    assert_eq!(last.closed().await, close::GOING_AWAY);
    drop(last);
    soon(stopping).await.unwrap();
}
