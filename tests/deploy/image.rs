//! The image: what the last stage of deploy/Dockerfile says is done here by hand, in an empty root.

use crate::client::{Site, script_of};
use crate::program::{example, folder, server, started};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The last stage of the Dockerfile.
struct Stage {
    /// Where the program is put.
    program: String,
    user: String,
    entrypoint: Vec<String>,
    command: Vec<String>,
}

impl Stage {
    fn read() -> Self {
        let dockerfile = example("Dockerfile");
        let (_, stage) = dockerfile.rsplit_once("\nFROM ").unwrap();
        let mut lines = stage.lines();
        assert_eq!(lines.next(), Some("scratch"), "the image begins with nothing");
        let mut said = |wanted: &str| {
            let line = lines.find(|line| line.starts_with(wanted));
            line.unwrap_or_else(|| panic!("no {wanted} in its place"))[wanted.len()..].trim().to_owned()
        };
        let copy = said("COPY --from=build");
        let (built, program) = copy.split_once(' ').unwrap();
        assert!(dockerfile.contains(&format!("linkspan-signaling {built}\n")), "{built} is what was built");
        Self {
            program: program.to_owned(),
            user: said("USER"),
            entrypoint: words(&said("ENTRYPOINT")),
            command: words(&said("CMD")),
        }
    }

    /// A root with the program in it and nothing else.
    fn root(&self, name: &str) -> PathBuf {
        let root = folder(name);
        let program = root.join(self.program.trim_start_matches('/'));
        fs::copy(server(), &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        // Readable by anybody, as an image's files are: what would then be missing is missing there, too.
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        root
    }

    /// Starts it in `root` as the image's user.
    fn command(&self, root: &Path, further: &[&str]) -> Command {
        let mut command = Command::new("/usr/sbin/chroot");
        command.arg(format!("--userspec={}", self.user)).arg(root).env_clear();
        command.args(&self.entrypoint).args(&self.command).args(further);
        command
    }
}

/// `["a", "b"]`, the form of a Dockerfile that needs no shell.
fn words(list: &str) -> Vec<String> {
    let inner =
        list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).expect("no shell in the image");
    inner.split(", ").map(|word| word.trim_matches('"').to_owned()).collect()
}

#[tokio::test]
async fn in_an_empty_root_and_without_privileges_it_serves_the_page_and_brings_people_together() {
    let stage = Stage::read();
    let root = stage.root("image");
    let (program, address) = started(&mut stage.command(&root, &["--port", "0", "--stun=off"])).await;

    let status = fs::read_to_string(format!("/proc/{}/status", program.child.id().unwrap())).unwrap();
    for line in [
        "Uid:\t65532\t65532\t65532\t65532\n",
        "Gid:\t65532\t65532\t65532\t65532\n",
        "CapEff:\t0000000000000000\n",
    ] {
        assert!(status.contains(line), "no {line:?} in\n{status}");
    }
    let site = Site::plain(address);
    let (head, page) = site.get("/", "").await;
    assert!(head.starts_with("http/1.1 200") && head.contains("content-security-policy"), "{head}");
    let page = String::from_utf8(page).unwrap();
    let script = &script_of(&page);
    let (head, _) = site.get(script, "Accept-Encoding: br\r\n").await;
    assert!(head.starts_with("http/1.1 200") && head.contains("content-encoding: br"), "{head}");
    site.brings_people_together().await;

    assert!(program.terminate().await, "it ends politely");
    assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "it has written nothing");
}

#[tokio::test]
async fn tls_needs_nothing_else_in_the_image_either() {
    let stage = Stage::read();
    let root = stage.root("image-tls");
    let flags = ["--port", "0", "--stun=off", "--tls-self-signed"];
    let (program, _) = started(&mut stage.command(&root, &flags)).await;
    assert!(program.terminate().await);
}
