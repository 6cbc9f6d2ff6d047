//! `export`: what another program needs to use a trained model.

use crate::generator::{CLASSES, Opened};
use anyhow::{Context, anyhow};
use clap::Args;
use halation_models::weights;
use halation_train::app::RunArgs;
use halation_train::user_error::user;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `export`.
#[derive(Args)]
pub struct ExportArgs {
    #[command(flatten)]
    run: RunArgs,
    /// Folder to make: model.safetensors, recipe.toml, classes.json
    #[arg(long)]
    out: PathBuf,
}

/// Writes the files; a folder that is not empty is refused.
pub fn run(args: &ExportArgs) -> anyhow::Result<()> {
    let opened = Opened::new(&args.run)?;
    if args.out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(user(anyhow!("{} is not empty; name a new folder", args.out.display())));
    }
    std::fs::create_dir_all(&args.out).with_context(|| args.out.display().to_string())?;
    weights::save(opened.network(), args.out.join("model.safetensors"), &BTreeMap::new())?;
    for name in ["recipe.toml", CLASSES] {
        let from = args.run.run.join(name);
        if from.is_file() {
            std::fs::copy(&from, args.out.join(name)).with_context(|| from.display().to_string())?;
        }
    }
    eprintln!("wrote {}", args.out.display());
    Ok(())
}
