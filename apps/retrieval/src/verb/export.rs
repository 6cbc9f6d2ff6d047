//! `export`: what another program needs to use a trained model.

use crate::embedder::Embedder;
use anyhow::{Context, anyhow};
use clap::Args;
use halation_train::device::select_device;
use halation_train::user_error::user;
use std::path::PathBuf;

/// Arguments of `export`.
#[derive(Args)]
pub struct ExportArgs {
    /// Run directory
    #[arg(long)]
    pub run: PathBuf,
    /// Folder to make: model.safetensors, recipe.toml, and the tokens: vocabulary.json, or CLIP's merges.bpe
    #[arg(long)]
    pub out: PathBuf,
}

/// Writes the three files; a folder that is not empty is refused.
pub fn run(args: &ExportArgs) -> anyhow::Result<()> {
    let embedder = Embedder::open(&args.run, &select_device(None)?)?;
    if args.out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(user(anyhow!("{} is not empty; name a new folder", args.out.display())));
    }
    std::fs::create_dir_all(&args.out).with_context(|| args.out.display().to_string())?;
    embedder.save_weights(&args.out.join("model.safetensors"))?;
    let mut names = vec!["recipe.toml"];
    names.extend(embedder.tokens().file());
    for name in &names {
        let from = args.run.join(name);
        std::fs::copy(&from, args.out.join(name)).with_context(|| from.display().to_string())?;
    }
    eprintln!("wrote {}: model.safetensors, {}", args.out.display(), names.join(", "));
    if embedder.frozen().is_some() {
        eprintln!("the weights are those of the heads; the frozen towers below them are where the recipe says");
    }
    Ok(())
}
