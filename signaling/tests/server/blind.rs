//! Whether somebody is on a tag is told to nobody whose role may not see them: same bytes, same silence, same end.

use crate::client::{Client, DOOR, soon, start};
use futures_util::StreamExt;
use signal_proto::{ClientMessage, Handle, Role, Tag};
use signaling::Limits;
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::Message;

const EMPTY: Tag = Tag([0xee; 16]);
const ROLES: [Role; 3] = [Role::Listen, Role::Knock, Role::Mesh];

/// Whether `role` may know of somebody who is there as `other`.
fn may_see(role: Role, other: Role) -> bool {
    match role {
        Role::Listen => other == Role::Knock,
        Role::Knock => other == Role::Listen,
        Role::Mesh => other == Role::Mesh,
    }
}

/// Everything that the server answers to `message`, byte for byte; it answers a ping after all of it.
async fn answers(client: &mut Client, message: ClientMessage) -> Vec<Message> {
    client.send(message).await;
    client.send_raw(Message::Ping(b"end".to_vec().into())).await;
    let mut heard = Vec::new();
    while let Some(frame) = soon(client.0.next()).await {
        match frame.unwrap() {
            Message::Pong(_) => break,
            frame => heard.push(frame),
        }
    }
    heard
}

/// All that a prober can do on `tag` in `role`, and what it hears; `other` is a handle that it has guessed.
async fn probe(address: SocketAddr, tag: Tag, role: Role, other: Handle) -> Vec<Vec<Message>> {
    let mut client = Client::open(address).await;
    let say = |to| ClientMessage::Send { tag, to, bytes: vec![7; 512] };
    let mut heard = Vec::new();
    for message in [
        ClientMessage::Join { tag, role },
        say(None),
        say(Some(other)),
        say(Some(Handle([0; 8]))),
        ClientMessage::Leave { tag },
        ClientMessage::Join { tag, role },
        ClientMessage::Join { tag, role },
    ] {
        heard.push(answers(&mut client, message).await);
    }
    // On another socket what is not joined; the server's end is the answer.
    let mut client = Client::open(address).await;
    heard.push(answers(&mut client, say(Some(other))).await);
    heard
}

/// The tag is in the answers; here they are compared without.
fn without(tag: Tag, heard: Vec<Vec<Message>>) -> Vec<Vec<Message>> {
    let plain = |message| match message {
        Message::Binary(bytes) => {
            let at = bytes.windows(16).position(|part| part == tag.0).expect("answers name the tag");
            Message::Binary([&bytes[..at], &bytes[at + 16..]].concat().into())
        }
        other => other,
    };
    heard.into_iter().map(|answers| answers.into_iter().map(plain).collect()).collect()
}

#[tokio::test]
async fn a_tag_with_somebody_unseen_answers_as_one_with_nobody() {
    let (_server, address) = start(Limits::default()).await;
    for role in ROLES {
        for hidden in ROLES.into_iter().filter(|other| !may_see(role, *other)) {
            let (mut unseen, _) = Client::joined(address, DOOR, hidden).await;
            // Somebody whom the hidden one may see tells its handle, as a prober might have learned it.
            let watcher = ROLES.into_iter().find(|watcher| may_see(*watcher, hidden)).unwrap();
            let (mut helper, handles) = Client::joined(address, DOOR, watcher).await;
            unseen.attached().await;
            helper.0.close(None).await.unwrap();
            assert!(matches!(unseen.message().await, signal_proto::ServerMessage::Detached { .. }));

            let with = without(DOOR, probe(address, DOOR, role, handles[0]).await);
            let nobody = without(EMPTY, probe(address, EMPTY, role, handles[0]).await);
            assert_eq!(with[0].len(), 1, "an answer to the join");
            assert_eq!(with, nobody, "{role:?} beside {hidden:?}");
            assert_eq!(answers(&mut unseen, ClientMessage::Leave { tag: DOOR }).await, [], "nor did it hear");
        }
    }
}

#[tokio::test]
async fn a_full_server_answers_the_same_for_a_tag_that_exists() {
    let (_server, address) = start(Limits { joins: 1, ..Limits::default() }).await;
    let (_held, _) = Client::joined(address, DOOR, Role::Mesh).await;
    for role in ROLES {
        let join = |tag| ClientMessage::Join { tag, role };
        let (mut one, mut two) = (Client::open(address).await, Client::open(address).await);
        let with = without(DOOR, vec![answers(&mut one, join(DOOR)).await]);
        let nobody = without(EMPTY, vec![answers(&mut two, join(EMPTY)).await]);
        assert_eq!(with, nobody);
    }
}
