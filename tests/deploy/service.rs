//! The service: systemd's own judgement of its sandbox, and the program with the configuration that it is given.

use crate::program::{example, example_path, folder, replaced, server, started};
use std::fs;
use tokio::process::Command;

/// Systemd's figure for how exposed a service is, times ten: 100 is a service without any sandbox, 16 is this one. What
/// remains is what a server is for: the network, and ports below 1024.
const EXPOSURE: &str = "--threshold=16";

async fn systemd_analyze(arguments: &[&str]) -> String {
    let done = Command::new("systemd-analyze").args(arguments).output().await.unwrap();
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success(), "{said}");
    said
}

#[tokio::test]
async fn the_service_is_sound_and_its_sandbox_tight() {
    let unit = folder("service").join("linkspan.service");
    let installed = replaced(
        &example("linkspan.service"),
        "/usr/local/bin/linkspan-signaling",
        server().to_str().unwrap(),
    );
    fs::write(&unit, installed).unwrap();
    let unit = unit.to_str().unwrap();
    let said = systemd_analyze(&["verify", "--man=no", unit]).await;
    assert!(!said.contains("linkspan.service"), "{said}");
    systemd_analyze(&["security", "--offline=yes", EXPOSURE, unit]).await;
}

#[tokio::test]
async fn the_program_takes_the_sample_of_its_configuration() {
    let sample = example_path("linkspan.toml");
    let mut command = Command::new(server());
    command.env_clear().arg("--config").arg(sample).args(["--port", "0", "--stun=off"]);
    let (program, _) = started(&mut command).await;
    assert!(program.terminate().await);
}

#[test]
fn what_the_service_starts_and_when_it_gives_up_are_the_program_s_own() {
    let unit = example("linkspan.service");
    let help = std::process::Command::new(server()).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(unit.contains("ExecStart=/usr/local/bin/linkspan-signaling --config /etc/linkspan.toml\n"));
    assert!(unit.contains("RestartPreventExitStatus=2 4\n"));
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("2 an option is wrong") && help.contains("4 the certificate"), "{help}");
}
