//! Peers find each other and talk, each role as far as it may. The acceptance suite of every backplane.

use crate::client::{Client, DOOR, MESH, soon};
use crate::site::Site;
use futures_util::SinkExt;
use signal_proto::{ClientMessage, MAX_ENVELOPE, Refusal, Role, ServerMessage, Tag};
use signaling::Limits;
use std::collections::BTreeSet;
use tokio_tungstenite::tungstenite::Message;

macro_rules! suite {
    ($($story:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test] async fn $story() { super::$story(crate::site::Site::one_node().await).await })*
        }
        mod redis {
            $(#[tokio::test] async fn $story() { super::$story(crate::site::Site::two_nodes().await).await })*
        }
    };
}
suite! {
    a_knocker_and_a_listener_meet_and_their_bytes_arrive_unchanged,
    whoever_comes_first_both_hear_of_each_other,
    knockers_never_hear_of_each_other,
    knockers_cannot_use_up_the_listeners_places,
    in_a_mesh_everybody_sees_and_reaches_everybody,
    a_mesh_and_a_door_under_one_tag_are_apart,
    one_socket_may_be_at_the_door_and_in_the_mesh,
    who_leaves_or_closes_is_gone_for_the_others_and_may_come_again,
    many_messages_arrive_in_order,
    what_is_said_before_a_join_is_answered_waits_for_it,
}

async fn a_knocker_and_a_listener_meet_and_their_bytes_arrive_unchanged(site: Site) {
    let (mut host, _) = site.joined(0, DOOR, Role::Listen, 0).await;
    let (mut guest, hosts) = Client::joined(site.at(1), DOOR, Role::Knock).await;
    let knocker = host.attached().await;
    assert_eq!(hosts.len(), 1, "who was there is in the answer, whichever node it is on");

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

async fn whoever_comes_first_both_hear_of_each_other(site: Site) {
    let pairs = [(Role::Listen, Role::Knock), (Role::Knock, Role::Listen), (Role::Mesh, Role::Mesh)];
    for (n, (first, second)) in (0..).zip(pairs) {
        let tag = Tag([n; 16]);
        let (mut one, _) = site.joined(0, tag, first, 0).await;
        let (mut two, seen) = site.joined(1, tag, second, 1).await;
        one.attached().await;
        one.0.close(None).await.unwrap();
        let handle = *seen.first().unwrap();
        assert_eq!(two.message().await, ServerMessage::Detached { tag, handle });
    }
}

async fn knockers_never_hear_of_each_other(site: Site) {
    let (mut host, _) = site.joined(0, DOOR, Role::Listen, 0).await;
    let (mut first, hosts) = site.joined(1, DOOR, Role::Knock, 1).await;
    let first_handle = host.attached().await;
    let (mut second, seen) = site.joined(2, DOOR, Role::Knock, 1).await;
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
    let from = *hosts.first().unwrap();
    assert_eq!(first.message().await, ServerMessage::Message { tag: DOOR, from, bytes });
}

async fn knockers_cannot_use_up_the_listeners_places(site: Site) {
    let limits = Limits::default();
    // One listener on each node sees when all the knockers are known there.
    let (mut one, _) = site.joined(0, DOOR, Role::Listen, 0).await;
    let (mut other, _) = site.joined(1, DOOR, Role::Listen, 0).await;
    let mut clients = Vec::new();
    for i in 0..limits.knockers {
        clients.push(site.joined(i, DOOR, Role::Knock, 2).await.0);
        one.attached().await;
        other.attached().await;
    }
    let full = ServerMessage::Refused { tag: DOOR, reason: Refusal::TagFull };
    let mut late = Client::open(site.at(1)).await;
    late.send(ClientMessage::Join { tag: DOOR, role: Role::Knock }).await;
    assert_eq!(late.message().await, full);

    let mut listeners = Vec::new();
    for i in 2..limits.listeners {
        listeners.push(site.joined(i, DOOR, Role::Listen, limits.knockers).await.0);
        // A knocker of the node that is to refuse sees when they are known there.
        clients[1].attached().await;
    }
    late.send(ClientMessage::Join { tag: DOOR, role: Role::Listen }).await;
    assert_eq!(late.message().await, full);
}

async fn in_a_mesh_everybody_sees_and_reaches_everybody(site: Site) {
    let (mut a, _) = site.joined(0, MESH, Role::Mesh, 0).await;
    let (mut b, seen_by_b) = site.joined(1, MESH, Role::Mesh, 1).await;
    let b_handle = a.attached().await;
    let (mut c, seen_by_c) = site.joined(2, MESH, Role::Mesh, 2).await;
    let c_handle = a.attached().await;
    assert_eq!(b.attached().await, c_handle);
    let others: BTreeSet<_> = seen_by_b.into_iter().chain([b_handle]).collect();
    assert_eq!(seen_by_c, others);

    c.say(MESH, None, b"all").await;
    let message = ServerMessage::Message { tag: MESH, from: c_handle, bytes: b"all".to_vec() };
    assert_eq!(a.message().await, message);
    assert_eq!(b.message().await, message);
    // To one is to nobody else.
    c.say(MESH, Some(b_handle), b"one").await;
    c.say(MESH, None, b"then all").await;
    let bytes = b"one".to_vec();
    assert_eq!(b.message().await, ServerMessage::Message { tag: MESH, from: c_handle, bytes });
    let bytes = b"then all".to_vec();
    assert_eq!(a.message().await, ServerMessage::Message { tag: MESH, from: c_handle, bytes });
}

async fn a_mesh_and_a_door_under_one_tag_are_apart(site: Site) {
    let (mut host, _) = site.joined(0, DOOR, Role::Listen, 0).await;
    let (mut member, _) = site.joined(1, DOOR, Role::Mesh, 0).await;
    member.say(DOOR, None, b"to no member").await;
    let (mut guest, _) = site.joined(1, DOOR, Role::Knock, 1).await;
    let knocker = host.attached().await;
    guest.say(DOOR, None, b"to the host").await;
    let bytes = b"to the host".to_vec();
    assert_eq!(host.message().await, ServerMessage::Message { tag: DOOR, from: knocker, bytes });
    let (_other, _) = site.joined(0, DOOR, Role::Mesh, 1).await;
    assert!(matches!(member.message().await, ServerMessage::Attached { .. }), "and nothing before");
}

async fn one_socket_may_be_at_the_door_and_in_the_mesh(site: Site) {
    let (mut host, _) = site.joined(0, DOOR, Role::Listen, 0).await;
    host.join(MESH, Role::Mesh).await;
    let (_guest, _) = site.joined(1, DOOR, Role::Knock, 1).await;
    assert!(matches!(host.message().await, ServerMessage::Attached { tag: DOOR, .. }));
    let (_member, _) = site.joined(1, MESH, Role::Mesh, 1).await;
    assert!(matches!(host.message().await, ServerMessage::Attached { tag: MESH, .. }));
}

async fn who_leaves_or_closes_is_gone_for_the_others_and_may_come_again(site: Site) {
    let (mut watcher, _) = site.joined(0, MESH, Role::Mesh, 0).await;
    let (mut member, _) = site.joined(1, MESH, Role::Mesh, 1).await;
    for _ in 0..3 {
        let handle = watcher.attached().await;
        member.send(ClientMessage::Leave { tag: MESH }).await;
        assert_eq!(watcher.message().await, ServerMessage::Detached { tag: MESH, handle });
        assert_eq!(member.join(MESH, Role::Mesh).await.len(), 1);
    }
    let handle = watcher.attached().await;
    // Without a good-bye.
    drop(member);
    assert_eq!(watcher.message().await, ServerMessage::Detached { tag: MESH, handle });
}

async fn many_messages_arrive_in_order(site: Site) {
    let (mut to, _) = site.joined(0, MESH, Role::Mesh, 0).await;
    let (mut from, _) = site.joined(1, MESH, Role::Mesh, 1).await;
    let sender = to.attached().await;
    for n in 0..200u8 {
        from.say(MESH, None, &[n; 512]).await;
    }
    for n in 0..200u8 {
        let bytes = vec![n; 512];
        assert_eq!(to.message().await, ServerMessage::Message { tag: MESH, from: sender, bytes });
    }
}

async fn what_is_said_before_a_join_is_answered_waits_for_it(site: Site) {
    let (mut host, _) = site.joined(0, DOOR, Role::Listen, 0).await;
    let mut guest = Client::open(site.at(1)).await;
    // In one packet: one by one the network would hold back the second until the first is answered for.
    for message in [
        ClientMessage::Join { tag: DOOR, role: Role::Knock },
        ClientMessage::Send { tag: DOOR, to: None, bytes: b"at once".to_vec() },
    ] {
        guest.0.feed(Message::Binary(message.encode().into())).await.unwrap();
    }
    soon(guest.0.flush()).await.unwrap();
    let handle = host.attached().await;
    let bytes = b"at once".to_vec();
    assert_eq!(host.message().await, ServerMessage::Message { tag: DOOR, from: handle, bytes });
}
