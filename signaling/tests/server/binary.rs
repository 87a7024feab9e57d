//! The program itself: what it prints, and how it ends.

use crate::client::soon;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

const PROGRAM: &str = env!("CARGO_BIN_EXE_linkspan-signaling");

/// The program, in an environment that says nothing to it.
pub(crate) fn program() -> Command {
    untold(Command::new(PROGRAM))
}

/// The same, and the system gives it so many files and connections.
pub(crate) fn program_with_files(most: u32) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {most} && exec \"$0\" \"$@\""), PROGRAM]);
    untold(command)
}

fn untold(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LINKSPAN_") {
            command.env_remove(name);
        }
    }
    command
}

/// The program with `flags` on a free port, the first line that it prints, and the rest of that stream.
pub(crate) async fn run(flags: &[&str]) -> (Child, String, BufReader<ChildStdout>) {
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
async fn with_a_certificate_of_its_own_it_says_https_and_the_fingerprint() {
    let (child, line, out) = run(&["--tls-self-signed"]).await;
    assert!(line.starts_with("Linkspan is at https://127.0.0.1:"), "{line}");
    let (well, _, log) = terminate(child, out).await;
    assert!(well);
    let fingerprint = log.lines().find_map(|l| l.strip_prefix("The certificate's SHA-256 fingerprint is "));
    assert_eq!(fingerprint.map(str::len), Some(32 * 3 - 1), "{log}");
}

#[tokio::test]
async fn who_lets_others_in_without_tls_is_told_what_their_browsers_refuse() {
    let everybody = ["--bind", "0.0.0.0", "--stun=off"];
    let over_tls = [&everybody[..], &["--tls-self-signed"]].concat();
    for (flags, is_told) in [(&everybody[..], true), (&over_tls, false), (&[], false)] {
        let (child, _, out) = run(flags).await;
        let (well, _, log) = terminate(child, out).await;
        assert!(well, "{log}");
        assert_eq!(
            log.contains("without TLS browsers on other computers refuse"),
            is_told,
            "{flags:?}: {log}"
        );
    }
}
