//! What the operator can count: totals and gauges of the whole server, never anything about one peer or tag.
//!
//! One [`Metrics`] for each server, handed around by reference. Labels are our own enums, so their number is fixed.
//! Served as text for Prometheus at the operator's door.

mod traffic;

pub(crate) use traffic::Traffic;

use crate::addresses::Crowded;
use crate::hub::Flowed;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use signal_proto::Refusal;
use std::fmt::{self, Write};

/// Upper ends of the relay latency's buckets, in seconds: what people notice lies between 10 ms and 1 s.
const LATENCIES: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 10.0];

/// All numbers of one server.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// TCP connections that are open.
    pub(crate) connections: Gauge,
    /// WebSockets that are open.
    pub(crate) sockets: Gauge,
    /// Tags that somebody is on.
    pub(crate) tags: Gauge,
    /// Places that sockets hold on tags.
    pub(crate) joins: Gauge,
    /// Tags on which something was relayed, and those on which it was answered.
    relayed: Family<WaysLabel, Counter>,
    /// Limits that somebody ran into.
    limits: Family<LimitLabel, Counter>,
    /// WebSockets that were closed because their queue was full.
    pub(crate) queue_drops: Counter,
    /// From an envelope's arrival to the moment when the system has taken a copy for a receiver.
    pub(crate) relay_latency: RelayLatency,
    /// What passes between this node and others; nothing if it is alone.
    pub(crate) backplane: Traffic,
}

/// Which limit somebody ran into, or which rule was broken: one for each way of being refused or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Limit {
    Connections,
    ConnectionsPerAddress,
    NewConnections,
    SocketsPerAddress,
    Origin,
    TagFull,
    ServerFull,
    BadMessage,
    TooFast,
    BadTag,
    Idle,
    TooSlow,
    TooLong,
    TooManyTags,
    TooMuch,
    JoinedTwice,
    NothingJoined,
    SocketLife,
    TlsHandshake,
    HeaderTime,
    HeaderBytes,
    HttpLife,
    Subprotocol,
    TurnPerSocket,
    TurnPerAddress,
}

impl EncodeLabelValue for Limit {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> fmt::Result {
        encoder.write_str(match self {
            Self::Connections => "connections",
            Self::ConnectionsPerAddress => "connections_per_address",
            Self::NewConnections => "new_connections",
            Self::SocketsPerAddress => "sockets_per_address",
            Self::Origin => "origin",
            Self::TagFull => "tag_full",
            Self::ServerFull => "server_full",
            Self::BadMessage => "bad_message",
            Self::TooFast => "too_fast",
            Self::BadTag => "bad_tag",
            Self::Idle => "idle",
            Self::TooSlow => "too_slow",
            Self::TooLong => "too_long",
            Self::TooManyTags => "too_many_tags",
            Self::TooMuch => "too_much",
            Self::JoinedTwice => "joined_twice",
            Self::NothingJoined => "nothing_joined",
            Self::SocketLife => "socket_life",
            Self::TlsHandshake => "tls_handshake",
            Self::HeaderTime => "header_time",
            Self::HeaderBytes => "header_bytes",
            Self::HttpLife => "http_life",
            Self::Subprotocol => "subprotocol",
            Self::TurnPerSocket => "turn_per_socket",
            Self::TurnPerAddress => "turn_per_address",
        })
    }
}

impl From<Refusal> for Limit {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TagFull => Self::TagFull,
            Refusal::ServerFull => Self::ServerFull,
        }
    }
}

impl From<Crowded> for Limit {
    fn from(crowded: Crowded) -> Self {
        match crowded {
            Crowded::Full => Self::ConnectionsPerAddress,
            Crowded::TooFast => Self::NewConnections,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabel {
    limit: Limit,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WaysLabel {
    ways: &'static str,
}

/// A histogram with the buckets of [`LATENCIES`].
#[derive(Debug)]
pub(crate) struct RelayLatency(pub(crate) Histogram);

impl Default for RelayLatency {
    fn default() -> Self {
        Self(Histogram::new(LATENCIES))
    }
}

/// One of what a gauge counts, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(Gauge);

impl Counted {
    pub(crate) fn one_more(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Somebody ran into `limit`.
    pub(crate) fn hit(&self, limit: Limit) {
        self.limits.get_or_create(&LimitLabel { limit }).inc();
    }

    /// What the hub has counted so far.
    pub(crate) fn flowed(&self, flowed: Flowed) {
        for (ways, total) in [("one", flowed.one_way), ("both", flowed.both_ways)] {
            let counter = self.relayed.get_or_create(&WaysLabel { ways });
            counter.inc_by(total - counter.get());
        }
    }

    /// Everything under its name, as it will be served.
    pub(crate) fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("linkspan");
        registry.register("connections", "TCP connections that are open", self.connections.clone());
        registry.register("sockets", "WebSockets that are open", self.sockets.clone());
        registry.register("tags", "Tags that somebody is on", self.tags.clone());
        registry.register("joins", "Places that WebSockets hold on tags", self.joins.clone());
        let help = "Tags on which something was relayed one way, and those on which it was answered (both)";
        registry.register("tags_relayed", help, self.relayed.clone());
        registry.register(
            "limits",
            "Limits that somebody ran into, and rules that were broken",
            self.limits.clone(),
        );
        let help = "WebSockets that were closed because their queue was full";
        registry.register("queue_drops", help, self.queue_drops.clone());
        let help = "Seconds from an envelope's arrival until a copy was written towards a receiver";
        registry.register("relay_latency_seconds", help, self.relay_latency.0.clone());
        self.backplane.register(registry.sub_registry_with_prefix("backplane"));
        registry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;

    const DOCUMENT: &str = include_str!("../../docs/server.md");

    #[test]
    fn the_metrics_are_those_of_the_document() {
        let metrics = Metrics::default();
        // One of each, as nothing stands for what has never happened.
        metrics.hit(Limit::Idle);
        metrics.flowed(Flowed::default());
        let mut text = String::new();
        encode(&mut text, &metrics.registry()).unwrap();
        let rows = text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split_once(' '));
        let rows: String = rows.map(|(name, help)| format!("| `{name}` | {help} |\n")).collect();
        let made = format!("| metric | what |\n|---|---|\n{rows}");
        let (_, rest) = DOCUMENT.split_once("<!-- metrics -->\n").unwrap();
        let (stands, _) = rest.split_once("<!-- end -->").unwrap();
        assert!(stands == made, "docs/server.md, metrics, should be:\n\n{made}");
    }
}
