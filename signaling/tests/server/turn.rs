//! Who is given the right to use the TURN server, and that nobody else learns anything by asking.

use crate::binary::{program, start as start_program, terminate};
use crate::client::{Client, DOOR, MESH, soon, start_with};
use signal_proto::{ClientMessage, Handle, Role, ServerMessage, Tag, Turn, close};
use signaling::turn::{Secret, TurnServer};
use signaling::{Config, Limits, Server};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SECRET: &str = "canary-secret-of-sixteen-bytes-and-more";

/// A file with the secret; gone when dropped.
struct SecretFile(PathBuf);

impl SecretFile {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("linkspan-turn-{}-{name}", std::process::id()));
        std::fs::write(&path, format!("{SECRET}\n")).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

async fn with_turn(name: &str, limits: Limits) -> (Server, SocketAddr) {
    let file = SecretFile::new(name);
    let urls = ["turn:turn.test:3478", "turns:turn.test:5349?transport=tcp"].map(|url| url.parse().unwrap());
    let turn = TurnServer::new(urls.to_vec(), Secret::from_file(file.path()).unwrap());
    start_with(Config { turn: Some(turn), limits, ..Config::default() }).await
}

/// A host and a guest at its door; the host's handle.
async fn pair(address: SocketAddr) -> (Client, Client, Handle, Handle) {
    let (mut host, _) = Client::joined(address, DOOR, Role::Listen).await;
    let (guest, hosts) = Client::joined(address, DOOR, Role::Knock).await;
    let knocker = host.attached().await;
    (host, guest, hosts[0], knocker)
}

async fn talk(host: &mut Client, guest: &mut Client, to_host: Handle, to_guest: Handle) {
    guest.say(DOOR, Some(to_host), b"knock").await;
    assert!(matches!(host.message().await, ServerMessage::Message { .. }));
    host.say(DOOR, Some(to_guest), b"answer").await;
    assert!(matches!(guest.message().await, ServerMessage::Message { .. }));
}

async fn ask(client: &mut Client, tag: Tag) -> Option<Turn> {
    client.send(ClientMessage::AskTurn { tag }).await;
    match client.message().await {
        ServerMessage::Turn { turn } => turn,
        other => panic!("no answer: {other:?}"),
    }
}

#[tokio::test]
async fn who_has_talked_both_ways_gets_one_and_nobody_before() {
    let (_server, address) = with_turn("both", Limits::default()).await;
    let (mut host, mut guest, to_host, to_guest) = pair(address).await;
    assert_eq!(ask(&mut guest, DOOR).await, None, "nobody was reached");
    assert_eq!(ask(&mut host, DOOR).await, None);
    guest.say(DOOR, Some(to_host), b"knock").await;
    assert_eq!(ask(&mut guest, DOOR).await, None, "nobody has answered");
    assert!(matches!(host.message().await, ServerMessage::Message { .. }));
    assert_eq!(ask(&mut host, DOOR).await, None, "it has not answered");
    host.say(DOOR, Some(to_guest), b"answer").await;
    assert!(matches!(guest.message().await, ServerMessage::Message { .. }));

    let (one, other) = (ask(&mut host, DOOR).await.unwrap(), ask(&mut guest, DOOR).await.unwrap());
    let name = |turn: &Turn| turn.username().split_once(':').unwrap().1.to_owned();
    assert_eq!(name(&one), name(&other), "one address, one name, and so one quota");
    assert_eq!(one.urls(), ["turn:turn.test:3478", "turns:turn.test:5349?transport=tcp"]);
    assert_eq!(one.lifetime_s(), 600);
    let (ends, _) = one.username().split_once(':').unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!((now + 1..=now + 600).contains(&ends.parse().unwrap()), "it ends within ten minutes");

    // Neither the tag beside it nor a third on the same tag.
    host.join(MESH, Role::Mesh).await;
    assert_eq!(ask(&mut host, MESH).await, None);
    let (mut third, _) = Client::joined(address, DOOR, Role::Knock).await;
    assert_eq!(ask(&mut third, DOOR).await, None);
}

#[tokio::test]
async fn it_is_forgotten_that_somebody_once_talked() {
    let limits = Limits {
        turn_recent: Duration::from_millis(300),
        message_burst: u32::MAX,
        turn_burst: u32::MAX,
        turn_burst_per_address: u32::MAX,
        ..Limits::default()
    };
    let (_server, address) = with_turn("once", limits).await;
    let (mut host, mut guest, to_host, to_guest) = pair(address).await;
    talk(&mut host, &mut guest, to_host, to_guest).await;
    assert!(ask(&mut guest, DOOR).await.is_some());
    soon(async { while ask(&mut guest, DOOR).await.is_some() {} }).await;
    guest.say(DOOR, Some(to_host), b"again").await;
    assert_eq!(ask(&mut guest, DOOR).await, None, "one way is not enough");
}

#[tokio::test]
async fn one_past_each_rate_is_refused_like_everybody_else() {
    let long = Duration::from_secs(3_600);
    let limits = Limits {
        turn_burst: 2,
        turn_every: long,
        turn_burst_per_address: 3,
        turn_every_per_address: long,
        ..Limits::default()
    };
    let (_server, address) = with_turn("rate", limits).await;
    let (mut host, mut guest, to_host, to_guest) = pair(address).await;
    talk(&mut host, &mut guest, to_host, to_guest).await;
    for _ in 0..2 {
        assert!(ask(&mut host, DOOR).await.is_some());
    }
    assert_eq!(ask(&mut host, DOOR).await, None, "a socket's burst");
    assert!(ask(&mut guest, DOOR).await.is_some(), "another socket has its own");
    assert_eq!(ask(&mut guest, DOOR).await, None, "their address's burst");
}

#[tokio::test]
async fn without_a_turn_server_the_answer_is_the_same() {
    let (_server, address) = start_with(Config::default()).await;
    let (mut host, mut guest, to_host, to_guest) = pair(address).await;
    talk(&mut host, &mut guest, to_host, to_guest).await;
    assert_eq!(ask(&mut host, DOOR).await, None);
}

#[tokio::test]
async fn a_tag_that_one_is_not_on_is_a_violation() {
    let (_server, address) = with_turn("violation", Limits::default()).await;
    let (mut client, _) = Client::joined(address, DOOR, Role::Knock).await;
    client.send(ClientMessage::AskTurn { tag: MESH }).await;
    assert_eq!(client.closed().await, close::BAD_TAG);
    let mut client = Client::open(address).await;
    client.send(ClientMessage::AskTurn { tag: DOOR }).await;
    assert_eq!(client.closed().await, close::BAD_TAG);
}

#[tokio::test]
async fn the_program_hands_it_out_and_logs_none_of_it() {
    let file = SecretFile::new("program");
    let path = file.path().to_str().unwrap();
    let mut command = program();
    command.args([
        "--port",
        "0",
        "--log",
        "trace",
        "--turn-url",
        "turn:turn.test",
        "--turn-secret-file",
        path,
    ]);
    let (child, line, out) = start_program(&mut command).await;
    let address = line.strip_prefix("Linkspan is at http://").and_then(|rest| rest.strip_suffix("/\n"));
    let address: SocketAddr = address.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
    let (mut host, mut guest, to_host, to_guest) = pair(address).await;
    talk(&mut host, &mut guest, to_host, to_guest).await;
    let turn = ask(&mut guest, DOOR).await.unwrap();
    drop((host, guest));
    let (well, rest, log) = terminate(child, out).await;
    assert!(well, "{log}");
    for canary in [SECRET, turn.username(), turn.credential()] {
        assert!(!log.contains(canary) && !rest.contains(canary), "{canary} in:\n{log}{rest}");
    }
}

#[tokio::test]
async fn a_secret_that_is_none_is_a_wrong_option() {
    for (path, fault) in
        [("/nowhere/at/all", "cannot be read: "), ("/dev/null", "must hold one line of 16 to 1024 bytes")]
    {
        let output = soon(
            program().args(["--port", "0", "--turn-url", "turn:a", "--turn-secret-file", path]).output(),
        );
        let output = output.await.unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("the file of --turn-secret-file {fault}")), "{said}");
    }
}
