//! `cargo xtask parity`: re-makes the golden files from the Python references, on the CPU, with made-up weights.

use crate::root::{files_below, workspace_root};
use anyhow::{Context, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the scripts import.
const PACKAGES: &[&str] = &[
    "adamp",
    "ftfy",
    "nltk",
    "numpy",
    "pillow",
    "pyarrow",
    "regex",
    "safetensors",
    "scikit-learn",
    "scipy",
    "torch",
    "torchvision",
    "transformers",
];

/// Arguments of `cargo xtask parity`.
#[derive(Args)]
pub struct ParityArgs {
    /// A Python that has the packages already; without it a virtual environment is made below target/
    #[arg(long)]
    python: Option<PathBuf>,
    /// Only the scripts whose name contains this
    #[arg(long)]
    only: Option<String>,
}

/// Runs every script of xtask/parity; a script writes below the folder of the crate named in its first line.
pub fn run(args: &ParityArgs) -> anyhow::Result<()> {
    let root = workspace_root();
    let python = match &args.python {
        Some(python) => python.clone(),
        None => virtual_environment(&root.join("target/parity-venv"))?,
    };
    for script in files_below(&root.join("xtask/parity"), &|path| path.extension().is_some_and(|e| e == "py")) {
        let name = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if args.only.as_deref().is_some_and(|part| !name.contains(part)) {
            continue;
        }
        let Some(output) = destination(&script)? else { continue };
        println!("parity: {name} -> {output}");
        let status = Command::new(&python).arg(&script).arg(root.join(&output)).status()?;
        if !status.success() {
            bail!("{} failed", script.display());
        }
    }
    println!("parity: now run `cargo test --workspace` and look at `git diff --stat`");
    Ok(())
}

/// The folder named by a script's `# goldens: <folder>` line; a module that the scripts share has none.
fn destination(script: &Path) -> anyhow::Result<Option<String>> {
    let text = std::fs::read_to_string(script)?;
    Ok(text.lines().find_map(|line| line.strip_prefix("# goldens: ")).map(|folder| folder.trim().to_owned()))
}

/// Makes (or re-uses) a virtual environment with [`PACKAGES`].
pub fn virtual_environment(folder: &Path) -> anyhow::Result<PathBuf> {
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !python.is_file() {
        println!("parity: installing {} into {}", PACKAGES.join(", "), folder.display());
        let made = Command::new("python3").args(["-m", "venv"]).arg(folder).status().context("python3 is needed")?;
        let installed = made.success()
            && Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES).status()?.success();
        if !installed {
            // A half-made environment would be taken for a whole one the next time.
            std::fs::remove_dir_all(folder).ok();
            bail!("could not make the Python environment");
        }
    }
    Ok(python)
}
