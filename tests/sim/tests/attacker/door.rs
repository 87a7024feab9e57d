//! What somebody at the door does with a socket of his own.

use super::{ANSWER, Body, Conversation, Key, Link, Opening};
use signal_proto::{ClientMessage, Handle, Role, ServerMessage};
use sim::World;
use sim::hub::SocketId;

/// A script on the door of `link`; it hears what the engine says to it.
pub(crate) fn at_door(world: &mut World, link: &Link, role: Role) -> SocketId {
    let socket = world.script();
    world.script_send(socket, &ClientMessage::Join { tag: link.tag, role });
    socket
}

pub(crate) fn send(world: &mut World, socket: SocketId, link: &Link, to: Handle, bytes: Vec<u8>) {
    world.script_send(socket, &ClientMessage::Send { tag: link.tag, to: Some(to), bytes });
}

pub(crate) fn envelopes(world: &mut World, socket: SocketId) -> Vec<(Handle, Vec<u8>)> {
    let heard = world.script_heard(socket).into_iter();
    let envelopes = heard.filter_map(|message| match message {
        ServerMessage::Message { from, bytes, .. } => Some((from, bytes)),
        _ => None,
    });
    envelopes.collect()
}

pub(crate) fn reach_host(world: &mut World, link: &Link) -> (SocketId, Handle) {
    let door = at_door(world, link, Role::Knock);
    world.run_for(1_000);
    let joined = world.script_heard(door);
    let peers = joined.into_iter().find_map(|message| match message {
        ServerMessage::Joined { peers, .. } => Some(peers),
        _ => None,
    });
    (door, peers.expect("he joined")[0])
}

/// His handshake with the host, as far as its T0.
pub(crate) fn shake(
    world: &mut World,
    door: SocketId,
    host: Handle,
    link: &Link,
    n: u8,
) -> (Conversation, Body) {
    let opening = Opening::new(link, [n; 16], u64::from(n) + 1_000);
    send(world, door, link, host, opening.envelope.clone());
    world.run_for(1_000);
    let heard = envelopes(world, door);
    let reply = heard
        .into_iter()
        .map(|(_, envelope)| envelope)
        .find(|envelope| envelope[0] == ANSWER && envelope[4..20] == [n; 16]);
    opening.answered(&reply.expect("the host answers")).expect("with the link's secret")
}

/// His knock: a handshake and a claim under his own key; a card at the host, if it shows one.
pub(crate) fn claim(
    world: &mut World,
    door: SocketId,
    to: Handle,
    link: &Link,
    own: &Key,
    n: u8,
    host: &[u8; 32],
) -> Conversation {
    let (mut conversation, _) = shake(world, door, to, link, n);
    let claim = Body::Claim {
        key: own.public(),
        signature: own.prove(true, host, &own.public(), &conversation.h),
        nonce: [n; 32],
        name: "Eve".into(),
        admit: None,
        features: 0,
    };
    let claim = conversation.say(&claim);
    send(world, door, link, to, claim);
    conversation
}
