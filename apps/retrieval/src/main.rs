//! `halation-retrieval`: probabilistic image-caption retrieval, from images and captions to answers with uncertainty.

#![allow(clippy::print_stdout, clippy::print_stderr)] // talking to a terminal is its job

mod clip;
mod dataset;
mod embedder;
mod evaluation;
mod frozen;
mod method;
mod model;
mod published;
mod recipe;
mod report;
mod score;
mod task;
mod tokens;
mod towers;
mod verb;

use clap::{Parser, Subcommand};
use halation_train::app::launch;
use std::process::ExitCode;

/// Train, evaluate and search probabilistic embeddings of images and captions.
#[derive(Parser)]
#[command(name = "halation-retrieval", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Generate a world of small scenes, train two models on it, compare them, write a report
    Quickstart(verb::quickstart::QuickstartArgs),
    /// Train a recipe into a run directory
    Train(verb::train::RetrievalTrainArgs),
    /// Evaluate a run: recalls, R-Precision, mAP@R, uncertainty
    Eval(verb::eval::EvalArgs),
    /// Is one run better than another, or is it chance? Paired, query by query
    Compare(verb::compare::CompareArgs),
    /// Embed images or captions with a run, into a file
    Embed(verb::embed::EmbedArgs),
    /// Find images for a text, or captions for an image, each hit with its uncertainty
    Search(verb::search::SearchArgs),
    /// Classify images by the text they are nearest to, with and without the prompts the model is unsure of
    ZeroShot(verb::zero_shot::ZeroShotArgs),
    /// Score what any tool produced, by a published protocol
    Score(score::ScoreArgs),
    /// Write weights, resolved recipe and vocabulary for use from another program
    Export(verb::export::ExportArgs),
}

fn main() -> ExitCode {
    launch(|| match Cli::parse().verb {
        Verb::Quickstart(args) => verb::quickstart::run(&args),
        Verb::Train(args) => verb::train::run(&args),
        Verb::Eval(args) => verb::eval::run(&args),
        Verb::Compare(args) => verb::compare::run(&args),
        Verb::Embed(args) => verb::embed::run(&args),
        Verb::Search(args) => verb::search::run(&args),
        Verb::ZeroShot(args) => verb::zero_shot::run(&args),
        Verb::Score(args) => score::run(&args),
        Verb::Export(args) => verb::export::run(&args),
    })
}
