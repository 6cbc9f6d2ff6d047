//! `cargo xtask bench`: the same work in this workspace and in the reference, in one run, as ratios.

use crate::app::{self, Backend};
use crate::parity::virtual_environment;
use crate::root::workspace_root;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Arguments of `cargo xtask bench`.
#[derive(Args)]
pub struct BenchArgs {
    /// A Python with torch, torchvision and eccv_caption; without it a virtual environment is made below target/
    #[arg(long)]
    python: Option<PathBuf>,
    /// Only the benchmarks whose name contains this: heads, pcmepp, prolip, resnet18, score
    #[arg(long)]
    only: Option<String>,
}

/// Training steps of crates/models/benches/steps.rs and xtask/bench/pytorch_steps.py.
const STEPS: [&str; 4] = ["heads", "pcmepp", "prolip", "resnet18"];

/// How often each side is measured, in turn, so that a neighbour's load meets both.
const ROUNDS: usize = 2;

/// Runs both sides of each benchmark in turn and prints min, median and max of both, and the ratio of the medians.
pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => virtual_environment(&workspace_root().join("target/parity-venv"))?,
    };
    let wanted = |name: &str| args.only.as_deref().is_none_or(|part| name.contains(part));
    for name in STEPS.into_iter().filter(|name| wanted(name)) {
        step(name, &python)?;
    }
    if wanted("score") {
        score(&python)?;
    }
    Ok(())
}

/// One training step, ours against PyTorch, on the same number of threads.
fn step(name: &str, python: &Path) -> anyhow::Result<()> {
    let root = workspace_root();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // Of the whole workspace: another selection of packages means other features, and a second build of Burn.
        command.current_dir(&root).args(["bench", "--quiet", "--profile", "dev", "--workspace"]);
        ours.push(Times::of(command.args(["--bench", "steps", "--", name]), name)?);
        let mut command = Command::new(python);
        theirs.push(Times::of(command.arg(root.join("xtask/bench/pytorch_steps.py")).arg(name), name)?);
    }
    let (ours, theirs) = (Times::merge(&ours), Times::merge(&theirs));
    println!(
        "{name}: halation {}, PyTorch {} (ms, min / median / max); ratio of medians {:.2}, of minima {:.2}",
        ours.show(),
        theirs.show(),
        ours.median / theirs.median,
        ours.min / theirs.min
    );
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
    /// Reads `{"<name>": {"min": .., "median": .., "max": ..}}` from the last line that a command prints.
    fn of(command: &mut Command, name: &str) -> anyhow::Result<Self> {
        let output = command.output().with_context(|| format!("could not start {command:?}"))?;
        if !output.status.success() {
            bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = text.lines().last().context("the benchmark printed nothing")?;
        let value: Value = serde_json::from_str(last).with_context(|| format!("not a JSON line: {last}"))?;
        let field = |key: &str| value[name][key].as_f64().with_context(|| format!("no {name}.{key} in {last}"));
        Ok(Self { min: field("min")?, median: field("median")?, max: field("max")? })
    }

    /// Extremes of all rounds, and the smallest of their medians: the round that was disturbed least.
    fn merge(rounds: &[Self]) -> Self {
        let smallest = |of: fn(&Self) -> f64| rounds.iter().map(of).fold(f64::INFINITY, f64::min);
        let max = rounds.iter().map(|round| round.max).fold(0.0, f64::max);
        Self { min: smallest(|round| round.min), median: smallest(|round| round.median), max }
    }

    fn show(&self) -> String {
        format!("{:.1} / {:.1} / {:.1}", self.min, self.median, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::Times;

    #[test]
    fn rounds_merge_into_extremes_and_the_least_disturbed_median() {
        let merged =
            Times::merge(&[Times { min: 2.0, median: 5.0, max: 9.0 }, Times { min: 3.0, median: 4.0, max: 7.0 }]);
        assert_eq!((merged.min, merged.median, merged.max), (2.0, 4.0, 9.0));
    }
}
