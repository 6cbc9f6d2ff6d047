//! `spell`: a text with wrong symbols becomes a better one; or how good a model is at that, on text whose errors are known.

use crate::dataset::data_error;
use crate::evaluation::spread;
use crate::generator::Opened;
use anyhow::{Context, anyhow};
use clap::Args;
use halation_data::baseline::NeighbourSpeller;
use halation_data::world::corrupt::substitute;
use halation_models::diffusion::discrete::{SpellCounts, SpellMode};
use halation_train::app::RunArgs;
use halation_train::user_error::user;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `spell`.
#[derive(Args)]
pub struct SpellArgs {
    #[command(flatten)]
    run: RunArgs,
    /// The text to correct
    #[arg(long, conflicts_with_all = ["file", "measure"])]
    text: Option<String>,
    /// A file with the text
    #[arg(long, conflicts_with = "measure")]
    file: Option<PathBuf>,
    /// Precision and recall on the test part with substitutions at 1, 3 and 5 %
    #[arg(long)]
    measure: bool,
    /// Share of symbols expected to be wrong
    #[arg(long, default_value_t = 0.03)]
    eps: f64,
    /// Take the network's guess wherever it differs, as published, instead of weighing it against what stands there
    #[arg(long)]
    raw: bool,
    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// One speller at one rate of errors.
#[derive(Serialize)]
struct Score {
    speller: &'static str,
    rate: f64,
    precision: f64,
    recall: f64,
    edits: u64,
    errors: u64,
    positions: u64,
    /// Symbols still wrong afterwards, by symbol; keeping everything leaves `rate`.
    error_rate_after: f64,
}

/// Corrects or measures.
pub fn run(args: &SpellArgs) -> anyhow::Result<()> {
    if !(0.0..=1.0).contains(&args.eps) {
        return Err(user(anyhow!("--eps is {}; it is a share, 0 to 1", args.eps)));
    }
    let opened = Opened::new(&args.run)?;
    if args.measure {
        return measure(args, &opened);
    }
    let text = match (&args.text, &args.file) {
        (Some(text), _) => text.clone().into_bytes(),
        (None, Some(path)) => std::fs::read(path).with_context(|| path.display().to_string()).map_err(user)?,
        (None, None) => return Err(user(anyhow!("give the text with --text or --file, or ask for --measure"))),
    };
    let corrected = correct(args, &opened, &text)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "text": corrected }))?);
    } else {
        println!("{corrected}");
    }
    Ok(())
}

fn mode(raw: bool, eps: f64) -> SpellMode {
    if raw { SpellMode::Raw } else { SpellMode::NoisyChannel { eps } }
}

/// In pieces of the model's length; the last one reaches back over what is already corrected, so that it is whole too.
fn correct(args: &SpellArgs, opened: &Opened, text: &[u8]) -> anyhow::Result<String> {
    let dataset = &opened.dataset;
    let Some(alphabet) = dataset.alphabet() else {
        return Err(user(anyhow!("the run models label maps; spelling needs a run on text")));
    };
    let mut ids = alphabet.encode("the text", text).map_err(data_error)?;
    let (given, length) = (ids.len(), dataset.length);
    if given == 0 {
        return Ok(String::new());
    }
    if given < length {
        // A model of longer sequences: the gap is filled with real text, as if the given one stood at the start of it.
        let filler = dataset.symbols("test")?.unwrap_or_default();
        ids.extend_from_slice(&filler[..length - given]);
    }
    let starts: Vec<usize> = (0..ids.len().div_ceil(length)).map(|n| (n * length).min(ids.len() - length)).collect();
    let rows: Vec<Vec<u16>> = starts.iter().map(|&start| ids[start..start + length].to_vec()).collect();
    let proposed = opened.generator().spell(&rows, args.eps, mode(args.raw, args.eps))?;
    for (start, row) in starts.into_iter().zip(proposed) {
        ids[start..start + length].copy_from_slice(&row);
    }
    alphabet.show(&ids[..given]).map_err(data_error)
}

fn measure(args: &SpellArgs, opened: &Opened) -> anyhow::Result<()> {
    let dataset = &opened.dataset;
    let Some(train) = dataset.symbols("train")? else {
        return Err(user(anyhow!("the run models label maps; spelling needs a run on text")));
    };
    let indices = spread(dataset.count("test")?, opened.recipe.eval.sequences);
    let truth: Vec<Vec<u16>> = dataset
        .sequences("test", &indices)?
        .chunks(dataset.length)
        .map(|row| row.iter().map(|&id| id as u16).collect())
        .collect();
    let neighbours = NeighbourSpeller::train(train, dataset.classes).map_err(data_error)?;
    let generator = opened.generator();
    let mut scores = Vec::new();
    for rate in [0.01, 0.03, 0.05] {
        let observed = truth
            .iter()
            .enumerate()
            .map(|(row, ids)| Ok(substitute(ids, dataset.classes, rate, row as u64).map_err(data_error)?.observed))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let by_neighbours = observed.iter().map(|row| neighbours.correct(row, rate).map_err(data_error));
        let spellers = [
            ("keep everything", observed.clone()),
            ("neighbour counts", by_neighbours.collect::<anyhow::Result<Vec<_>>>()?),
            ("network, raw", generator.spell(&observed, rate, SpellMode::Raw)?),
            ("network, noisy channel", generator.spell(&observed, rate, SpellMode::NoisyChannel { eps: rate })?),
            ("network, eps = 0", generator.spell(&observed, rate, SpellMode::NoisyChannel { eps: 0.0 })?),
        ];
        for (speller, proposed) in spellers {
            scores.push(score(speller, rate, &observed, &proposed, &truth));
        }
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&document(&scores))?);
        return Ok(());
    }
    println!("{:<26}{:>6}{:>11}{:>9}{:>9}{:>16}", "", "rate", "precision", "recall", "edits", "wrong after");
    for score in &scores {
        println!(
            "{:<26}{:>5.0}%{:>11.3}{:>9.3}{:>9}{:>15.2}%",
            score.speller,
            100.0 * score.rate,
            score.precision,
            score.recall,
            score.edits,
            100.0 * score.error_rate_after
        );
    }
    Ok(())
}

fn score(speller: &'static str, rate: f64, observed: &[Vec<u16>], proposed: &[Vec<u16>], truth: &[Vec<u16>]) -> Score {
    let mut counts = SpellCounts::default();
    let mut wrong = 0u64;
    let wide = |row: &[u16]| row.iter().map(|&id| i64::from(id)).collect::<Vec<_>>();
    for ((observed, proposed), truth) in observed.iter().zip(proposed).zip(truth) {
        counts += SpellCounts::count(&wide(observed), &wide(proposed), &wide(truth));
        wrong += proposed.iter().zip(truth).filter(|(a, b)| a != b).count() as u64;
    }
    Score {
        speller,
        rate,
        precision: counts.precision(),
        recall: counts.recall(),
        edits: counts.edits,
        errors: counts.errors,
        positions: counts.positions,
        error_rate_after: wrong as f64 / counts.positions.max(1) as f64,
    }
}

/// The scores by name, for readers that look figures up.
fn document(scores: &[Score]) -> serde_json::Value {
    serde_json::json!({ "spelling": scores })
}
