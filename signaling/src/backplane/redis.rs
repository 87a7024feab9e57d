//! One connection to Redis, for listening and telling. It must never know what is told.

use super::exchange::Command;
use super::{Address, Key};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisError, Value};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest time for connecting, and for one answer. 3 s: less than a node's silence, and far more than Redis needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// See the module.
pub(crate) struct Redis {
    connection: MultiplexedConnection,
    closed: CancellationToken,
}

impl Redis {
    /// Connects to `address`. `hear` gets the channel and the bytes of everything that is published there for us.
    ///
    /// # Errors
    /// What the client says if that fails or takes too long.
    pub(crate) async fn connect(
        address: &Address,
        hear: impl Fn(&[u8], &[u8]) + Send + Sync + 'static,
    ) -> Result<Self, RedisError> {
        let closed = CancellationToken::new();
        let ended = closed.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(move |push: PushInfo| -> Result<(), ()> {
                match push.kind {
                    PushKind::Disconnection => ended.cancel(),
                    PushKind::Message => {
                        if let [Value::BulkString(channel), Value::BulkString(bytes)] = &push.data[..] {
                            hear(channel, bytes);
                        }
                    }
                    // Answers to what we have asked for; nothing else was.
                    _ => {}
                }
                Ok(())
            });
        let client = Client::open(address.0.clone())?;
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(Self { connection, closed })
    }

    /// Ends when Redis has closed the connection.
    pub(crate) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Sends `commands` together, and waits until Redis has done them. Tells by how many each question was heard.
    ///
    /// # Errors
    /// What the client says if one fails or takes too long.
    pub(crate) async fn send(&mut self, commands: Vec<Command>) -> Result<Vec<(Key, usize)>, RedisError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipe = redis::pipe();
        for command in &commands {
            match command {
                Command::Subscribe(channel) => pipe.cmd("SUBSCRIBE").arg(channel),
                Command::Unsubscribe(channel) => pipe.cmd("UNSUBSCRIBE").arg(channel),
                Command::Publish { channel, bytes, ask: _ } => {
                    pipe.cmd("PUBLISH").arg(channel).arg(&bytes[..])
                }
            };
        }
        let answers: Vec<Value> = pipe.query_async(&mut self.connection).await?;
        let asked = commands.iter().zip(answers).filter_map(|(command, answer)| match (command, answer) {
            (Command::Publish { ask: Some(key), .. }, Value::Int(heard_by)) => {
                Some((*key, usize::try_from(heard_by).unwrap_or(0)))
            }
            _ => None,
        });
        Ok(asked.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backplane::{Backplane, Channel};
    use signal_proto::Tag;
    use std::net::TcpListener;
    use std::process::Stdio;
    use tokio::process::{Child, Command as Program};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::task::yield_now;
    use tokio::time::timeout;

    /// A real one on loopback with nothing kept, ended when dropped, and where it is.
    fn start() -> (Child, Backplane) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Program::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("redis-server: {error} (on Debian: apt-get install redis-server)")
            });
        (child, Backplane::at(&format!("redis://127.0.0.1:{port}")).unwrap())
    }

    /// A connection, as soon as it takes some, and what is heard on it.
    async fn connect(backplane: &Backplane) -> (Redis, UnboundedReceiver<Vec<u8>>) {
        let (said, heard) = unbounded_channel();
        let connected = async {
            loop {
                let said = said.clone();
                let hear = move |_: &[u8], bytes: &[u8]| said.send(bytes.to_vec()).unwrap_or_default();
                match Redis::connect(backplane.address(), hear).await {
                    Ok(redis) => return redis,
                    Err(_) => yield_now().await,
                }
            }
        };
        (timeout(Duration::from_secs(30), connected).await.expect("it starts"), heard)
    }

    #[tokio::test]
    async fn a_question_is_told_by_how_many_it_was_heard_and_a_word_by_none() {
        let (_server, backplane) = start();
        let ((mut one, mut one_hears), (mut two, _)) = (connect(&backplane).await, connect(&backplane).await);
        let key = Key::of(Tag([7; 16]));
        let channel = backplane.channel(Channel::Tag(key));
        for redis in [&mut one, &mut two] {
            assert_eq!(redis.send(vec![Command::Subscribe(channel.clone())]).await.unwrap(), []);
        }
        let publish =
            |bytes: &[u8], ask| Command::Publish { channel: channel.clone(), bytes: bytes.into(), ask };
        let commands = vec![publish(b"a word", None), publish(b"a question", Some(key))];
        assert_eq!(two.send(commands).await.unwrap(), [(key, 2)]);
        assert_eq!(one_hears.recv().await.unwrap(), b"a word");
        assert_eq!(one_hears.recv().await.unwrap(), b"a question");
    }
}
