//! `cargo xtask run`: from a fresh clone to a page that can be opened.

use crate::page;
use crate::project::{self, Project};
use crate::shell;
use crate::wasm::Size;
use anyhow::{Context, Result, bail, ensure};
use std::io::ErrorKind;
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Address to listen on; any other than loopback needs TLS for browsers to allow what the page does
    #[arg(long, default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Optimised server with the page inside its binary
    #[arg(long)]
    release: bool,
    /// Certificate chain (PEM)
    #[arg(long, requires = "tls_key", conflicts_with = "tls_self_signed")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Make a certificate for this run; browsers will ask whether to trust it
    #[arg(long)]
    tls_self_signed: bool,
    /// Further options for the server, after `--`
    #[arg(last = true)]
    server: Vec<String>,
}

/// Builds what changed and becomes the server.
///
/// # Errors
/// If something does not build, or the port is taken.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    check_port(options.bind, options.port)?;
    page::build(project, if options.release { Size::Smallest } else { Size::AsIs })?;
    let program = build_server(project, if options.release { RELEASE } else { DEBUG })?;
    let mut server = Command::new(program);
    server.arg("--bind").arg(options.bind.to_string()).arg("--port").arg(options.port.to_string());
    if let (Some(cert), Some(key)) = (&options.tls_cert, &options.tls_key) {
        server.arg("--tls-cert").arg(cert).arg("--tls-key").arg(key);
    }
    if options.tls_self_signed {
        server.arg("--tls-self-signed");
    }
    server.args(&options.server);
    become_server(&mut server)
}

/// The server alone, as fast to build as can be.
pub(crate) const DEBUG: &[&str] = &["--package", "signaling"];
/// The server alone, optimised, with the page inside.
pub(crate) const RELEASE: &[&str] = &["--package", "signaling", "--release"];

/// Builds the server with these options of cargo and says where its program is.
///
/// # Errors
/// If it does not build.
pub(crate) fn build_server(project: &Project, options: &[&str]) -> Result<PathBuf> {
    let mut cargo = shell::command(project::cargo(), &project.root);
    cargo.args(["build", "--bin", "linkspan-signaling"]).args(options);
    shell::step("server", || shell::run(&mut cargo))?;
    let program = format!("linkspan-signaling{}", std::env::consts::EXE_SUFFIX);
    let profile = if options.contains(&"--release") { "release" } else { "debug" };
    let program = project.target.join(profile).join(program);
    ensure!(program.is_file(), "the server was built, but {} is not there", program.display());
    Ok(program)
}

/// Says it before minutes of building, not after.
fn check_port(bind: IpAddr, port: u16) -> Result<()> {
    match TcpListener::bind((bind, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {port} on {bind} is in use: end what listens there, or choose another with `--port N` (0 takes a free one)"
        ),
        Err(error) if error.kind() == ErrorKind::AddrNotAvailable => {
            bail!("{bind} is no address of this machine: `--bind 0.0.0.0` listens on all of them")
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            bail!("not allowed to listen on port {port}: choose one from 1024 on with `--port N`")
        }
        Err(error) => Err(error).with_context(|| format!("can't listen on {bind}, port {port}")),
    }
}

#[cfg(unix)]
fn become_server(server: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    // Signals and the exit code are the server's own.
    Err(server.exec()).context("the server does not start")
}

#[cfg(not(unix))]
fn become_server(server: &mut Command) -> Result<()> {
    let status = server.status().context("the server does not start")?;
    ensure!(status.success(), "the server ended ({status})");
    Ok(())
}
