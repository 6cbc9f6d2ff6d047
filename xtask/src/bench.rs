//! `cargo xtask bench`: the same work in this workspace and in the reference, in one run, as ratios.

use crate::app::{self, Backend};
use crate::parity::virtual_environment;
use crate::root::workspace_root;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Arguments of `cargo xtask bench`.
#[derive(Args)]
pub struct BenchArgs {
    /// A Python with torch, torchvision and eccv_caption; without it a virtual environment is made below target/
    #[arg(long)]
    python: Option<PathBuf>,
    /// Only the benchmarks whose name contains this: heads, pcmepp, prolip, resnet18,
    /// text-denoiser, ar-flow, sample-ar, sample-coupling, sample-diffusion, score
    #[arg(long)]
    only: Option<String>,
}

/// Training steps and samples of crates/models/benches/steps, each with the script in xtask/bench that does the same in PyTorch.
const STEPS: [(&str, &str); 9] = [
    ("heads", "pytorch_steps.py"),
    ("pcmepp", "pytorch_steps.py"),
    ("prolip", "pytorch_steps.py"),
    ("resnet18", "pytorch_steps.py"),
    ("text-denoiser", "pytorch_categorical.py"),
    ("ar-flow", "pytorch_categorical.py"),
    ("sample-ar", "pytorch_categorical.py"),
    ("sample-coupling", "pytorch_categorical.py"),
    ("sample-diffusion", "pytorch_categorical.py"),
];

/// The end of a row's name for samples drawn by one pass of the whole network for each number: what a kept state saves.
const FULL_PASSES: &str = "-full-passes";

/// How often each side is measured, in turn, so that a neighbour's load meets both.
const ROUNDS: usize = 2;

/// Runs both sides of each benchmark in turn and prints min, median and max of both, and the ratio of the medians.
pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => virtual_environment(&workspace_root().join("target/parity-venv"))?,
    };
    let wanted = |name: &str| args.only.as_deref().is_none_or(|part| name.contains(part));
    for (name, script) in STEPS.into_iter().filter(|(name, _)| wanted(name)) {
        step(name, script, &python)?;
    }
    if wanted("score") {
        score(&python)?;
    }
    Ok(())
}

/// One training step, or the samples of one model, ours against PyTorch, on the same number of threads.
fn step(name: &str, script: &str, python: &Path) -> anyhow::Result<()> {
    let root = workspace_root();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // Of the whole workspace: another selection of packages means other features, and a second build of Burn.
        command.current_dir(&root).args(["bench", "--quiet", "--profile", "dev", "--workspace"]);
        ours.push(Times::of(command.args(["--bench", "steps", "--", name]))?);
        let mut command = Command::new(python);
        theirs.push(Times::of(command.arg(root.join("xtask/bench").join(script)).arg(name))?);
    }
    let (ours, theirs) = (Times::merge(&ours), Times::merge(&theirs));
    if !theirs.keys().any(|row| ours.contains_key(row)) {
        bail!("the two sides of {name} have no row in common");
    }
    for (row, own) in &ours {
        let Some(other) = theirs.get(row) else {
            println!("{row}: halation {} (ms, min / median / max)", own.show());
            continue;
        };
        println!(
            "{row}: halation {}, PyTorch {} (ms, min / median / max); ratio of medians {:.2}, of minima {:.2}",
            own.show(),
            other.show(),
            own.median / other.median,
            own.min / other.min
        );
    }
    let full = format!("{name}{FULL_PASSES}");
    if let (Some(kept), Some(own), Some(other)) = (ours.get(name), ours.get(&full), theirs.get(&full)) {
        println!(
            "{name}: one full pass for each number takes {:.1} times as long here, {:.1} times in PyTorch (minima; \
             PyTorch's from every eighth position, times 8)",
            own.min / kept.min,
            other.min / kept.min
        );
    }
    Ok(())
}

/// Evaluation of COCO 5K from embeddings, against the `eccv_caption` package on the same files.
fn score(python: &Path) -> anyhow::Result<()> {
    let root = workspace_root();
    let has_it = Command::new(python).args(["-c", "import eccv_caption"]).stderr(Stdio::null()).status()?.success();
    let install = ["-m", "pip", "install", "--quiet", "eccv_caption"];
    if !has_it && !Command::new(python).args(install).status()?.success() {
        bail!("could not install eccv_caption");
    }
    let binary = app::build("retrieval", Backend::Flex)?;
    let work = root.join("target/bench-score");
    let script = root.join("xtask/bench/eccv_caption_reference.py");
    let status = Command::new(python).arg(script).arg("compare").arg(&work).arg("--binary").arg(&binary).status()?;
    if !status.success() {
        bail!("the comparison with eccv_caption failed");
    }
    Ok(())
}

/// Milliseconds of some runs.
#[derive(Clone, Copy)]
struct Times {
    min: f64,
    median: f64,
    max: f64,
}

impl Times {
    /// Reads `{"<row>": {"min": .., "median": .., "max": ..}, ..}` from the last line that a command prints.
    fn of(command: &mut Command) -> anyhow::Result<BTreeMap<String, Self>> {
        let output = command.output().with_context(|| format!("could not start {command:?}"))?;
        if !output.status.success() {
            bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = text.lines().last().context("the benchmark printed nothing")?;
        let value: Value = serde_json::from_str(last).with_context(|| format!("not a JSON line: {last}"))?;
        let fields = value.as_object().with_context(|| format!("not an object: {last}"))?;
        let rows = fields.iter().filter(|(_, row)| row.is_object()).map(|(name, row)| {
            let field = |key: &str| row[key].as_f64().with_context(|| format!("no {name}.{key} in {last}"));
            Ok((name.clone(), Self { min: field("min")?, median: field("median")?, max: field("max")? }))
        });
        rows.collect()
    }

    /// Extremes of all rounds, and the smallest of their medians: the round that was disturbed least.
    fn merge(rounds: &[BTreeMap<String, Self>]) -> BTreeMap<String, Self> {
        let mut merged: BTreeMap<String, Self> = BTreeMap::new();
        for (name, row) in rounds.iter().flatten() {
            let all = merged.entry(name.clone()).or_insert(*row);
            all.min = all.min.min(row.min);
            all.median = all.median.min(row.median);
            all.max = all.max.max(row.max);
        }
        merged
    }

    fn show(&self) -> String {
        format!("{:.1} / {:.1} / {:.1}", self.min, self.median, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Times};

    #[test]
    fn rounds_merge_into_extremes_and_the_least_disturbed_median() {
        let round = |min, median, max| BTreeMap::from([("heads".to_owned(), Times { min, median, max })]);
        let merged = Times::merge(&[round(2.0, 5.0, 9.0), round(3.0, 4.0, 7.0)])["heads"];
        assert_eq!((merged.min, merged.median, merged.max), (2.0, 4.0, 9.0));
    }
}
