//! Where the TURN server sends nothing, whoever asks. One that did would let every member of a room reach what is
//! behind it: the machine itself, its network, the cloud's metadata service.

use crate::client::Client;
use crate::coturn::Coturn;
use std::net::{IpAddr, SocketAddr};

/// First, last and a telling one of every special-purpose range (IANA), and multicast.
const V4: [&str; 52] = [
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.0",
    "127.0.0.1",
    "127.0.0.53",
    "127.255.255.255",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "172.16.0.0",
    "172.17.0.1",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.255",
    "192.31.196.0",
    "192.31.196.255",
    "192.52.193.0",
    "192.52.193.255",
    "192.88.99.0",
    "192.88.99.2",
    "192.88.99.255",
    "192.168.0.0",
    "192.168.1.1",
    "192.168.255.255",
    "192.175.48.0",
    "192.175.48.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
    "224.0.0.0",
    "224.0.0.1",
    "224.0.0.251",
    "239.255.255.255",
    "240.0.0.0",
    "240.0.0.1",
    "255.255.255.0",
    "255.255.255.254",
    "255.255.255.255",
];

const V6: [&str; 51] = [
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::10.0.0.1",
    "::ffff:0.0.0.0",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.1.1",
    "::ffff:8.8.8.8",
    "::ffff:255.255.255.255",
    "::ffff:0:127.0.0.1",
    "64:ff9b::",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::8.8.8.8",
    "64:ff9b::ffff:ffff",
    "64:ff9b:1::",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    "100::",
    "100::1",
    "100:0:0:1::1",
    "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001::",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:1::1",
    "2001:2::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:10::1",
    "2001:20::1",
    "2001:30::1",
    "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::1",
    "2002::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2620:4f:8000::1",
    "3ffe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/// A public address of each family: an ordinary peer. Nothing is ever sent to it: a permission is only a note.
const ORDINARY: [&str; 2] = ["8.8.8.8", "2606:4700:4700::1111"];

async fn all_refused(client: &mut Client, targets: &[&str]) {
    client.allocate().await.expect("good credentials");
    let mut reached = Vec::new();
    for target in targets {
        let ip: IpAddr = target.parse().unwrap();
        let answers = (client.permit(ip).await, client.bind(SocketAddr::new(ip, 80)).await);
        if answers != (Err(403), Err(403)) {
            reached.push((target, answers));
        }
    }
    assert!(reached.is_empty(), "not refused with 403: {reached:?}");
}

#[tokio::test]
async fn nothing_that_is_no_public_address_is_reached() {
    let coturn = Coturn::start("").await;
    all_refused(&mut coturn.user(600).await, &V4).await;
    all_refused(&mut coturn.user_v6(600).await, &V6).await;
}

#[tokio::test]
async fn an_ordinary_peer_is_not_refused() {
    let coturn = Coturn::start("").await;
    for (mut client, peer) in
        [(coturn.user(600).await, ORDINARY[0]), (coturn.user_v6(600).await, ORDINARY[1])]
    {
        client.allocate().await.unwrap();
        assert_eq!(client.permit(peer.parse().unwrap()).await, Ok(None), "{peer}");
    }
}

#[tokio::test]
async fn a_mapped_address_is_no_way_round_for_an_ipv4_allocation() {
    let coturn = Coturn::start("").await;
    let mut client = coturn.user(600).await;
    client.allocate().await.unwrap();
    for target in V6.iter().filter(|target| target.starts_with("::ffff:")) {
        let answer = client.permit(target.parse().unwrap()).await;
        assert!(matches!(answer, Err(403 | 443)), "{target}: {answer:?}");
    }
}
