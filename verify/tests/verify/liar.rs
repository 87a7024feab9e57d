//! Somebody between a real server and who asks it, who may change each answer.

use anyhow::Result;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use signaling::{Config, Server};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use verify::{Built, Client, Report, verify};

/// The page, which `cargo xtask test` builds first.
pub(crate) fn built() -> Arc<Built> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../www/dist");
    Arc::new(Built::read(&dist).expect("the page is there once `cargo xtask build --page` has built it"))
}

pub(crate) async fn real(config: Config) -> (Server, SocketAddr) {
    let mut server = Server::new(config);
    let address = server.listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    (server, address)
}

pub(crate) async fn checked(client: Client, built: Arc<Built>, url: String) -> Result<Report> {
    let ask = move || verify(&client, &built, &url.parse()?);
    tokio::task::spawn_blocking(ask).await.unwrap()
}

/// Certificate and key for `localhost` as files, and the certificate itself.
pub(crate) fn certificate(name: &str) -> (PathBuf, PathBuf, Vec<u8>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let (cert_file, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
    fs::write(&cert_file, cert.pem()).unwrap();
    fs::write(&key_file, signing_key.serialize_pem()).unwrap();
    (cert_file, key_file, cert.der().to_vec())
}

/// What is asked for.
pub(crate) struct Asked {
    pub(crate) path: String,
    /// `br`, `gzip` or `identity`.
    pub(crate) coding: String,
}

/// An answer, whose length is written down when it is sent.
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Another page or file than the one that was asked for.
    pub(crate) fn elsewhere(to: &str) -> Self {
        let headers = vec![("location".to_owned(), to.to_owned())];
        Self { status: "302 Found".to_owned(), headers, body: Vec::new() }
    }

    pub(crate) fn nothing() -> Self {
        Self { status: "404 Not Found".to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// The same with another text, for what is not compressed.
    pub(crate) fn edited(mut self, edit: impl Fn(String) -> String) -> Self {
        self.body = edit(String::from_utf8(self.body).unwrap()).into_bytes();
        self
    }
}

/// Stands before a real server.
pub(crate) struct Liar {
    pub(crate) address: SocketAddr,
    _server: Server,
    between: JoinHandle<()>,
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.between.abort();
    }
}

impl Liar {
    /// `route`: which path of the real server is meant; `lie`: what becomes of its answer.
    pub(crate) async fn start(
        route: impl Fn(&str) -> String + Send + Sync + 'static,
        lie: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (server, behind) = real(Config::default()).await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let ways = Arc::new((route, lie));
        let between = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let ways = Arc::clone(&ways);
                tokio::spawn(async move {
                    let (route, lie) = &*ways;
                    one(stream, behind, route, lie).await
                });
            }
        });
        Self { address, _server: server, between }
    }

    /// One that changes answers only.
    pub(crate) async fn saying(lie: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(str::to_owned, lie).await
    }

    pub(crate) async fn checked(&self, built: &Arc<Built>, path: &str) -> Result<Report> {
        let url = format!("http://{}{path}", self.address);
        checked(Client::new().unwrap(), Arc::clone(built), url).await
    }
}

/// One request, and its answer.
async fn one(
    mut stream: TcpStream,
    behind: SocketAddr,
    route: &impl Fn(&str) -> String,
    lie: &impl Fn(&Asked, Answer) -> Answer,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let coding = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("accept-encoding: ").map(str::to_owned));
    let asked = Asked { path, coding: coding.expect("browsers say which codings they know") };
    let answer = lie(&asked, ask(behind, &route(&asked.path), &asked.coding).await);
    let mut head = format!(
        "HTTP/1.1 {}\r\nconnection: close\r\ncontent-length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    // Who has seen enough hangs up.
    if stream.write_all(head.as_bytes()).await.is_ok() && stream.write_all(&answer.body).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

/// What the real server answers.
async fn ask(behind: SocketAddr, path: &str, coding: &str) -> Answer {
    let mut stream = TcpStream::connect(behind).await.unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {coding}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap().to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| !["content-length", "connection"].contains(name));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Answer { status, headers, body: answer[end + 4..].to_vec() }
}
