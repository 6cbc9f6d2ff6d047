//! `halation-hib`: hedged instance embeddings of N-digit MNIST, from idx files to figures with uncertainty.

#![allow(clippy::print_stdout, clippy::print_stderr)] // talking to a terminal is its job

mod dataset;
mod embedded;
mod embedder;
mod evaluation;
mod model;
mod plot;
mod recipe;
mod report;
mod task;
mod verb;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Train and evaluate hedged instance embeddings of digit strings.
#[derive(Parser)]
#[command(name = "halation-hib", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Train a recipe into a run directory
    Train(verb::train::TrainArgs),
    /// Evaluate a run: 5-NN accuracy, verification, uncertainty
    Eval(verb::eval::EvalArgs),
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let result = match Cli::parse().verb {
        Verb::Train(args) => verb::train::run(&args),
        Verb::Eval(args) => verb::eval::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(halation_train::user_error::exit_code(&error))
        }
    }
}
