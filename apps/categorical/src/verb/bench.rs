//! `bench`: how long a sample and a bound take.

use crate::evaluation::spread;
use crate::generator::Opened;
use crate::process::Request;
use clap::Args;
use halation_train::app::RunArgs;
use std::time::Instant;

/// Arguments of `bench`.
#[derive(Args)]
pub struct BenchArgs {
    #[command(flatten)]
    run: RunArgs,
    /// How often each is measured
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Steps of a diffusion
    #[arg(long)]
    steps: Option<usize>,
    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// Times one sequence at a time, as published tables do, and a batch.
pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let opened = Opened::new(&args.run)?;
    let generator = opened.generator();
    let indices = spread(opened.dataset.count("test")?, 32);
    let sample = |count: usize| {
        median(args.rounds, |round| {
            let request = Request { steps: args.steps, ..Request::plain(count, round) };
            generator.sample(request).map(drop)
        })
    };
    let (one, batch) = (sample(1)?, sample(16)?);
    let bound = median(args.rounds, |round| generator.bounds("test", &indices, 1, round, |_| {}).map(drop))?;
    if args.json {
        let document = serde_json::json!({
            "seconds_one_sample": one, "seconds_16_samples": batch, "seconds_32_bounds": bound, "length": opened.dataset.length
        });
        println!("{}", serde_json::to_string_pretty(&document)?);
    } else {
        println!("sequences of {} symbols, median of {} rounds", opened.dataset.length, args.rounds);
        println!(
            "one sample     {one:>9.3} s\n16 samples     {batch:>9.3} s\n32 bounds      {bound:>9.3} s (one draw each)"
        );
    }
    Ok(())
}

fn median(rounds: usize, mut work: impl FnMut(u64) -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let mut seconds = Vec::new();
    for round in 0..rounds.max(1) {
        let start = Instant::now();
        work(round as u64)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}
