//! `spell`: a text with wrong symbols becomes a better one; or how good a model is at that, on text whose errors are known.

use crate::dataset::data_error;
use crate::generator::Opened;
use crate::spelling;
use anyhow::{Context, anyhow};
use clap::Args;
use halation_models::diffusion::discrete::SpellMode;
use halation_train::app::RunArgs;
use halation_train::user_error::user;
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

/// Corrects or measures.
pub fn run(args: &SpellArgs) -> anyhow::Result<()> {
    if !(0.0..=1.0).contains(&args.eps) {
        return Err(user(anyhow!("--eps is {}; it is a share, 0 to 1", args.eps)));
    }
    let opened = Opened::new(&args.run)?;
    if args.measure {
        let spelling = spelling::measure(&opened.generator(), "test", opened.recipe.eval.sequences)?;
        if args.json {
            println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "spelling": spelling }))?);
        } else {
            print!("{}", spelling::table(&spelling));
        }
        return Ok(());
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
