//! `halation-categorical`: flows and diffusion over categories, from a text or a folder of label maps to bits, samples and corrections.

#![allow(clippy::print_stdout, clippy::print_stderr)] // talking to a terminal is its job

mod dataset;
mod drawing;
mod evaluation;
mod generator;
mod network;
mod process;
mod recipe;
mod report;
mod spelling;
mod task;
mod verb;

use clap::{Parser, Subcommand};
use halation_train::app::{TrainArgs, launch};
use std::process::ExitCode;

/// Train, measure and sample models of text and label maps.
#[derive(Parser)]
#[command(name = "halation-categorical", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// A flow and a diffusion on a source of known entropy, in a few minutes
    Quickstart(verb::quickstart::QuickstartArgs),
    /// Train a recipe into a run directory
    Train(TrainArgs),
    /// The bound of a run in bits for each symbol, with its standard error
    Eval(verb::eval::EvalArgs),
    /// Draw texts or label maps
    Sample(verb::sample::SampleArgs),
    /// Correct a text with a diffusion model
    Spell(verb::spell::SpellArgs),
    /// Fill the gaps of a text with a diffusion model
    Infill(verb::infill::InfillArgs),
    /// Time samples and bounds of a run
    Bench(verb::bench::BenchArgs),
    /// Turn a Wikipedia dump into the 27 symbols of text8
    FilterText8(verb::filter_text8::FilterArgs),
    /// Write what another program needs to use the model
    Export(verb::export::ExportArgs),
}

fn main() -> ExitCode {
    launch(|| match Cli::parse().verb {
        Verb::Quickstart(args) => verb::quickstart::run(&args),
        Verb::Train(args) => verb::train::run(&args),
        Verb::Eval(args) => verb::eval::run(&args),
        Verb::Sample(args) => verb::sample::run(&args),
        Verb::Spell(args) => verb::spell::run(&args),
        Verb::Infill(args) => verb::infill::run(&args),
        Verb::Bench(args) => verb::bench::run(&args),
        Verb::FilterText8(args) => verb::filter_text8::run(&args),
        Verb::Export(args) => verb::export::run(&args),
    })
}
