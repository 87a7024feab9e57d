//! Behind a proxy: people are told apart by the header of a configured proxy, and of nobody else.

use crate::binary::{run, terminate};
use crate::client::{Client, DOOR, MESH, exchange, get, refused, request, soon, start_with};
use futures_util::StreamExt;
use signal_proto::Role;
use signaling::{Config, Limits, Proxies};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::client::Request;

fn config(trusted: &[&str], limits: Limits) -> Config {
    let trusted = trusted.iter().map(|network| network.parse().unwrap()).collect();
    Config { proxies: Proxies { trusted, ..Proxies::default() }, limits, ..Config::default() }
}

fn on_behalf_of(address: SocketAddr, client: &str) -> Request {
    let mut request = request(address);
    request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
    request
}

async fn open(address: SocketAddr, client: &str) -> Client {
    let stream = TcpStream::connect(address).await.unwrap();
    let mut socket = Client::open_on(stream, on_behalf_of(address, client)).await.unwrap();
    socket.join(DOOR, Role::Knock).await;
    socket
}

async fn page(address: SocketAddr, client: &str) -> String {
    let lines = format!("Host: a\r\nX-Forwarded-For: {client}\r\nConnection: close");
    exchange(address, &format!("GET / HTTP/1.1\r\n{lines}\r\n\r\n")).await
}

#[tokio::test]
async fn people_behind_a_proxy_do_not_share_one_address() {
    let limits = Limits { sockets_per_address: 1, connections_per_address: 1, ..Limits::default() };
    let (_server, address) = start_with(config(&["127.0.0.0/8"], limits)).await;
    let mut one = open(address, "192.0.2.1").await;
    let _other = open(address, "192.0.2.2").await;
    let _subscriber = open(address, "2001:db8:0:1::1").await;
    assert_eq!(refused(address, on_behalf_of(address, "192.0.2.1")).await, 429);
    assert_eq!(refused(address, on_behalf_of(address, "203.0.113.7, 192.0.2.1")).await, 429, "invented");
    assert_eq!(refused(address, on_behalf_of(address, "192.0.2.1, 127.0.0.9")).await, 429, "two proxies");
    assert_eq!(refused(address, on_behalf_of(address, "2001:db8:0:1::2")).await, 429, "the same /64");
    one.0.close(None).await.unwrap();
    while let Some(frame) = soon(one.0.next()).await {
        frame.unwrap();
    }
    open(address, "192.0.2.1").await;
}

#[tokio::test]
async fn somebody_who_is_no_proxy_is_not_believed() {
    let limits = Limits { sockets_per_address: 1, ..Limits::default() };
    for trusted in [&[][..], &["10.0.0.0/8", "127.0.0.2/32"]] {
        let (_server, address) = start_with(config(trusted, limits.clone())).await;
        let _held = open(address, "192.0.2.1").await;
        assert_eq!(refused(address, on_behalf_of(address, "192.0.2.2")).await, 429);
    }
}

#[tokio::test]
async fn requests_through_a_proxy_are_paced_by_address() {
    let limits = Limits { new_connection_burst: 2, new_connections_per_second: 0, ..Limits::default() };
    let (_server, address) = start_with(config(&["127.0.0.1/32"], limits)).await;
    for _ in 0..2 {
        assert!(page(address, "192.0.2.1").await.starts_with("HTTP/1.1 200"));
    }
    let answer = page(address, "192.0.2.1").await;
    assert!(answer.starts_with("HTTP/1.1 429") && answer.contains("retry-after: 2\r\n"), "{answer}");
    assert!(answer.contains("content-security-policy"), "as every answer");
    assert!(page(address, "192.0.2.2").await.starts_with("HTTP/1.1 200"), "somebody else");
    let healthy = get(address, "/healthz").await;
    assert!(healthy.starts_with("HTTP/1.1 200"), "a balancer is never refused: {healthy}");
}

#[tokio::test]
async fn a_site_of_ipv6_has_so_many_addresses_worth_and_no_more() {
    let burst = Limits { new_connection_burst: 2, new_connections_per_second: 0, ..Limits::default() };
    let sockets = Limits { sockets_per_address: 1, ..Limits::default() };
    let worth = Limits::default().addresses_per_site;
    let (_server, address) = start_with(config(&["127.0.0.1/32"], sockets)).await;
    let mut held = Vec::new();
    for n in 0..worth {
        held.push(open(address, &format!("2001:db8:0:{n}::1")).await);
    }
    assert_eq!(refused(address, on_behalf_of(address, "2001:db8:0:ffff::1")).await, 429, "the same /48");
    open(address, "2001:db8:1::1").await;
    open(address, "192.0.2.1").await;

    let (_server, address) = start_with(config(&["127.0.0.1/32"], burst)).await;
    // Whether the page is built is not the matter here.
    let refused = async |client: &str| page(address, client).await.starts_with("HTTP/1.1 429");
    for n in 0..worth {
        for _ in 0..2 {
            assert!(!refused(&format!("2001:db8:0:{n}::1")).await);
        }
    }
    assert!(refused("2001:db8:0:ffff::1").await, "the same /48");
    assert!(!refused("2001:db8:1::1").await, "another /48");
}

#[tokio::test]
async fn connections_through_a_proxy_count_in_total() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let (_server, address) = start_with(config(&["127.0.0.1/32"], limits)).await;
    let mut held = open(address, "192.0.2.1").await;
    assert_eq!(page(address, "192.0.2.2").await, "", "closed unanswered");
    held.join(MESH, Role::Mesh).await;
}

#[tokio::test]
async fn a_proxy_that_does_not_say_whom_it_brings_to_meet_is_told_of_once() {
    for says in [true, false] {
        let (child, line, out) = run(&["--trusted-proxy", "127.0.0.1"]).await;
        let address = line.trim().trim_start_matches("Linkspan is at http://").trim_end_matches('/');
        let address: SocketAddr = address.parse().unwrap();
        // What it asks for by itself, to see whether the page is there, stands for nobody.
        assert!(get(address, "/").await.starts_with("HTTP/1.1 "));
        for _ in 0..2 {
            let asked = if says { on_behalf_of(address, "192.0.2.1") } else { request(address) };
            Client::open_on(TcpStream::connect(address).await.unwrap(), asked).await.unwrap();
        }
        let (well, _, log) = terminate(child, out).await;
        assert!(well, "{log}");
        assert_eq!(log.matches("does not say whom it stands for").count(), usize::from(!says), "{log}");
    }
}
