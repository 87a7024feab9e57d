//! What passes between this node and others.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What passes through the backplane, for the operator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic {
    /// 1 while connected.
    pub(crate) up: Gauge,
    /// Other nodes that are heard of.
    pub(crate) nodes: Gauge,
    /// Messages to other nodes.
    pub(crate) sent: Counter,
    /// Messages from other nodes.
    pub(crate) received: Counter,
    /// Messages to other nodes that were given up: there was no connection, or it was too slow.
    pub(crate) dropped: Counter,
    /// Messages that no node of ours would send.
    pub(crate) garbage: Counter,
}

impl Traffic {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let Self { up, nodes, sent, received, dropped, garbage } = self.clone();
        registry.register("up", "1 while connected to the other nodes' Redis", up);
        registry.register("nodes", "Other nodes that are heard of", nodes);
        registry.register("sent", "Messages to other nodes", sent);
        registry.register("received", "Messages from other nodes", received);
        registry.register("dropped", "Messages to other nodes that were given up", dropped);
        registry.register("garbage", "Messages that no node would send, ignored", garbage);
    }
}
