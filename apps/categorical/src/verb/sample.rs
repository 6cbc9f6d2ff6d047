//! `sample`: new texts, or new label maps as a picture.

use crate::drawing::{animate, line, sheet};
use crate::generator::Opened;
use crate::process::{Request, SamplerName};
use anyhow::{Context, anyhow};
use clap::Args;
use halation_train::app::RunArgs;
use halation_train::user_error::user;
use std::path::PathBuf;

/// Arguments of `sample`.
#[derive(Args)]
pub struct SampleArgs {
    #[command(flatten)]
    run: RunArgs,
    /// How many
    #[arg(long, default_value_t = 4)]
    count: usize,
    /// Steps of a diffusion, fewer than it was trained with if need be
    #[arg(long)]
    steps: Option<usize>,
    /// How a diffusion in continuous time is sampled; default: first-hitting where it can be, ancestral with --steps
    #[arg(long, value_enum)]
    sampler: Option<SamplerName>,
    /// Seed of the noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// PNG file of label maps (texts go to standard output)
    #[arg(long)]
    out: Option<PathBuf>,
    /// GIF file of the way from noise to sample
    #[arg(long)]
    animate: Option<PathBuf>,
    /// Read codes without a class as the first class, whatever the recipe says
    #[arg(long)]
    map_unused: bool,
    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// Draws and shows.
pub fn run(args: &SampleArgs) -> anyhow::Result<()> {
    if args.count == 0 {
        return Err(user(anyhow!("--count is 0; ask for at least one sample")));
    }
    let opened = Opened::new(&args.run)?;
    let dataset = &opened.dataset;
    if dataset.size().is_some() && args.out.is_none() && !args.json {
        return Err(user(anyhow!("label maps are drawn as a picture: name it with --out FILE.png")));
    }
    let mut states = Vec::new();
    let mut watch = |state: &[Vec<u16>]| {
        states.push(state.to_vec());
        if !args.json && states.len() % 20 == 0 {
            eprintln!("{} states", states.len());
        }
    };
    let drawn = opened.generator().sample(Request {
        count: args.count,
        steps: args.steps,
        sampler: args.sampler,
        seed: args.seed,
        known: None,
        strict: !args.map_unused,
        watch: args.animate.is_some().then_some(&mut watch),
    })?;
    let columns = if dataset.size().is_some() { (args.count as f64).sqrt().ceil() as usize } else { 1 };
    if let Some(path) = &args.animate {
        animate(dataset, &states, columns, path)?;
        eprintln!("wrote {}", path.display());
    }
    if let Some(path) = &args.out {
        sheet(dataset, &drawn.rows, columns)?.save(path).with_context(|| path.display().to_string())?;
        eprintln!("wrote {}", path.display());
    }
    let lines: Vec<String> = drawn.rows.iter().map(|row| line(dataset, row)).collect();
    if args.json {
        let document = serde_json::json!({ "ids": drawn.rows, "text": lines, "leak": drawn.leak });
        println!("{}", serde_json::to_string_pretty(&document)?);
    } else if dataset.alphabet().is_some() {
        lines.iter().for_each(|line| println!("{line}"));
    }
    Ok(())
}
