//! `score`: what any tool produced, scored by a published protocol of caption retrieval.

mod answers;
mod embedded;
mod measures;
mod outcome;

use crate::dataset::data_error;
use anyhow::anyhow;
use clap::{Args, ValueEnum};
use embedded::EmbeddedOptions;
use halation_core::metric::{CaptionProtocol, Ties};
use halation_data::format::CaptionGroundTruth;
use halation_train::user_error::user;
use outcome::Outcome;
use std::path::PathBuf;

/// Arguments of `score`.
///
/// One of three kinds of answers is scored: `--scores`, a similarity matrix; `--images` and `--captions`, two embedding files; or
/// `--rankings`, ranked id lists.
#[derive(Args)]
pub struct ScoreArgs {
    /// Which published protocol
    #[arg(long, value_enum)]
    pub protocol: Protocol,
    /// The ground truths: the folder `eccv_caption/data` of the Python package eccv_caption, or a .tar.gz of it
    #[arg(long, value_name = "DIR|FILE")]
    pub gts: PathBuf,
    /// Similarity matrix [images, captions], larger is closer: .npy or .safetensors
    #[arg(long, value_name = "FILE")]
    pub scores: Option<PathBuf>,
    /// Ids of the matrix's rows: .txt, .json or .npy [default: the images in the order of coco_test_ids.npy]
    #[arg(long, value_name = "FILE", requires = "scores")]
    pub image_ids: Option<PathBuf>,
    /// Ids of the matrix's columns: .txt, .json or .npy [default: coco_test_ids.npy]
    #[arg(long, value_name = "FILE", requires = "scores")]
    pub caption_ids: Option<PathBuf>,
    /// Image embeddings with ids, mean and log-variance: .safetensors or .parquet
    #[arg(long, value_name = "FILE", requires = "captions")]
    pub images: Option<PathBuf>,
    /// Caption embeddings
    #[arg(long, value_name = "FILE", requires = "images")]
    pub captions: Option<PathBuf>,
    /// Ranked id lists: {"i2t": {"IMAGE ID": [caption ids, best first]}, "t2i": {..}}
    #[arg(long, value_name = "FILE")]
    pub rankings: Option<PathBuf>,
    /// How two embeddings are compared, and where that is computed
    #[command(flatten)]
    pub embedded: EmbeddedOptions,
    /// Count ties against the model instead of breaking them by position
    #[arg(long)]
    pub pessimistic: bool,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// A protocol, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// 5,000 images against 25,000 captions
    #[value(name = "coco-5k")]
    Coco5k,
    /// Five folds of 1,000 images, averaged
    #[value(name = "coco-1k")]
    Coco1k,
    /// Crisscrossed Captions
    Cxc,
    /// ECCV Caption
    Eccv,
    /// All of these
    All,
}

impl Protocol {
    fn protocols(self) -> Vec<CaptionProtocol> {
        match self {
            Self::Coco5k => vec![CaptionProtocol::Coco5k],
            Self::Coco1k => vec![CaptionProtocol::Coco1k],
            Self::Cxc => vec![CaptionProtocol::Cxc],
            Self::Eccv => vec![CaptionProtocol::EccvCaption],
            Self::All => CaptionProtocol::ALL.to_vec(),
        }
    }
}

/// Scores and prints.
///
/// # Errors
/// Whatever is wrong with the arguments or a file is the user's to put right.
pub fn run(args: &ScoreArgs) -> anyhow::Result<()> {
    // Blocks of scores come and go: taking their memory from the system each time costs more than filling it.
    halation_train::keep_freed_memory();
    let protocols = args.protocol.protocols();
    let ties = if args.pessimistic { Ties::Pessimistic } else { Ties::ByIndex };
    let gts = CaptionGroundTruth::read(&args.gts).map_err(data_error)?;
    let scores = match (&args.scores, &args.images, &args.captions, &args.rankings) {
        (Some(scores), None, None, None) => {
            answers::of_matrix(scores, args.image_ids.as_deref(), args.caption_ids.as_deref(), &gts, &protocols, ties)?
        }
        (None, Some(images), Some(captions), None) => {
            let files = [images.as_path(), captions];
            if args.embedded.measure == "all" {
                let outcome = embedded::score_all(files, &args.embedded, &gts, &protocols, ties)?;
                print!("{}", if args.json { serde_json::to_string_pretty(&outcome)? + "\n" } else { outcome.table() });
                return Ok(());
            }
            embedded::score(files, &args.embedded, &gts, &protocols, ties)?
        }
        (None, None, None, Some(rankings)) => answers::of_rankings(rankings, &gts, &protocols)?,
        _ => {
            let what = "give one of: --scores FILE, --images FILE with --captions FILE, --rankings FILE";
            return Err(user(anyhow!("{what}")));
        }
    };
    let outcome = Outcome::new(&scores);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&outcome)?);
    } else {
        print!("{}", outcome.table());
    }
    Ok(())
}
