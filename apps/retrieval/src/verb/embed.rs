//! `embed`: images or captions become a file of means and log-variances.

use crate::dataset::data_error;
use crate::embedder::{Embedder, rows};
use anyhow::{Context, anyhow};
use clap::Args;
use halation_core::dist::DiagNormal;
use halation_data::caption::ImageSource;
use halation_data::format::EmbeddingFile;
use halation_data::image::{DecodeLimits, decode};
use halation_train::device::select_device;
use halation_train::user_error::user;
use std::path::{Path, PathBuf};

/// Arguments of `embed`.
#[derive(Args)]
pub struct EmbedArgs {
    /// Run directory
    #[arg(long)]
    pub run: PathBuf,
    /// Folder of images, read in the order of their names
    #[arg(long, conflicts_with = "captions", required_unless_present = "captions")]
    pub images: Option<PathBuf>,
    /// Text file, one caption a line; ids are line numbers from 1, or what stands before a tab
    #[arg(long)]
    pub captions: Option<PathBuf>,
    /// File to write: .safetensors or .parquet
    #[arg(long)]
    pub out: PathBuf,
    /// Device, as for train
    #[arg(long)]
    pub device: Option<String>,
}

/// Embeds and writes; bad images are skipped, counted and named.
pub fn run(args: &EmbedArgs) -> anyhow::Result<()> {
    let embedder = Embedder::open(&args.run, &select_device(args.device.as_deref())?)?;
    let (ids, embeddings) = match (&args.images, &args.captions) {
        (Some(folder), _) => images(&embedder, folder)?,
        (None, Some(file)) => captions(&embedder, file)?,
        (None, None) => unreachable!("clap asks for one of the two"),
    };
    let count = ids.len();
    let [_, dim] = embeddings.dims();
    let log_var = embedder.is_probabilistic().then(|| rows(embeddings.log_var().0));
    EmbeddingFile::new(ids, dim, rows(embeddings.mean()), log_var)
        .and_then(|file| file.write(&args.out))
        .map_err(data_error)?;
    eprintln!("wrote {count} embeddings to {}", args.out.display());
    Ok(())
}

type Embedded = (Vec<String>, DiagNormal);

fn images(embedder: &Embedder, folder: &Path) -> anyhow::Result<Embedded> {
    let entries = std::fs::read_dir(folder).map_err(|error| user(anyhow!("{}: {error}", folder.display())))?;
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    paths.sort();
    let (mut ids, mut pixels) = (Vec::new(), Vec::new());
    for path in paths {
        match decode(&ImageSource::File(path.clone()), &DecodeLimits::default()) {
            Ok(image) => {
                ids.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
                pixels.push(embedder.resize(&image));
            }
            Err(error) => eprintln!("skipped: {error}"),
        }
    }
    if ids.is_empty() {
        return Err(user(anyhow!("{} holds no image that can be read", folder.display())));
    }
    Ok((ids, embedder.images(&pixels)?))
}

fn captions(embedder: &Embedder, file: &Path) -> anyhow::Result<Embedded> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string()).map_err(user)?;
    let (mut ids, mut captions) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (id, caption) = match line.split_once('\t') {
            Some((id, caption)) => (id.to_owned(), caption),
            None => ((number + 1).to_string(), line),
        };
        ids.push(id);
        captions.push(caption.to_owned());
    }
    if ids.is_empty() {
        return Err(user(anyhow!("{} holds no caption", file.display())));
    }
    Ok((ids, embedder.captions(&captions)?))
}
