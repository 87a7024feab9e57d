//! A real Redis server of a test's own: on loopback, with nothing kept, ended with the test.

use crate::client::soon;
use std::net::TcpListener;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub(crate) struct Redis {
    pub(crate) port: u16,
    child: Child,
}

impl Redis {
    /// One that takes connections already.
    pub(crate) async fn start() -> Self {
        // Somebody else may take the port before Redis does.
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(child) = run(port).await {
                return Self { port, child };
            }
        }
        panic!("redis-server does not start");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Ends it at once, as a crash does.
    pub(crate) async fn kill(&mut self) {
        soon(self.child.kill()).await.unwrap();
    }

    /// Another one in its place.
    pub(crate) async fn start_again(&mut self) {
        self.child = run(self.port).await.expect("its port is free again");
    }

    /// Publishes `bytes` as any client of it can; tells how many have heard it.
    pub(crate) async fn publish(&self, channel: &str, bytes: &[u8]) -> usize {
        let publish = redis::cmd("PUBLISH").arg(channel).arg(bytes).to_owned();
        publish.query_async(&mut self.connection().await).await.unwrap()
    }

    /// The channels that somebody listens to, as soon as they are so many.
    pub(crate) async fn channels(&self, count: usize) -> Vec<String> {
        let mut connection = self.connection().await;
        let all = redis::cmd("PUBSUB").arg("CHANNELS").to_owned();
        soon(async {
            loop {
                let channels: Vec<String> = all.query_async(&mut connection).await.unwrap();
                if channels.len() == count {
                    return channels;
                }
            }
        })
        .await
    }

    /// How many keys it holds.
    pub(crate) async fn keys(&self) -> usize {
        redis::cmd("DBSIZE").query_async(&mut self.connection().await).await.unwrap()
    }

    async fn connection(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        soon(client.get_multiplexed_async_connection()).await.unwrap()
    }
}

/// None if it ended instead of taking connections.
async fn run(port: u16) -> Option<Child> {
    let mut child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
        .args(["--dir", env!("CARGO_TARGET_TMPDIR")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("redis-server: {error} (on Debian: apt-get install redis-server)"));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = soon(lines.next_line()).await.unwrap() {
        if line.contains("Ready to accept connections") {
            // Whatever else it prints must not fill the pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some(child);
        }
    }
    None
}
