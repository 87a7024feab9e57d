//! `linkspan-signaling`: options in, one line with the address out, and a polite end on SIGINT or SIGTERM.

mod arguments;

use arguments::Arguments;
use signaling::{Config, Server};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use tracing::warn;

/// Why the program ends other than by being told to. Wrong options end it earlier, with 2.
#[derive(Debug)]
enum Failure {
    /// The system does not give what every program may have.
    System(io::Error),
    /// An address cannot be listened on.
    Listen(String),
    /// The certificate or its key cannot be used.
    Certificate(signaling::tls::IdentityError),
    /// There is no secret in the file that is to hold it.
    Secret(signaling::turn::NoSecret),
}

impl Failure {
    /// As `--help` promises.
    fn code(&self) -> u8 {
        match self {
            Self::System(_) => 1,
            Self::Listen(_) => 3,
            Self::Certificate(_) => 4,
            Self::Secret(_) => 2,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::read();
    arguments.log.start();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("linkspan-signaling: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(run(arguments));
    // Not waiting for what the system may still be asked (a name, a file): the end has its time, and that is over.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("linkspan-signaling: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    // Before anybody can know that the server runs.
    let told_to_stop = told_to_stop().map_err(Failure::System)?;
    let listen = &arguments.listen;
    let seen = listen.seen_as();
    let tls = arguments.tls.identity(seen).map_err(Failure::Certificate)?;
    if let Some(identity) = tls.as_ref().filter(|identity| identity.is_self_signed()) {
        eprintln!("The certificate's SHA-256 fingerprint is {}", identity.fingerprint());
    }
    if tls.is_none() && !listen.bind.is_loopback() {
        warn!(
            "without TLS browsers on other computers refuse what the page needs for files: give --tls-cert and \
             --tls-key, or --tls-self-signed, unless a proxy in front serves https"
        );
    }

    let scheme = if tls.is_some() { "https" } else { "http" };
    let mut server = Server::new(Config {
        tls,
        stun: arguments.ice.stun(listen.bind),
        ice_servers: arguments.ice.ice_server,
        proxies: arguments.proxy.proxies(),
        serves: arguments.page.serves(),
        page_origins: arguments.page.page_origin,
        turn: arguments.turn.turn().map_err(Failure::Secret)?,
        metrics: listen.metrics,
        backplane: arguments.nodes.backplane(),
        limits: arguments.limits,
    });
    let address =
        server.listen(listen.address()).await.map_err(|error| Failure::Listen(error.to_string()))?;
    println!("Linkspan is at {scheme}://{}/", SocketAddr::new(seen, address.port()));

    told_to_stop.await;
    // Who asks twice does not want to wait.
    let told_again = self::told_to_stop().map_err(Failure::System)?;
    tokio::select! {
        () = server.shutdown() => {}
        () = told_again => warn!("told to stop again: ending at once"),
    }
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

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => error.fmt(f),
            Self::Listen(error) => error.fmt(f),
            Self::Certificate(error) => error.fmt(f),
            Self::Secret(error) => write!(f, "the file of --turn-secret-file {error}"),
        }
    }
}
