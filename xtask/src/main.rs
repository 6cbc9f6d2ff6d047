//! Project tasks. Depends on no crate of the workspace: it builds an app for a backend and starts it as a child.

#![allow(clippy::print_stdout, clippy::print_stderr)] // talking to a terminal is its job

mod app;
mod bench;
mod parity;
mod repro;
mod results_page;
mod root;
mod tidy;
mod train;

use clap::{Parser, Subcommand};

/// Start, check and reproduce things in this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build an app for a backend and train a recipe into runs/RECIPE-SEED
    Train(train::TrainArgs),
    /// Run the recipes of a tier, check their bands and write docs/results
    Repro(repro::ReproArgs),
    /// Re-make the golden files from PyTorch, torchvision and PIL
    Parity(parity::ParityArgs),
    /// Time this workspace against the reference implementations, in one run
    Bench(bench::BenchArgs),
    /// Check crate edges, file headers and budgets, licences and generated pages
    Tidy,
}

fn main() -> std::process::ExitCode {
    let result = match Cli::parse().task {
        Task::Train(args) => train::run(&args),
        Task::Repro(args) => repro::run(&args),
        Task::Parity(args) => parity::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Tidy => tidy::run(),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
