//! `cargo xtask bench`: the same work in this workspace and in the reference, in one run, as ratios.

use crate::app::{self, Backend};
use crate::parity::virtual_environment;
use crate::root::workspace_root;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Arguments of `cargo xtask bench`.
#[derive(Args)]
pub struct BenchArgs {
    /// A Python with torch, torchvision and eccv_caption; without it a virtual environment is made below target/
    #[arg(long)]
    python: Option<PathBuf>,
    /// Only the benchmarks whose name contains this: steps, score
    #[arg(long)]
    only: Option<String>,
}

/// Runs each pair once in turn, and prints min, median and max of both sides and the ratio of the medians.
pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => {
            let python = virtual_environment(&workspace_root().join("target/parity-venv"))?;
            let status = Command::new(&python).args(["-m", "pip", "install", "--quiet", "eccv_caption"]).status()?;
            if !status.success() {
                bail!("could not install eccv_caption");
            }
            python
        }
    };
    let wanted = |name: &str| args.only.as_deref().is_none_or(|part| name.contains(part));
    if wanted("steps") {
        steps(&python)?;
    }
    if wanted("score") {
        score(&python)?;
    }
    Ok(())
}

/// Training steps: heads with the PCME loss on cached features, and a ResNet-18.
fn steps(python: &Path) -> anyhow::Result<()> {
    let root = workspace_root();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut ours = Command::new(cargo);
    ours.current_dir(&root).args(["bench", "--quiet", "--profile", "dev", "--package", "halation-models", "--bench", "steps"]);
    let ours = timings(&mut ours)?;
    let theirs = timings(Command::new(python).arg(root.join("xtask/bench/pytorch_steps.py")))?;
    for (name, seconds) in &ours {
        if let Some((_, reference)) = theirs.iter().find(|(other, _)| other == name) {
            report(name, seconds, "PyTorch", reference);
        }
    }
    Ok(())
}

/// Evaluation of COCO 5K from embeddings, against the eccv_caption package on the same files.
fn score(python: &Path) -> anyhow::Result<()> {
    let root = workspace_root();
    let binary = app::build("retrieval", Backend::Flex)?;
    let work = root.join("target/bench-score");
    std::fs::create_dir_all(&work)?;
    let mut reference = Command::new(python);
    reference.arg(root.join("xtask/bench/eccv_caption_reference.py")).arg(&binary).arg(&work);
    for line in run_lines(&mut reference)? {
        println!("{line}");
    }
    Ok(())
}

type Timings = Vec<(String, Vec<f64>)>;

/// Reads `{"name": [seconds, ..], ..}` from the last line a command prints.
fn timings(command: &mut Command) -> anyhow::Result<Timings> {
    let lines = run_lines(command)?;
    let last = lines.last().context("the benchmark printed nothing")?;
    let value: Value = serde_json::from_str(last).with_context(|| format!("not a JSON line: {last}"))?;
    let seconds = |list: &Value| list.as_array().into_iter().flatten().filter_map(Value::as_f64).collect::<Vec<_>>();
    Ok(value.as_object().context("not a JSON object")?.iter().map(|(name, list)| (name.clone(), seconds(list))).collect())
}

fn run_lines(command: &mut Command) -> anyhow::Result<Vec<String>> {
    let output = command.output().with_context(|| format!("could not start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

fn report(name: &str, ours: &[f64], reference_name: &str, reference: &[f64]) {
    let spread = |seconds: &[f64]| {
        let mut sorted = seconds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
        let first = sorted.first().copied().unwrap_or(f64::NAN);
        let last = sorted.last().copied().unwrap_or(f64::NAN);
        (middle, format!("{:.1} / {:.1} / {:.1} ms", first * 1e3, middle * 1e3, last * 1e3))
    };
    let (our_median, ours) = spread(ours);
    let (reference_median, reference) = spread(reference);
    println!(
        "{name}: halation {ours}, {reference_name} {reference} (min / median / max); ratio of medians {:.2}",
        our_median / reference_median
    );
}
