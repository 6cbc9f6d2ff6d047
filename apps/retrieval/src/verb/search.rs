//! `search`: a text or an image finds its matches, and says how sure it is.

use crate::dataset::{Dataset, data_error};
use crate::embedder::Embedder;
use crate::evaluation::sigma;
use anyhow::{Context, anyhow};
use burn::tensor::{Device, Tensor, TensorData};
use clap::Args;
use halation_core::dist::{DiagNormal, LogVar};
use halation_core::metric::{ScoreRows, top_k};
use halation_data::caption::ImageSource;
use halation_data::format::EmbeddingFile;
use halation_data::image::{DecodeLimits, decode};
use halation_train::device::select_device;
use halation_train::user_error::user;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `search`.
#[derive(Args)]
pub struct SearchArgs {
    /// Run directory
    #[arg(long)]
    pub run: PathBuf,
    /// Find images for this text
    #[arg(long, conflicts_with = "image", required_unless_present = "image")]
    pub text: Option<String>,
    /// Find captions for this image
    #[arg(long)]
    pub image: Option<PathBuf>,
    /// Embeddings to search, as `embed` writes them; default: the test split of the run's own data
    #[arg(long)]
    pub gallery: Option<PathBuf>,
    /// How many hits
    #[arg(long, default_value_t = 10)]
    pub top: usize,
    /// Folder of the data set, if it has moved since training
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Device, as for train
    #[arg(long)]
    pub device: Option<String>,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// The answer to a query.
#[derive(Serialize)]
struct Answer {
    query: String,
    /// How scores were computed; larger is closer.
    measure: String,
    /// Geometric mean of the query's sigma; absent for a point model.
    uncertainty: Option<f64>,
    hits: Vec<Hit>,
}

#[derive(Serialize)]
struct Hit {
    rank: usize,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    score: f32,
    uncertainty: Option<f64>,
}

struct Gallery {
    ids: Vec<String>,
    texts: Option<Vec<String>>,
    embeddings: DiagNormal,
}

/// Searches and prints.
pub fn run(args: &SearchArgs) -> anyhow::Result<()> {
    let device = select_device(args.device.as_deref())?;
    let embedder = Embedder::open(&args.run, &device)?;
    let (name, query) = match (&args.text, &args.image) {
        (Some(text), _) => (text.clone(), embedder.captions(&[text])?),
        (None, Some(path)) => {
            let image = decode(&ImageSource::File(path.clone()), &DecodeLimits::default()).map_err(data_error)?;
            (path.display().to_string(), embedder.images(&[image])?)
        }
        (None, None) => unreachable!("clap asks for one of the two"),
    };
    let gallery = match &args.gallery {
        Some(file) => from_file(file, query.dims()[1], embedder.is_probabilistic(), &device)?,
        None => from_run(&embedder, args)?,
    };
    let measure = embedder.default_measure();
    let scores = embedder.scores(measure, &query, &gallery.embeddings)?;
    let mut row = vec![0.0; scores.gallery()];
    scores.fill(0..1, &mut row);
    let widths = embedder.is_probabilistic().then(|| sigma(&gallery.embeddings));
    let hits = top_k(&row, args.top).into_iter().enumerate().map(|(rank, item)| {
        let item = item as usize;
        Hit {
            rank: rank + 1,
            id: gallery.ids[item].clone(),
            text: gallery.texts.as_ref().map(|texts| texts[item].clone()),
            score: row[item],
            uncertainty: widths.as_ref().map(|widths| widths[item]),
        }
    });
    let answer = Answer {
        query: name,
        measure: measure.to_string(),
        uncertainty: embedder.is_probabilistic().then(|| sigma(&query)[0]),
        hits: hits.collect(),
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&answer)?);
    } else {
        print(&answer);
    }
    Ok(())
}

fn print(answer: &Answer) {
    let width = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    println!("{}   (uncertainty {})", answer.query, width(answer.uncertainty));
    println!("{:>4}  {:>10}  {:>11}  hit, by {}", "rank", "score", "uncertainty", answer.measure);
    for hit in &answer.hits {
        let shown = hit.text.as_ref().unwrap_or(&hit.id);
        println!("{:>4}  {:>10.4}  {:>11}  {shown}", hit.rank, hit.score, width(hit.uncertainty));
    }
}

fn from_file(file: &Path, dim: usize, probabilistic: bool, device: &Device) -> anyhow::Result<Gallery> {
    let content = EmbeddingFile::read(file).map_err(data_error)?;
    let (name, found) = (file.display(), content.dim());
    if found != dim {
        return Err(user(anyhow!(
            "{name} holds embeddings of dimension {found}, the run's model has {dim}: embed the gallery with this run"
        )));
    }
    let (ids, mean, log_var) = content.into_parts();
    let matrix = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, [ids.len(), dim]), device);
    let mean = matrix(mean);
    let embeddings = match log_var {
        Some(log_var) => DiagNormal::new(mean, LogVar(matrix(log_var))),
        // Nothing looks at the scale of a point: `Embedder::scores` refuses the measures that would.
        None if !probabilistic => DiagNormal::new(mean.clone(), LogVar(mean.zeros_like())),
        None => {
            return Err(user(anyhow!(
                "{name} has no `log_var`, which this run's model compares: embed the gallery with this run"
            )));
        }
    };
    Ok(Gallery { embeddings, texts: None, ids })
}

fn from_run(embedder: &Embedder, args: &SearchArgs) -> anyhow::Result<Gallery> {
    let mut data = embedder.recipe().data.clone();
    if let Some(folder) = &args.data {
        data.dir = Some(folder.clone());
    }
    let dataset = Dataset::load(&data).context("the run's own data is the gallery unless --gallery names a file")?;
    let split = dataset.split("test")?;
    if args.text.is_some() {
        let ids = split.set.images.iter().map(|image| image.id.clone()).collect();
        return Ok(Gallery { ids, texts: None, embeddings: embedder.split_images(split)? });
    }
    let texts: Vec<String> = split.set.captions.iter().map(|caption| caption.text.clone()).collect();
    let ids = split.set.captions.iter().map(|caption| caption.id.clone()).collect();
    Ok(Gallery { ids, embeddings: embedder.split_captions(split)?, texts: Some(texts) })
}
