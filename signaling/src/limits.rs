//! Every bound of the server in one place: what may be held, how much of it, for how long.
//!
//! Nothing that a stranger sends can make the server hold more than these numbers say. The size of a message is
//! not here but in `signal-proto`, because both sides must agree on it. Each field is an option of the program
//! under its own name; what stands beside it here is its explanation and its default, and there is no other list.
//! See PROTOCOL.md, *Limits*.

mod parse;

use clap::{Args, Command, FromArgMatches};
use parse::{count, header_bytes, places, room, size, tags, time, turn_life};
use std::time::Duration;

/// Bounds with defaults for a server on the open internet; tests shrink them to reach one past each.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = Limits::HEADING)]
pub struct Limits {
    /// TCP connections at once, whatever they carry; more are closed unanswered
    ///
    /// Below the file descriptors that a service is usually given.
    #[arg(long, value_name = "COUNT", value_parser = count::<usize>, default_value = "10000")]
    pub connections: usize,
    /// TCP connections at once of one address (IPv4) or /64 network (IPv6)
    ///
    /// A page uses up to seven for a moment and then one, and an office may stand behind one address.
    #[arg(long, value_name = "COUNT", value_parser = count::<usize>, default_value = "512")]
    pub connections_per_address: usize,
    /// New TCP connections of one address or /64 network at once, or requests that trusted proxies bring for it
    ///
    /// An office that comes back after a restart.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "512")]
    pub new_connection_burst: u32,
    /// New TCP connections of the same a second in the long run
    ///
    /// Some ten pages loaded every second.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "64")]
    pub new_connections_per_second: u32,
    /// WebSockets at once of one address or /64 network; the next is refused
    ///
    /// Half of the connections, so that pages still load.
    #[arg(long, value_name = "COUNT", value_parser = count::<usize>, default_value = "256")]
    pub sockets_per_address: usize,
    /// How many addresses' worth of all that is counted by address one /48 network of IPv6 may have
    ///
    /// A site is given a /48, and with it 65,536 networks of /64. These leave it a fifth of the connections.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "4")]
    pub addresses_per_site: u32,
    /// Bytes that the system may hold on their way to a peer, for each connection (SO_SNDBUF)
    ///
    /// The system's own choice goes up to megabytes for a peer that does not read; this still fills 10 Mbit/s over
    /// 100 ms.
    #[arg(long, value_name = "SIZE", value_parser = size::<u32>, default_value = "128KiB")]
    pub send_buffer: u32,
    /// Bytes that the system may hold on their way from a peer, for each connection (SO_RCVBUF)
    ///
    /// Two of the largest messages.
    #[arg(long, value_name = "SIZE", value_parser = size::<u32>, default_value = "32KiB")]
    pub receive_buffer: u32,
    /// Bytes that a connection may send at once, whatever they carry; the rest is read more slowly
    ///
    /// Twice --byte-burst, so that whoever has too much relayed is told so.
    #[arg(long, value_name = "SIZE", value_parser = room::<u32>, default_value = "4MiB")]
    pub read_burst: u32,
    /// Bytes a second that a connection may send in the long run
    ///
    /// Four times --bytes-per-second, for the same reason.
    #[arg(long, value_name = "SIZE", value_parser = room::<u32>, default_value = "1MiB")]
    pub read_per_second: u32,

    /// Time for a TLS handshake
    ///
    /// Three lost packets on a slow line.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "10s")]
    pub tls_handshake: Duration,
    /// Time for the whole header of a request, and between two requests of one connection
    ///
    /// Three lost packets on a slow line.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "10s")]
    pub header_time: Duration,
    /// Bytes of a request's header, 8KiB at least
    ///
    /// Room for cookies that other servers on the same host have set.
    #[arg(long, value_name = "SIZE", value_parser = header_bytes, default_value = "16KiB")]
    pub header_bytes: usize,
    /// Header lines of a request
    ///
    /// Browsers send about 20.
    #[arg(long, value_name = "COUNT", value_parser = count::<usize>, default_value = "64")]
    pub header_lines: usize,
    /// Life of a connection that is not a WebSocket
    ///
    /// The page over the slowest line worth having. What is being answered then gets as long again.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "120s")]
    pub http_life: Duration,

    /// Time that a WebSocket may be on no tag, from its start and again after leaving its last; then NOTHING_JOINED
    ///
    /// Joining is the first thing that a peer does.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "10s")]
    pub first_join: Duration,
    /// Silence after which the server pings
    ///
    /// Routers forget a connection after 30 s and more.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "20s")]
    pub ping_after: Duration,
    /// Silence after which a WebSocket is closed with IDLE
    ///
    /// Two answers to pings may be lost.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "60s")]
    pub idle: Duration,
    /// Life of a WebSocket; then GOING_AWAY, and the peer comes back
    ///
    /// Nobody holds a place for ever.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "24h")]
    pub socket_life: Duration,
    /// Time for one message to leave towards a peer; then TOO_SLOW
    ///
    /// 16 KiB on a line of 16 kbit/s.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "10s")]
    pub write_time: Duration,
    /// Time for saying good-bye to a WebSocket or finishing a response when the server stops
    ///
    /// Politeness only.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "2s")]
    pub close_time: Duration,

    /// Messages that a WebSocket may send at once; then TOO_FAST
    ///
    /// A member of a full room of 64 that comes back greets all the others with some twenty messages each.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "2048")]
    pub message_burst: u32,
    /// Messages a second that a WebSocket may send in the long run
    ///
    /// The burst again within 16 s.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "128")]
    pub messages_per_second: u32,
    /// Joins that a WebSocket may ask for at once; then TOO_FAST
    ///
    /// Every tag that it may be on, eight times: each join tells others, and other nodes.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "32")]
    pub join_burst: u32,
    /// Joins a second that a WebSocket may ask for in the long run
    ///
    /// Peers change tags when somebody does something, not by themselves.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "2")]
    pub joins_per_second: u32,
    /// Bytes that a WebSocket may have relayed at once, where a message to many counts once for each; then TOO_MUCH
    ///
    /// A member of a full room that comes back, as for messages.
    #[arg(long, value_name = "SIZE", value_parser = room::<u32>, default_value = "2MiB")]
    pub byte_burst: u32,
    /// Bytes a second that a WebSocket may have relayed in the long run
    ///
    /// Meeting needs much less, and carrying files through here should not be worth it.
    #[arg(long, value_name = "SIZE", value_parser = size::<u32>, default_value = "256KiB")]
    pub bytes_per_second: u32,
    /// Messages waiting for one WebSocket; then TOO_SLOW
    ///
    /// Eight of each other member.
    #[arg(long, value_name = "COUNT", value_parser = count::<usize>, default_value = "512")]
    pub queue_messages: usize,
    /// Bytes waiting for one WebSocket; then TOO_SLOW
    ///
    /// 32 of the largest messages.
    #[arg(long, value_name = "SIZE", value_parser = room::<usize>, default_value = "512KiB")]
    pub queue_bytes: usize,
    /// Bytes waiting for all WebSockets together; beyond it one may have only 32KiB waiting, then TOO_SLOW
    ///
    /// 256 full queues; thousands of strangers who do not read must not fill the memory.
    #[arg(long, value_name = "SIZE", value_parser = room::<usize>, default_value = "128MiB")]
    pub queue_bytes_total: usize,

    /// Tags of one WebSocket, 4 at least; more are TOO_MANY_TAGS
    ///
    /// Peers count on four: a door and a mesh, and as many again while a room changes its link.
    #[arg(long, value_name = "COUNT", value_parser = tags, default_value = "4")]
    pub tags_per_socket: usize,
    /// Places of listeners on one tag, 64 at most
    ///
    /// A host, its deputies and keepers; a knock greets them all.
    #[arg(long, value_name = "COUNT", value_parser = places, default_value = "8")]
    pub listeners: usize,
    /// Places of knockers on one tag, apart from the listeners', 64 at most
    ///
    /// Many more than a host can answer.
    #[arg(long, value_name = "COUNT", value_parser = places, default_value = "32")]
    pub knockers: usize,
    /// Places of mesh members on one tag, 64 at most
    ///
    /// As many as a room may have.
    #[arg(long, value_name = "COUNT", value_parser = places, default_value = "64")]
    pub members: usize,
    /// Places of listeners on one tag that one address may take
    ///
    /// A host's own devices; others at the same place are left some when a stranger who has the link pretends.
    #[arg(long, value_name = "COUNT", value_parser = places, default_value = "4")]
    pub listeners_per_address: usize,
    /// Places of knockers on one tag that one address may take
    ///
    /// A class room behind one address, and eight places left for everybody else.
    #[arg(long, value_name = "COUNT", value_parser = places, default_value = "24")]
    pub knockers_per_address: usize,
    /// Places of mesh members on one tag that one address may take
    ///
    /// All: only members know the tag of a mesh, and a whole room may sit in one office.
    #[arg(long, value_name = "COUNT", value_parser = places, default_value = "64")]
    pub members_per_address: usize,
    /// Joins held by all WebSockets together
    ///
    /// It bounds the tags too, as a tag lives only while somebody is on it; tags themselves are not counted, so that
    /// a full server answers the same for a tag that exists and one that does not. Two for each connection and half
    /// as many to spare.
    #[arg(long, value_name = "COUNT", value_parser = count::<usize>, default_value = "30000")]
    pub joins: usize,

    /// STUN answers that one address (IPv4 /24, IPv6 /48) may get at once
    ///
    /// An office opening the page.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "64")]
    pub stun_burst: u32,
    /// STUN answers a second for the same in the long run
    ///
    /// Useless for flooding anybody.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "16")]
    pub stun_per_second: u32,

    /// Life of the right to use the TURN server, 10min at most
    ///
    /// Peers that wait at a door for longer get another; sessions that have begun go on.
    #[arg(long, value_name = "TIME", value_parser = turn_life, default_value = "600s")]
    pub turn_life: Duration,
    /// Time within which a WebSocket must have had something relayed to somebody on a tag, and been relayed something
    /// there, to get it
    ///
    /// A knock that waits is renewed and acknowledged every 20 s.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "60s")]
    pub turn_recent: Duration,
    /// How often one WebSocket may get it at once
    ///
    /// An honest one asks twice in each life.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "4")]
    pub turn_burst: u32,
    /// Time after which it may get it once more
    ///
    /// Ten times as often as an honest one asks.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "30s")]
    pub turn_every: Duration,
    /// How often one address (IPv4) or /64 network (IPv6) may get it at once
    ///
    /// Each of its WebSockets once.
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>, default_value = "256")]
    pub turn_burst_per_address: u32,
    /// Time after which an address may get it once more
    ///
    /// All of its WebSockets again within 5 min, as often as honest ones ask.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "1s")]
    pub turn_every_per_address: Duration,

    /// Shortest time that peers are told to stay away when the server stops
    ///
    /// A restart takes about that. Each stays away for half to all of what it was told.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "1s")]
    pub retry_min: Duration,
    /// Time over which their return is spread out beyond that
    ///
    /// 10,000 WebSockets are 500 a second.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "20s")]
    pub retry_spread: Duration,
    /// Time for everything to finish when the server stops
    ///
    /// More than --close-time.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "5s")]
    pub drain: Duration,
}

impl Limits {
    /// What stands above these options in `--help`.
    pub const HEADING: &str = "Limits (times like 10s or 2min, sizes like 16KiB)";
}

impl Default for Limits {
    fn default() -> Self {
        let command = Self::augment_args(Command::new("limits").no_binary_name(true));
        let matches = command.get_matches_from([""; 0]);
        Self::from_arg_matches(&matches).expect("every limit has a default")
    }
}
