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
