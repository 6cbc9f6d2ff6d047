//! `infill`: the gaps of a text are filled.

use crate::dataset::data_error;
use crate::drawing::line;
use crate::generator::Opened;
use crate::process::{Request, SamplerName};
use anyhow::anyhow;
use clap::Args;
use halation_train::app::RunArgs;
use halation_train::user_error::user;

/// Arguments of `infill`.
#[derive(Args)]
pub struct InfillArgs {
    #[command(flatten)]
    run: RunArgs,
    /// The text; every gap symbol in it is one open position, and what follows it up to the model's length is open too
    #[arg(long)]
    text: String,
    /// The gap symbol, one that the alphabet does not have
    #[arg(long, default_value_t = '_')]
    gap: char,
    /// How many fillings
    #[arg(long, default_value_t = 4)]
    count: usize,
    /// Steps of the diffusion
    #[arg(long)]
    steps: Option<usize>,
    /// How a diffusion in continuous time is sampled; default: first-hitting where it can be, ancestral with --steps
    #[arg(long, value_enum)]
    sampler: Option<SamplerName>,
    /// Seed of the noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// Fills and prints.
pub fn run(args: &InfillArgs) -> anyhow::Result<()> {
    let opened = Opened::new(&args.run)?;
    let dataset = &opened.dataset;
    let Some(alphabet) = dataset.alphabet() else {
        return Err(user(anyhow!("the run models label maps; filling gaps needs a run on text")));
    };
    // Checked as a whole first, gaps as some symbol, so that what is outside the alphabet is told with its place.
    let stand_in = String::from_utf8(alphabet.decode(&[0]).map_err(data_error)?)?;
    alphabet.encode("the text", args.text.replace(args.gap, &stand_in).as_bytes()).map_err(data_error)?;
    let mut known = Vec::new();
    for character in args.text.chars() {
        if character == args.gap {
            known.push(None);
        } else {
            let ids = alphabet.encode("the text", character.to_string().as_bytes()).map_err(data_error)?;
            known.extend(ids.into_iter().map(Some));
        }
    }
    let (given, length) = (known.len(), dataset.length);
    if given == 0 || given > length || args.count == 0 {
        return Err(user(anyhow!(
            "the text has {given} symbols and --count is {}; give 1 to {length} symbols, the length of the model, and a count of at least 1",
            args.count
        )));
    }
    known.resize(length, None);
    let request = Request {
        count: args.count,
        steps: args.steps,
        sampler: args.sampler,
        seed: args.seed,
        known: Some(vec![known; args.count]),
        strict: true,
        watch: None,
    };
    let drawn = opened.generator().sample(request)?;
    let lines: Vec<String> = drawn.rows.iter().map(|row| line(dataset, &row[..given])).collect();
    if args.json {
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "text": lines }))?);
    } else {
        lines.iter().for_each(|line| println!("{line}"));
    }
    Ok(())
}
