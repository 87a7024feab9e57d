//! What the operator can count: totals and gauges of the whole server, never anything about one peer or tag.
//!
//! One [`Metrics`] for each server, handed around by reference. Labels are our own enums, so their number is fixed.
//! Served as text for Prometheus on a port of its own.

mod serve;

pub(crate) use serve::run;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

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
    /// Limits that somebody ran into.
    limits: Family<LimitLabel, Counter>,
    /// From a message's arrival to the moment when the system has taken its copy for the receiver.
    pub(crate) relay_latency: RelayLatency,
}

/// Which limit somebody ran into. One for each way of being refused or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Limit {
    Connections,
    ConnectionsPerAddress,
    SocketsPerAddress,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabel {
    limit: Limit,
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

    /// Everything under its name, as it will be served.
    pub(crate) fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("linkspan");
        registry.register("connections", "TCP connections that are open", self.connections.clone());
        registry.register("sockets", "WebSockets that are open", self.sockets.clone());
        registry.register("limits", "Limits that somebody ran into", self.limits.clone());
        let help = "Seconds from a message's arrival until its copy was written towards a receiver";
        registry.register("relay_latency_seconds", help, self.relay_latency.0.clone());
        registry
    }
}
