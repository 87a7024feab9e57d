//! Who may use the TURN server, and for how long.

use crate::client::{CHANNEL, Client};
use crate::coturn::Coturn;
use crate::stranger::Stranger;
use signaling::{Config, Server};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;

/// What coturn must be told so that a peer on this machine can be relayed to: that is forbidden otherwise.
const LOOPBACK_PEERS: &str = "allow-loopback-peers\nallowed-peer-ip=127.0.0.1";

#[tokio::test]
async fn what_we_hand_out_is_accepted_and_nothing_else() {
    let coturn = Coturn::start("").await;
    assert!(coturn.user(60).await.allocate().await.is_ok());
    assert_eq!(coturn.anonymous(Ipv4Addr::LOCALHOST.into()).await.allocate().await, Err(401));

    let honest = coturn.turn().right(
        Ipv4Addr::LOCALHOST.into(),
        4,
        std::time::SystemTime::now(),
        Duration::from_secs(60),
    );
    let forged = |user: &str, credential: &str| {
        signal_proto::Turn::new(honest.urls().to_vec(), user.into(), credential.into(), 60).unwrap()
    };
    let longer = format!("9{}", honest.username());
    for turn in [forged(&longer, honest.credential()), forged(honest.username(), "AAAA"), forged("x", "AAAA")]
    {
        let server = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), coturn.port);
        assert_eq!(Client::new(server, Some(turn)).await.allocate().await, Err(401));
    }
}

/// The path of a relayed session: from the peer to the client, through the server.
async fn hears(client: &Client, peer: &UdpSocket, relayed: SocketAddr, what: &[u8]) {
    let mut buffer = [0; 1_500];
    for _ in 0..100 {
        peer.send_to(what, relayed).await.unwrap();
        while let Some(length) = client.receive(&mut buffer).await {
            let expected = [&CHANNEL.to_be_bytes()[..], &(what.len() as u16).to_be_bytes(), what].concat();
            if buffer[..length].starts_with(&expected) {
                return;
            }
        }
    }
    panic!("the peer is not heard any more");
}

#[tokio::test]
async fn a_session_outlives_its_credential_and_its_nonce() {
    // The nonce's life is the one thing of the sample that is changed, so that both end soon.
    let coturn = Coturn::start(&format!("{LOOPBACK_PEERS}\nstale-nonce=1")).await;
    let mut client = coturn.user(2).await;
    let relayed = client.allocate().await.unwrap().expect("an address");
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = peer.local_addr().unwrap();
    client.bind(address).await.unwrap();
    hears(&client, &peer, relayed, b"while it is good").await;

    // Until somebody new is refused with the very same words.
    let turn = client.turn();
    let server = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), coturn.port);
    while Client::new(server, Some(turn.clone())).await.allocate().await != Err(401) {
        hears(&client, &peer, relayed, b"meanwhile").await;
    }
    client.refresh().await.expect("the allocation goes on");
    client.bind(address).await.expect("so does the channel");
    client.permit(address.ip()).await.expect("and the permission");
    assert!(client.nonces() > 1, "the server has changed its nonce meanwhile");
    hears(&client, &peer, relayed, b"after its end").await;
}

/// What an office needs whose people all meet in one room: the arithmetic of the sample.
const PEOPLE: u64 = 24;
const OWN_ADDRESSES: u64 = 2;
const URLS: u64 = 2;

#[tokio::test]
async fn an_office_behind_one_address_gets_what_it_needs_and_one_address_no_more_than_its_quota() {
    let coturn = Coturn::start("").await;
    let (quota, total) = (Coturn::sample("user-quota"), Coturn::sample("total-quota"));
    let office = PEOPLE * (PEOPLE - 1) * OWN_ADDRESSES * URLS;
    assert!(office <= quota && 16 * quota <= total, "{office} of {quota} of {total}");
    assert!(total <= Coturn::sample("max-port") - Coturn::sample("min-port"), "a port each");
    let mut held = Vec::new();
    for n in 0..quota {
        // Credentials with different ends are one user's.
        let mut client = coturn.user(60 + n % 540).await;
        client.allocate().await.expect("within the quota of the sample");
        held.push(client);
    }
    assert_eq!(coturn.user(600).await.allocate().await, Err(486), "one more than user-quota");
    let ip = "192.0.2.1".parse().unwrap();
    assert!(coturn.user_named_after(ip, 600).await.allocate().await.is_ok(), "another address has its own");
}

#[tokio::test]
async fn however_often_a_stranger_asks_its_address_has_one_quota() {
    let coturn = Coturn::start("user-quota=3").await;
    let mut server = Server::new(Config { turn: Some(coturn.turn()), ..Config::default() });
    let address = server.listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let at_coturn = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), coturn.port);
    let mut stranger = Stranger::new([127, 0, 0, 1], address).await;
    let mut held = Vec::new();
    for n in 0..3 {
        let mut client = Client::new(at_coturn, Some(stranger.ask(n % 2).await)).await;
        client.allocate().await.expect("within the quota");
        held.push(client);
    }
    for one in [0, 1] {
        let turn = stranger.ask(one).await;
        assert_eq!(Client::new(at_coturn, Some(turn)).await.allocate().await, Err(486), "one more");
    }
    let turn = Stranger::new([127, 0, 0, 2], address).await.ask(0).await;
    assert!(Client::new(at_coturn, Some(turn)).await.allocate().await.is_ok(), "another address has its own");
}
