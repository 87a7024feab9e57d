//! Programs that the tests start, and end with the test.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Far beyond everything that happens here: a test that waits longer hangs, and says so.
const HANGS: Duration = Duration::from_secs(60);

/// Whatever `future` gives, unless it hangs.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(HANGS, future).await.expect("nothing happened")
}

/// The server's program, linked statically, with the page inside.
pub(crate) fn server() -> PathBuf {
    let path = std::env::var_os("LINKSPAN_STATIC");
    path.expect("`cargo xtask test --only deploy` builds the program and says where it is").into()
}

/// A file of `deploy/`.
pub(crate) fn example(name: &str) -> String {
    fs::read_to_string(example_path(name)).unwrap()
}

pub(crate) fn example_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

/// `text` with `new` wherever `old` stands; it must stand there, or the example has changed.
pub(crate) fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "`{old}` is not in\n{text}");
    text.replace(old, new)
}

/// An empty folder of this test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A port of loopback that was free a moment ago, for programs that cannot choose one themselves.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A running program; dropped, it is ended without a word.
pub(crate) struct Program {
    pub(crate) child: Child,
    /// Kept, so that the program can go on writing.
    _output: Lines<BufReader<Box<dyn AsyncRead + Unpin + Send>>>,
}

impl Program {
    /// Starts it and waits for a line of its standard output or error with `words`.
    pub(crate) async fn start(command: &mut Command, from: Output, words: &str) -> (Self, String) {
        let (out, err) = match from {
            Output::Standard => (Stdio::piped(), Stdio::inherit()),
            Output::Error => (Stdio::inherit(), Stdio::piped()),
        };
        let mut child =
            command.stdin(Stdio::null()).stdout(out).stderr(err).kill_on_drop(true).spawn().unwrap();
        let output: Box<dyn AsyncRead + Unpin + Send> = match from {
            Output::Standard => Box::new(child.stdout.take().unwrap()),
            Output::Error => Box::new(child.stderr.take().unwrap()),
        };
        let mut output = BufReader::new(output).lines();
        let mut said = String::new();
        while let Some(line) = soon(output.next_line()).await.unwrap() {
            if line.contains(words) {
                return (Self { child, _output: output }, line);
            }
            said += &line;
            said.push('\n');
        }
        panic!("it ended without saying `{words}`:\n{said}");
    }

    /// Ends it as a service manager does; whether it ended well.
    pub(crate) async fn terminate(mut self) -> bool {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        soon(self.child.wait()).await.unwrap().success()
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Output {
    Standard,
    Error,
}

/// Starts the server with `command` and waits until it says where it is.
pub(crate) async fn started(command: &mut Command) -> (Program, SocketAddr) {
    let (program, line) = Program::start(command, Output::Standard, "Linkspan is at ").await;
    let address = line.split("://").nth(1).and_then(|rest| rest.strip_suffix('/')).unwrap();
    let port = address.parse::<SocketAddr>().unwrap().port();
    (program, ([127, 0, 0, 1], port).into())
}
