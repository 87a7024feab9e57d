//! The server stops: everybody is told, and nothing is left.

use crate::client::{Client, DOOR, MESH, soon, start};
use signal_proto::{Role, ServerMessage, close};
use signaling::Limits;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn peers_are_told_when_to_come_back_and_the_port_is_free_again() {
    let (server, address) = start(Limits::default()).await;
    let (mut one, _) = Client::joined(address, DOOR, Role::Listen).await;
    let (mut two, _) = Client::joined(address, MESH, Role::Mesh).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 15];
    idle.read_exact(&mut answer).await.unwrap();

    let stopping = tokio::spawn(server.shutdown());
    for client in [&mut one, &mut two] {
        match client.message().await {
            ServerMessage::GoingAway { retry_ms } => assert!((1_000..=21_000).contains(&retry_ms)),
            other => panic!("not told: {other:?}"),
        }
        assert_eq!(client.closed().await, close::GOING_AWAY);
        // Answers the close, as browsers do by themselves.
        soon(client.0.close(None)).await.ok();
    }
    soon(idle.read_to_end(&mut answer)).await.unwrap();
    soon(stopping).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn dropping_it_ends_it_too() {
    let (server, address) = start(Limits::default()).await;
    let (mut client, _) = Client::joined(address, DOOR, Role::Listen).await;
    drop(server);
    assert_eq!(client.closed().await, close::GOING_AWAY);
}

#[tokio::test]
async fn whoever_does_not_go_is_not_waited_for_longer_than_the_drain() {
    let limits = Limits {
        drain: Duration::from_millis(100),
        close_time: Duration::from_secs(600),
        ..Limits::default()
    };
    let (server, address) = start(limits).await;
    let (_deaf, _) = Client::joined(address, DOOR, Role::Listen).await;
    soon(server.shutdown()).await;
}
