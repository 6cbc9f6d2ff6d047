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
use halation_train::app::{TrainArgs, launch};
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
    Train(TrainArgs),
    /// Evaluate a run: 5-NN accuracy, verification, uncertainty
    Eval(verb::eval::EvalArgs),
}

fn main() -> ExitCode {
    launch(|| match Cli::parse().verb {
        Verb::Train(args) => verb::train::run(&args),
        Verb::Eval(args) => verb::eval::run(&args),
    })
}
