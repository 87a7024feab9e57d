//! Where the acceptance suite's peers meet: one node, or two that know each other by Redis.

use crate::client::{Client, start_with};
use crate::redis::Redis;
use signal_proto::{Handle, Role, ServerMessage, Tag};
use signaling::{Backplane, Config, Limits, Server};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

/// Nobody meets here but to see whether all nodes are connected.
const PROBE: Tag = Tag([0x99; 16]);

pub(crate) struct Site {
    pub(crate) nodes: Vec<SocketAddr>,
    pub(crate) redis: Option<Redis>,
    _servers: Vec<Server>,
}

impl Site {
    pub(crate) async fn one_node() -> Self {
        let (server, address) = start_with(Config { limits: limits(), ..Config::default() }).await;
        Self { nodes: vec![address], redis: None, _servers: vec![server] }
    }

    pub(crate) async fn two_nodes() -> Self {
        let redis = Redis::start().await;
        let (mut nodes, mut servers) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let backplane = Some(backplane(&redis));
            let config = Config { backplane, limits: limits(), ..Config::default() };
            let (server, address) = start_with(config).await;
            nodes.push(address);
            servers.push(server);
        }
        connected(nodes[0], nodes[1]).await;
        Self { nodes, redis: Some(redis), _servers: servers }
    }

    /// The address of the `i`th peer's node: neighbours are on different ones, if there are.
    pub(crate) fn at(&self, i: usize) -> SocketAddr {
        self.nodes[i % self.nodes.len()]
    }

    /// The `i`th peer on `tag`, and the `count` others that it sees.
    pub(crate) async fn joined(
        &self,
        i: usize,
        tag: Tag,
        role: Role,
        count: usize,
    ) -> (Client, BTreeSet<Handle>) {
        let (mut client, peers) = Client::joined(self.at(i), tag, role).await;
        let mut seen: BTreeSet<Handle> = peers.into_iter().collect();
        while seen.len() < count {
            seen.insert(client.attached().await);
        }
        assert_eq!(seen.len(), count);
        (client, seen)
    }
}

/// The defaults, but for those of one address: here everybody comes from one.
fn limits() -> Limits {
    let limits = Limits::default();
    Limits {
        listeners_per_address: limits.listeners,
        knockers_per_address: limits.knockers,
        members_per_address: limits.members,
        ..limits
    }
}

/// A backplane over `redis` that notices a death within seconds.
pub(crate) fn backplane(redis: &Redis) -> Backplane {
    let mut backplane = Backplane::at(&redis.url()).unwrap();
    backplane.silence = Duration::from_secs(10);
    backplane
}

/// Waits until peers of `one` and `other` see each other.
pub(crate) async fn connected(one: SocketAddr, other: SocketAddr) {
    let (mut a, a_sees) = Client::joined(one, PROBE, Role::Mesh).await;
    let (mut b, b_sees) = Client::joined(other, PROBE, Role::Mesh).await;
    for (client, sees) in [(&mut a, a_sees), (&mut b, b_sees)] {
        if sees.is_empty() {
            client.attached().await;
        }
    }
    drop(a);
    assert!(matches!(b.message().await, ServerMessage::Detached { .. }));
}
