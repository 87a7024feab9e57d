//! Options of the real program: flags, environment and file, what is said about wrong ones, and the exit codes.

use crate::binary::{program, start, terminate};
use crate::client::{Client, refused, request, soon};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use tokio::process::Command;

/// A file with options.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Runs what is expected to end by itself; its exit code and what it says.
async fn ends(command: &mut Command) -> (i32, String) {
    let output = soon(command.kill_on_drop(true).output()).await.unwrap();
    assert_eq!(output.stdout, b"", "nobody is told an address");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// The address that `command` serves at, once it does.
async fn served_at(command: &mut Command) -> String {
    let (child, line, out) = start(command).await;
    let (well, _, log) = terminate(child, out).await;
    assert!(well, "{log}");
    let address = line.trim().strip_prefix("Linkspan is at http://").unwrap_or_else(|| panic!("{line}{log}"));
    address.split(':').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_flag_counts_before_the_environment_and_that_before_the_file() {
    let path = file("precedence.toml", "port = 0\nbind = \"127.0.0.2\"\n");
    let with_file = || {
        let mut command = program();
        command.arg("--config").arg(&path);
        command
    };
    assert_eq!(served_at(&mut with_file()).await, "127.0.0.2");
    assert_eq!(served_at(with_file().env("LINKSPAN_BIND", "127.0.0.3")).await, "127.0.0.3");
    let mut all = with_file();
    assert_eq!(
        served_at(all.env("LINKSPAN_BIND", "127.0.0.3").args(["--bind", "127.0.0.4"])).await,
        "127.0.0.4"
    );
    assert_eq!(
        served_at(with_file().env("LINKSPAN_BIND", "")).await,
        "127.0.0.2",
        "nothing is not an address"
    );
    let mut by_environment = program();
    assert_eq!(served_at(by_environment.env("LINKSPAN_CONFIG", &path)).await, "127.0.0.2");
}

#[tokio::test]
async fn every_kind_of_value_can_stand_in_a_file() {
    let text = "port = 0\nidle = \"2min\"\nqueue-bytes = \"1MiB\"\nlisteners = 4\nlog = \"debug\"\n\
        tls-self-signed = false\nstun = \"off\"\nice-server = [\"stun:a.test\", \"stun:b.test:3478\"]\n";
    assert_eq!(served_at(program().arg("--config").arg(file("all.toml", text))).await, "127.0.0.1");
    let mut several = program();
    several.args(["--port", "0"]).env("LINKSPAN_ICE_SERVER", "stun:a.test,stun:b.test");
    let path = file("switch.toml", "port = 0\ntls-self-signed = true\n");
    let (_child, line, _out) = start(program().arg("--config").arg(path)).await;
    assert!(line.starts_with("Linkspan is at https://"), "{line}");
    assert_eq!(served_at(several.env("LINKSPAN_TLS_SELF_SIGNED", "no")).await, "127.0.0.1");
}

#[tokio::test]
async fn what_is_wrong_in_a_file_is_said_by_name_and_never_quoted() {
    for (text, named) in [
        ("prot = 1\n", "there is no option `prot`"),
        ("[limits]\nidle = \"1s\"\n", "there is no option `limits`"),
        ("config = \"another\"\n", "there is no option `config`"),
        ("help = true\n", "there is no option `help`"),
        ("port = \"canary\"\n", "the value of `port` is none for --port"),
        ("members = 65\n", "the value of `members` is none for --members"),
        ("header-bytes = 1\n", "the value of `header-bytes` is none for --header-bytes"),
        ("port = [1, 2]\n", "`port` must be a text or a number"),
        ("tls-self-signed = \"canary\"\n", "`tls-self-signed` must be true or false"),
        ("port = 0\nbind = \"canary\n", "line 2: "),
    ] {
        let (code, said) = ends(program().arg("--config").arg(file("wrong.toml", text))).await;
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("wrong.toml: ") && said.contains(named), "{text}: {said}");
        assert!(!said.contains("canary"), "{said}");
    }
    let (code, said) = ends(program().args(["--config", "missing.toml"])).await;
    assert!(code == 2 && said.contains("missing.toml: "), "{code} {said}");
}

#[tokio::test]
async fn a_limit_from_anywhere_holds() {
    let path = file("limit.toml", "sockets-per-address = 1\n");
    let mut by_file = program();
    by_file.arg("--config").arg(path);
    let mut by_environment = program();
    by_environment.env("LINKSPAN_SOCKETS_PER_ADDRESS", "1");
    let mut by_flag = program();
    by_flag.args(["--sockets-per-address", "1"]);
    for mut command in [by_file, by_environment, by_flag] {
        let (_child, line, _out) = start(command.args(["--port", "0"])).await;
        let address = line.trim().strip_prefix("Linkspan is at http://").unwrap().strip_suffix('/').unwrap();
        let address: SocketAddr = address.parse().unwrap();
        let _held = Client::open(address).await;
        assert_eq!(refused(address, request(address)).await, 429);
    }
}

#[tokio::test]
async fn options_that_are_wrong_end_with_2() {
    for wrong in [&["--nothing"][..], &["--port", "x"], &["--idle", "10"], &["--tls-cert", "a"], &["file"]] {
        assert_eq!(ends(program().args(wrong)).await.0, 2, "{wrong:?}");
    }
    let (code, said) = ends(program().env("LINKSPAN_PORT", "x")).await;
    assert!(code == 2 && said.contains("--port"), "{code} {said}");
}

#[tokio::test]
async fn an_address_that_is_taken_ends_with_3_and_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let port = address.port().to_string();
    let metrics = address.to_string();
    for flags in [["--port", &port, "--stun=off", "--log=off"], ["--port", "0", "--metrics", &metrics]] {
        let (code, said) = ends(program().args(flags)).await;
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(&format!("linkspan-signaling: cannot listen on {address}: ")), "{said}");
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_ends_with_4() {
    let none = file("none.pem", "");
    let (code, said) = ends(program().arg("--tls-cert").arg(&none).arg("--tls-key").arg(&none)).await;
    assert!(code == 4 && said.contains("none.pem"), "{code} {said}");
}

#[tokio::test]
async fn help_names_every_option_and_how_else_to_give_it() {
    let output = soon(program().arg("--help").output()).await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    for words in
        ["--config", "--bind", "--metrics", "--log-format", "--idle", "LINKSPAN_", "Exit codes: 0", "Limits"]
    {
        assert!(help.contains(words), "{words}:\n{help}");
    }
    let short = soon(program().arg("-h").output()).await.unwrap().stdout;
    assert!(!String::from_utf8(short).unwrap().contains("--idle"), "limits are nobody's first question");
}
