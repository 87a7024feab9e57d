//! Everything one does with the project: run it, test it, take pictures of it, measure it.
//!
//! On a machine with rustup's cargo, Node and npm nothing has to be installed by hand first. xtask never holds
//! a rule of the product; it only knows how its parts are built and in which order.
#![forbid(unsafe_code)]

mod bench;
mod browser;
mod npm;
mod packed;
mod page;
mod project;
mod run;
mod shell;
mod stamp;
mod test;
mod tools;
mod verify;
mod wasm;

#[cfg(test)]
mod tidy;

use clap::{Parser, Subcommand};
use project::Project;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, test and measure Linkspan")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything that changed and start the server with the page
    Run(run::Options),
    /// Run every test of the project
    Test(test::Options),
    /// Build the page and the server, start nothing
    Build(BuildOptions),
    /// Say for each file of a server's page whether this source builds it
    Verify(verify::Options),
    /// Take a picture of every state of the page, into target/shots; or those of README.md
    Shots(browser::ShotsOptions),
    /// Measure the page or the signaling server, beside others in the same run
    Bench(bench::Options),
}

#[derive(clap::Args)]
struct BuildOptions {
    /// Optimised server with the page inside its binary
    #[arg(long)]
    release: bool,
    /// The same as one static program that needs nothing of the machine it runs on (Linux)
    #[arg(long = "static")]
    packed: bool,
    /// Only the page, into www/dist
    #[arg(long, conflicts_with_all = ["release", "packed"])]
    page: bool,
}

fn main() -> ExitCode {
    let done = Project::open().and_then(|project| match Cli::parse().command {
        Task::Run(options) => run::run(&project, &options).map(|()| ExitCode::SUCCESS),
        Task::Test(options) => test::test(&project, &options),
        Task::Build(options) => build(&project, &options).map(|()| ExitCode::SUCCESS),
        Task::Verify(options) => verify::verify(&project, &options),
        Task::Shots(options) => browser::shots(&project, &options).map(|()| ExitCode::SUCCESS),
        Task::Bench(options) => bench::bench(&project, &options).map(|()| ExitCode::SUCCESS),
    });
    done.unwrap_or_else(|error| {
        eprintln!("\ncargo xtask: {error:#}");
        ExitCode::FAILURE
    })
}

fn build(project: &Project, options: &BuildOptions) -> anyhow::Result<()> {
    page::build(project, wasm::Size::Smallest)?;
    if options.page {
        println!("page: {}", project.www().join("dist").display());
        return Ok(());
    }
    let server = if options.packed {
        packed::build(project, packed::Speed::Full)?
    } else {
        run::build_server(project, if options.release { run::RELEASE } else { run::DEBUG })?
    };
    println!("server: {}", server.display());
    Ok(())
}
