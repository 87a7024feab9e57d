//! The program, on loopback only.

use crate::client::Client;
use signaling::turn::{Secret, TurnServer};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// What stands in the repository, word for word.
const SAMPLE: &str = include_str!("../../../deploy/coturn/turnserver.conf");
const SECRET: &str = "a secret of this test that both sides know";

/// Ends when dropped.
pub(crate) struct Coturn {
    child: Child,
    folder: PathBuf,
    pub(crate) port: u16,
}

impl Coturn {
    /// The sample, plus where to listen and to relay from, the secret, and `more` lines.
    pub(crate) async fn start(more: &str) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("linkspan-coturn-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = |name: &str| folder.join(name).display().to_string();
        let configuration = format!(
            "{SAMPLE}\nstatic-auth-secret={SECRET}\nlistening-port={port}\n\
             listening-ip=127.0.0.1\nlistening-ip=::1\nrelay-ip=127.0.0.1\nrelay-ip=::1\n\
             no-tls\nno-dtls\nuserdb={}\npidfile={}\nlog-file={}\nsimple-log\n{more}\n",
            path("db"),
            path("pid"),
            path("log"),
        );
        std::fs::write(folder.join("turnserver.conf"), configuration).unwrap();
        let child = Command::new("turnserver")
            .args(["-c", &path("turnserver.conf")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("turnserver is missing: apt-get install coturn");
        let coturn = Self { child, folder, port };
        coturn.anonymous(Ipv4Addr::LOCALHOST.into()).await.is_there().await;
        coturn
    }

    /// What a Linkspan server beside it hands out credentials with.
    pub(crate) fn turn(&self) -> TurnServer {
        let file = self.folder.join("secret");
        std::fs::write(&file, SECRET).unwrap();
        TurnServer::new(
            vec![format!("turn:127.0.0.1:{}", self.port).parse().unwrap()],
            Secret::from_file(&file).unwrap(),
        )
    }

    /// Somebody without credentials, who speaks from this machine's `ip`.
    pub(crate) async fn anonymous(&self, ip: IpAddr) -> Client {
        Client::new(SocketAddr::new(ip, self.port), None).await
    }

    /// Somebody with credentials for `seconds`, who speaks over IPv4.
    pub(crate) async fn user(&self, seconds: u64) -> Client {
        self.user_at(Ipv4Addr::LOCALHOST.into(), seconds).await
    }

    /// The same over IPv6.
    pub(crate) async fn user_v6(&self, seconds: u64) -> Client {
        self.user_at(Ipv6Addr::LOCALHOST.into(), seconds).await
    }

    /// The same over IPv4, for somebody whom the Linkspan server has seen at `ip`.
    pub(crate) async fn user_named_after(&self, ip: IpAddr, seconds: u64) -> Client {
        let right = self.turn().right(ip, 4, SystemTime::now(), Duration::from_secs(seconds));
        Client::new(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.port), Some(right)).await
    }

    /// A number of the sample.
    pub(crate) fn sample(name: &str) -> u64 {
        let line = SAMPLE.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("the sample has no {name}")).parse().unwrap()
    }

    async fn user_at(&self, ip: IpAddr, seconds: u64) -> Client {
        let (now, life) = (SystemTime::now(), Duration::from_secs(seconds));
        let turn = self.turn().right(ip, 4, now, life);
        Client::new(SocketAddr::new(ip, self.port), Some(turn)).await
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        let gone = self.child.kill().and_then(|()| self.child.wait());
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.join("log"));
            eprintln!("coturn ({gone:?}) said:\n{}", log.unwrap_or_default());
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("{} stays: {error}", self.folder.display());
        }
    }
}
