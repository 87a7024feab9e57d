//! Every bound of the server in one place: what may be held, how much of it, for how long.
//!
//! Nothing that a stranger sends can make the server hold more than these numbers say. The size of a message is
//! not here but in `signal-proto`, because both sides must agree on it. See PROTOCOL.md, *Limits*.

use std::time::Duration;

/// Bounds with defaults for a server on the open internet; tests shrink them to reach one past each.
#[derive(Clone, Debug)]
pub struct Limits {
    /// TCP connections at once, whatever they carry; more are closed unanswered. 10,000: below the file
    /// descriptors that a service is usually given.
    pub connections: usize,
    /// TCP connections at once of one address (IPv4) or /64 network (IPv6). 512: a page uses up to seven for a
    /// moment and then one, and an office or a proxy may stand behind one address.
    pub connections_per_address: usize,
    /// Bytes that the system may hold on their way to a peer, for each connection (SO_SNDBUF). 128 KiB: the system's
    /// own choice goes up to megabytes for a peer that does not read; this still fills 10 Mbit/s over 100 ms.
    pub send_buffer: u32,
    /// The same from a peer (SO_RCVBUF). 32 KiB: two of the largest messages.
    pub receive_buffer: u32,
    /// WebSockets at once of one address or /64 network; the next is closed with `TOO_MANY`. 256: half of the
    /// above, so that pages still load.
    pub sockets_per_address: usize,
    /// Time for a TLS handshake. 10 s: three lost packets on a slow line.
    pub tls_handshake: Duration,
    /// Time for the whole header of a request, and between two requests of one connection. 10 s, as above.
    pub header_time: Duration,
    /// Bytes of a request's header. 16 KiB: room for cookies that other servers on the same host have set.
    pub header_bytes: usize,
    /// Header lines of a request. 64: browsers send about 20.
    pub header_lines: usize,
    /// Life of a connection that is not a WebSocket. 120 s: the page over the slowest line worth having.
    pub http_life: Duration,

    /// Time that a socket may be on no tag, from its start and again after leaving its last. 10 s: joining is the
    /// first thing that a peer does.
    pub first_join: Duration,
    /// Silence after which the server pings. 20 s: routers forget a connection after 30 s and more.
    pub ping_after: Duration,
    /// Silence after which the socket is closed with `IDLE`. 60 s: two answers to pings may be lost.
    pub idle: Duration,
    /// Time for one message to leave towards a peer. 10 s: 16 KiB on a line of 16 kbit/s.
    pub write_time: Duration,
    /// Time for saying good-bye to a socket or finishing a response when the server stops. 2 s: politeness only.
    pub close_time: Duration,

    /// Messages that a socket may send at once. 2,048: a member of a full room of 64 that comes back greets all
    /// the others with some twenty messages each.
    pub message_burst: u32,
    /// Messages a second that a socket may send in the long run. 128: the same within 16 s.
    pub messages_per_second: u32,
    /// Bytes that a socket may have relayed at once; a message to many counts once for each. 2 MiB: as above.
    pub byte_burst: u32,
    /// Bytes a second that a socket may have relayed in the long run. 256 KiB: meeting needs much less, and
    /// carrying files through here should not be worth it.
    pub bytes_per_second: u32,
    /// Messages waiting for one socket; then it is closed with `TOO_SLOW`. 512: eight of each other member.
    pub queue_messages: usize,
    /// Bytes waiting for one socket; then it is closed with `TOO_SLOW`. 512 KiB: 32 of the largest messages.
    pub queue_bytes: usize,

    /// Tags of one socket. Both sides know this one: `signal_proto::MAX_TAGS_PER_SOCKET`.
    pub tags_per_socket: usize,
    /// Places of listeners on one tag. 8: a host, its deputies and keepers; a knock greets them all.
    pub listeners: usize,
    /// Places of knockers on one tag, apart from the listeners'. 32: many more than a host can answer.
    pub knockers: usize,
    /// Places of mesh members on one tag. 64: `signal_proto::MAX_PEERS`.
    pub members: usize,
    /// Joins held by all sockets together. It bounds the tags too, as a tag lives only while somebody is on it;
    /// tags themselves are not counted, so that a full server answers the same for a tag that exists and one that
    /// does not. 30,000: two for each connection and half as many to spare.
    pub joins: usize,

    /// STUN answers that one address (IPv4 /24, IPv6 /48) may get at once. 64: an office opening the page.
    pub stun_burst: u32,
    /// STUN answers a second for the same in the long run. 16: useless for flooding anybody.
    pub stun_per_second: u32,

    /// Shortest time after which peers come back when the server stops. 1 s: a restart takes about that.
    pub retry_min: Duration,
    /// Time over which their return is spread out beyond that. 20 s: 10,000 sockets are 500 a second.
    pub retry_spread: Duration,
    /// Time for everything to finish when the server stops. 5 s: more than `close_time`.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connections: 10_000,
            connections_per_address: 512,
            send_buffer: 128 * 1024,
            receive_buffer: 32 * 1024,
            sockets_per_address: 256,
            tls_handshake: seconds(10),
            header_time: seconds(10),
            header_bytes: 16 * 1024,
            header_lines: 64,
            http_life: seconds(120),
            first_join: seconds(10),
            ping_after: seconds(20),
            idle: seconds(60),
            write_time: seconds(10),
            close_time: seconds(2),
            message_burst: 2_048,
            messages_per_second: 128,
            byte_burst: 2 * 1024 * 1024,
            bytes_per_second: 256 * 1024,
            queue_messages: 512,
            queue_bytes: 512 * 1024,
            tags_per_socket: signal_proto::MAX_TAGS_PER_SOCKET,
            listeners: 8,
            knockers: 32,
            members: signal_proto::MAX_PEERS,
            joins: 30_000,
            stun_burst: 64,
            stun_per_second: 16,
            retry_min: seconds(1),
            retry_spread: seconds(20),
            drain: seconds(5),
        }
    }
}
