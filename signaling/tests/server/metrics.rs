//! What the operator can count, on a port of its own.

use crate::client::{Client, DOOR, get, soon, start_with};
use signal_proto::Role;
use signaling::{Config, Limits, Server};
use std::net::SocketAddr;

/// A server with metrics: itself, where it is, and where they are.
async fn counted(limits: Limits) -> (Server, SocketAddr, SocketAddr) {
    let metrics = Some(([127, 0, 0, 1], 0).into());
    let (server, address) = start_with(Config { metrics, limits, ..Config::default() }).await;
    let metrics = server.metrics_address().unwrap();
    (server, address, metrics)
}

/// Waits until a line of the metrics says that `name` (with its labels) has `value`.
async fn until(metrics: SocketAddr, name: &str, value: &str) {
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
