//! `linkspan-signaling`: flags in, one line with the address out, and a polite end on SIGINT or SIGTERM.

use clap::Parser;
use signaling::tls::Identity;
use signaling::{Config, IceServer, Limits, Server};
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use tracing::level_filters::LevelFilter;
use tracing::warn;

/// Port of STUN by its standard (RFC 8489), so that firewalls know it.
const STUN_PORT: u16 = 3478;

/// Serves the Linkspan page and introduces browsers to each other. What they say to each other afterwards goes
/// straight between them, and what passes through here is sealed: this server keeps nothing and can read nothing.
#[derive(Parser)]
#[command(name = "linkspan-signaling", version)]
struct Arguments {
    /// Address to listen on: 127.0.0.1 is this computer only, 0.0.0.0 or :: is everybody who can reach it
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,

    /// Port to listen on; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,

    /// Certificate for https, with its chain, as a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// Private key of the certificate, as a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Serve https with a certificate made for this run; browsers will ask whether to trust it
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    tls_self_signed: bool,

    /// Tell browsers the address they are seen from (STUN, over UDP), which they need to meet across networks.
    /// On at port 3478 of --bind unless that is this computer only; "off" turns it off
    #[arg(long, value_name = "IP:PORT|off", num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    stun: Option<StunFlag>,

    /// Further STUN server for the page to use, such as stun:stun.example.org:3478; may be given several times
    #[arg(long, value_name = "URL")]
    ice_server: Vec<IceServer>,

    /// How much to log to standard error: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value_t = LevelFilter::INFO)]
    log: LevelFilter,
}

#[derive(Clone, Copy, Debug)]
enum StunFlag {
    On,
    Off,
    At(SocketAddr),
}

impl FromStr for StunFlag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => text.parse().map(Self::At).map_err(|_| "expected IP:PORT or off"),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // No bridge from the `log` crate: what libraries say there may contain what is relayed.
    tracing_subscriber::fmt().with_max_level(arguments.log).with_writer(io::stderr).init();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linkspan-signaling: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    // Before anybody can know that the server runs.
    let told_to_stop = told_to_stop()?;
    let seen = seen_address(arguments.bind);
    let tls = identity(&arguments, seen)?;
    if let Some(identity) = tls.as_ref().filter(|identity| identity.is_self_signed()) {
        eprintln!("The certificate's SHA-256 fingerprint is {}", identity.fingerprint());
    }
    if tls.is_none() && !arguments.bind.is_loopback() {
        warn!(
            "without TLS browsers on other computers refuse what the page needs for files: give --tls-cert and \
             --tls-key, or --tls-self-signed, unless a proxy in front serves https"
        );
    }

    let scheme = if tls.is_some() { "https" } else { "http" };
    let config =
        Config { tls, stun: stun(&arguments), ice_servers: arguments.ice_server, limits: Limits::default() };
    let mut server = Server::new(config);
    let address = server
        .listen(SocketAddr::new(arguments.bind, arguments.port))
        .await
        .map_err(|error| format!("cannot listen on {} port {}: {error}", arguments.bind, arguments.port))?;
    println!("Linkspan is at {scheme}://{}/", SocketAddr::new(seen, address.port()));

    told_to_stop.await;
    server.shutdown().await;
    Ok(())
}

/// Listens for Ctrl-C and for a service manager's wish from now on; the future ends when either comes.
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(async move {
            interrupt.recv().await;
        })
    }
}

fn identity(arguments: &Arguments, seen: IpAddr) -> Result<Option<Identity>, Box<dyn Error>> {
    if arguments.tls_self_signed {
        let mut names = vec!["localhost".to_owned()];
        names.extend(
            [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST), seen].map(|ip| ip.to_string()),
        );
        names.sort();
        names.dedup();
        return Ok(Some(Identity::self_signed(names)?));
    }
    match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => Ok(Some(Identity::from_files(certificate, key)?)),
        // clap lets neither stand alone.
        _ => Ok(None),
    }
}

/// Where to answer STUN requests. Two browsers on one computer find each other without.
fn stun(arguments: &Arguments) -> Option<SocketAddr> {
    let standard = SocketAddr::new(arguments.bind, STUN_PORT);
    match arguments.stun {
        Some(StunFlag::At(address)) => Some(address),
        Some(StunFlag::On) => Some(standard),
        Some(StunFlag::Off) => None,
        None if arguments.bind.is_loopback() => None,
        // Nobody asked for it, so another STUN server on this computer is no reason not to start.
        None => match UdpSocket::bind(standard) {
            Ok(_) => Some(standard),
            Err(error) => {
                warn!(%error, "no STUN: UDP port {STUN_PORT} cannot be had");
                None
            }
        },
    }
}

/// The address under which others see this computer, if it listens on all: the one from which packets to the world
/// would leave. Nothing is sent.
fn seen_address(bind: IpAddr) -> IpAddr {
    if !bind.is_unspecified() {
        return bind;
    }
    // Addresses for documentation (RFC 5737, RFC 3849): routed like any other, owned by nobody.
    let somewhere: SocketAddr = match bind {
        IpAddr::V4(_) => (Ipv4Addr::new(192, 0, 2, 1), 9).into(),
        IpAddr::V6(_) => (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into(),
    };
    let seen = UdpSocket::bind((bind, 0)).and_then(|socket| {
        socket.connect(somewhere)?;
        socket.local_addr()
    });
    let this_computer = match bind {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    seen.map_or(this_computer, |address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn stun_with(flags: &[&str]) -> Option<SocketAddr> {
        stun(&Arguments::try_parse_from([&["linkspan-signaling"], flags].concat()).unwrap())
    }

    #[test]
    fn the_flags_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn stun_is_on_where_other_networks_can_reach_it() {
        assert_eq!(stun_with(&[]), None);
        assert_eq!(stun_with(&["--bind", "::1"]), None);
        assert_eq!(stun_with(&["--bind", "0.0.0.0"]), Some("0.0.0.0:3478".parse().unwrap()));
        assert_eq!(stun_with(&["--bind", "0.0.0.0", "--stun=off"]), None);
        assert_eq!(stun_with(&["--stun"]), Some("127.0.0.1:3478".parse().unwrap()));
        assert_eq!(stun_with(&["--stun=127.0.0.1:5000"]), Some("127.0.0.1:5000".parse().unwrap()));
    }

    #[test]
    fn half_a_tls_configuration_is_refused() {
        for flags in
            [&["--tls-cert", "a"][..], &["--tls-key", "a"], &["--tls-self-signed", "--tls-cert", "a"]]
        {
            assert!(
                Arguments::try_parse_from([&["linkspan-signaling"], flags].concat()).is_err(),
                "{flags:?}"
            );
        }
    }
}
