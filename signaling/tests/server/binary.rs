//! The program itself: what it prints, what it never logs, and how it ends.

use crate::client::{Client, DOOR, MESH, get, soon};
use signal_proto::{Role, ServerMessage, Tag, close};
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// The program, in an environment that says nothing to it.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linkspan-signaling"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LINKSPAN_") {
            command.env_remove(name);
        }
    }
    command
}

/// The program with `flags` on a free port, the first line that it prints, and the rest of that stream.
async fn run(flags: &[&str]) -> (Child, String, BufReader<ChildStdout>) {
    let mut command = program();
    command.args(["--port", "0"]).args(flags);
    start(&mut command).await
}

/// The same with any command.
pub(crate) async fn start(command: &mut Command) -> (Child, String, BufReader<ChildStdout>) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    soon(out.read_line(&mut line)).await.unwrap();
    (child, line, out)
}

/// Ends it as a service manager does; returns whether it ended well, what else it printed and what it logged.
pub(crate) async fn terminate(
    mut child: Child,
    mut out: impl AsyncReadExt + Unpin,
) -> (bool, String, String) {
    let kill = format!("kill -TERM {}", child.id().unwrap());
    assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
    let (mut rest, mut log) = (String::new(), String::new());
    let mut err = child.stderr.take().unwrap();
    soon(async { tokio::try_join!(out.read_to_string(&mut rest), err.read_to_string(&mut log)) })
        .await
        .unwrap();
    (soon(child.wait()).await.unwrap().success(), rest, log)
}

#[tokio::test]
async fn it_prints_one_line_logs_nothing_sealed_and_ends_politely() {
    for format in ["text", "json"] {
        one_line_nothing_sealed(format).await;
    }
}

async fn one_line_nothing_sealed(format: &str) {
    let (child, line, out) = run(&["--log", "trace", "--log-format", format]).await;
    let address = line.strip_prefix("Linkspan is at http://").and_then(|rest| rest.strip_suffix("/\n"));
    let address: SocketAddr = address.unwrap_or_else(|| panic!("{line}")).parse().unwrap();

    let (tag, envelope) = (Tag(*b"canary-tag-bytes"), b"canary-envelope-bytes".to_vec());
    let (mut one, _) = Client::joined(address, tag, Role::Mesh).await;
    let (mut two, seen) = Client::joined(address, tag, Role::Mesh).await;
    let handle = one.attached().await;
    two.say(tag, None, &envelope).await;
    let message = ServerMessage::Message { tag, from: handle, bytes: envelope.clone() };
    assert_eq!(one.message().await, message);
    // Errors must not quote what caused them either.
    let (mut wrong, _) = Client::joined(address, DOOR, Role::Listen).await;
    wrong.say(tag, Some(handle), &envelope).await;
    assert_eq!(wrong.closed().await, close::BAD_TAG);
    let (mut text, _) = Client::joined(address, MESH, Role::Mesh).await;
    text.send_raw("canary-text".into()).await;
    assert_eq!(text.closed().await, close::BAD_MESSAGE);
    get(address, "/canary-path?canary-query").await;
    let own_address = one.0.get_ref().local_addr().unwrap().to_string();

    let (well, rest, log) = terminate(child, out).await;
    assert!(well, "{log}");
    assert_eq!(rest, "", "one line, and no more");
    assert!(log.contains("socket ends") && log.contains("stopped"), "it does log:\n{log}");
    if format == "json" {
        let objects = log.lines().map(serde_json::from_str::<serde_json::Value>);
        assert!(
            objects.map(Result::unwrap).all(|line| line["level"].is_string()),
            "one object a line:\n{log}"
        );
    }
    let mut canaries = vec!["canary".to_owned(), own_address];
    for bytes in [&tag.0[..], &envelope, &handle.0, &seen[0].0] {
        let decimal = format!("{bytes:?}");
        canaries.push(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        canaries.push(decimal.trim_matches(['[', ']']).to_owned());
    }
    for canary in canaries {
        assert!(!log.to_lowercase().contains(&canary.to_lowercase()), "{canary} was logged:\n{log}");
    }
}

#[tokio::test]
async fn with_a_certificate_of_its_own_it_says_https_and_the_fingerprint() {
    let (child, line, out) = run(&["--tls-self-signed"]).await;
    assert!(line.starts_with("Linkspan is at https://127.0.0.1:"), "{line}");
    let (well, _, log) = terminate(child, out).await;
    assert!(well);
    let fingerprint = log.lines().find_map(|l| l.strip_prefix("The certificate's SHA-256 fingerprint is "));
    assert_eq!(fingerprint.map(str::len), Some(32 * 3 - 1), "{log}");
}
