//! Peers find each other and talk, each role as far as it may.

use crate::client::{Client, DOOR, MESH, start};
use signal_proto::{ClientMessage, MAX_ENVELOPE, Refusal, Role, ServerMessage};
use signaling::Limits;

#[tokio::test]
async fn a_knocker_and_a_listener_meet_and_their_bytes_arrive_unchanged() {
    let (_server, address) = start(Limits::default()).await;
    let (mut host, peers) = Client::joined(address, DOOR, Role::Listen).await;
    assert_eq!(peers, []);
    let (mut guest, hosts) = Client::joined(address, DOOR, Role::Knock).await;
    let knocker = host.attached().await;
    assert_eq!(hosts.len(), 1);

    let envelope: Vec<u8> = (0..MAX_ENVELOPE).map(|i| i as u8).collect();
    guest.say(DOOR, None, &envelope).await;
    let expected = ServerMessage::Message { tag: DOOR, from: knocker, bytes: envelope };
    assert_eq!(host.message().await, expected);
    host.say(DOOR, Some(knocker), b"answer").await;
    let expected = ServerMessage::Message { tag: DOOR, from: hosts[0], bytes: b"answer".to_vec() };
    assert_eq!(guest.message().await, expected);

    guest.0.close(None).await.unwrap();
    assert_eq!(host.message().await, ServerMessage::Detached { tag: DOOR, handle: knocker });
}

#[tokio::test]
async fn knockers_never_hear_of_each_other() {
    let (_server, address) = start(Limits::default()).await;
    let (mut host, _) = Client::joined(address, DOOR, Role::Listen).await;
    let (mut first, hosts) = Client::joined(address, DOOR, Role::Knock).await;
    let first_handle = host.attached().await;
    let (mut second, seen) = Client::joined(address, DOOR, Role::Knock).await;
    let second_handle = host.attached().await;
    assert_eq!(seen, hosts, "the second sees the host only");

    // To all, to each other, and gone: none of it reaches the first, whose next message is the host's.
    second.say(DOOR, None, b"to the host").await;
    second.say(DOOR, Some(first_handle), b"to the first").await;
    second.send(ClientMessage::Leave { tag: DOOR }).await;
    let bytes = b"to the host".to_vec();
    assert_eq!(host.message().await, ServerMessage::Message { tag: DOOR, from: second_handle, bytes });
    assert_eq!(host.message().await, ServerMessage::Detached { tag: DOOR, handle: second_handle });
    host.say(DOOR, None, b"to all knockers").await;
    let bytes = b"to all knockers".to_vec();
    assert_eq!(first.message().await, ServerMessage::Message { tag: DOOR, from: hosts[0], bytes });
}

#[tokio::test]
async fn knockers_cannot_use_up_the_listeners_places() {
    let limits = Limits::default();
    let limits =
        Limits { listeners_per_address: limits.listeners, knockers_per_address: limits.knockers, ..limits };
    let (_server, address) = start(limits.clone()).await;
    let mut knockers = Vec::new();
    for _ in 0..limits.knockers {
        knockers.push(Client::joined(address, DOOR, Role::Knock).await.0);
    }
    let mut late = Client::open(address).await;
    late.send(ClientMessage::Join { tag: DOOR, role: Role::Knock }).await;
    let full = ServerMessage::Refused { tag: DOOR, reason: Refusal::TagFull };
    assert_eq!(late.message().await, full);
    let mut listeners = Vec::new();
    for _ in 0..limits.listeners {
        let (listener, seen) = Client::joined(address, DOOR, Role::Listen).await;
        assert_eq!(seen.len(), limits.knockers);
        listeners.push(listener);
    }
    late.send(ClientMessage::Join { tag: DOOR, role: Role::Listen }).await;
    assert_eq!(late.message().await, full);
}

#[tokio::test]
async fn in_a_mesh_everybody_sees_and_reaches_everybody() {
    let (_server, address) = start(Limits::default()).await;
    let (mut a, _) = Client::joined(address, MESH, Role::Mesh).await;
    let (mut b, seen_by_b) = Client::joined(address, MESH, Role::Mesh).await;
    let b_handle = a.attached().await;
    let (mut c, seen_by_c) = Client::joined(address, MESH, Role::Mesh).await;
    let c_handle = a.attached().await;
    assert_eq!(b.attached().await, c_handle);
    assert_eq!(seen_by_c.len(), 2);
    assert!(seen_by_c.contains(&b_handle) && seen_by_c.contains(&seen_by_b[0]));

    c.say(MESH, None, b"all").await;
    let message = ServerMessage::Message { tag: MESH, from: c_handle, bytes: b"all".to_vec() };
    assert_eq!(a.message().await, message);
    assert_eq!(b.message().await, message);
}

#[tokio::test]
async fn one_socket_may_be_at_the_door_and_in_the_mesh() {
    let (_server, address) = start(Limits::default()).await;
    let (mut host, _) = Client::joined(address, DOOR, Role::Listen).await;
    host.join(MESH, Role::Mesh).await;
    let (_guest, _) = Client::joined(address, DOOR, Role::Knock).await;
    assert!(matches!(host.message().await, ServerMessage::Attached { tag: DOOR, .. }));
    let (_member, seen) = Client::joined(address, MESH, Role::Mesh).await;
    assert!(matches!(host.message().await, ServerMessage::Attached { tag: MESH, .. }));
    assert_eq!(seen.len(), 1);
}
