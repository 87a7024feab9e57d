//! The server stops: everybody is told, and nothing is left.

use crate::binary::run;
use crate::client::{Client, DOOR, MESH, exchange_on, soon, start};
use signal_proto::{Role, ServerMessage, Tag, close};
use signaling::{Config, Limits, Server};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;

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

#[tokio::test]
async fn an_office_behind_one_address_comes_back_all_at_once_and_nobody_is_locked_out() {
    let people = 200u8;
    let come = async |address| {
        let mut office = JoinSet::new();
        for n in 0..people {
            office.spawn(Client::joined(address, Tag([n; 16]), Role::Mesh));
        }
        office.join_all().await
    };
    let (server, address) = start(Limits::default()).await;
    let office = come(address).await;
    drop(office);
    soon(server.shutdown()).await;
    let mut server = Server::new(Config::default());
    server.listen(address).await.unwrap();
    assert_eq!(come(address).await.len(), usize::from(people));
}

#[tokio::test]
async fn told_to_stop_it_spreads_the_return_takes_nobody_in_and_told_again_it_ends_at_once() {
    let (mut child, line, _out) = run(&["--drain", "10min", "--close-time", "10min"]).await;
    let address: SocketAddr =
        line.trim().trim_start_matches("Linkspan is at http://").trim_end_matches('/').parse().unwrap();
    let mut clients = Vec::new();
    for n in 0..8 {
        clients.push(Client::joined(address, Tag([n; 16]), Role::Mesh).await.0);
    }
    let terminate = format!("kill -TERM {}", child.id().unwrap());
    let terminate = || Command::new("sh").args(["-c", &terminate]).status();
    assert!(terminate().await.unwrap().success());
    let mut times = BTreeSet::new();
    for client in &mut clients {
        let ServerMessage::GoingAway { retry_ms } = client.message().await else { panic!("not told") };
        assert!((1_000..=21_000).contains(&retry_ms));
        times.insert(retry_ms);
    }
    assert!(times.len() > 4, "different times: {times:?}");
    // The system takes connections until the server has closed its port, which may be a moment later; none is answered.
    while let Ok(late) = TcpStream::connect(address).await {
        assert_eq!(
            exchange_on(late, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await,
            "",
            "nobody is taken in"
        );
    }
    // Nobody has answered the close, so it would wait for minutes.
    assert!(terminate().await.unwrap().success());
    assert_eq!(soon(child.wait()).await.unwrap().code(), Some(0));
}
