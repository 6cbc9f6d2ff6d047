//! `cargo xtask repro`: the experiments behind every claim in the docs.

mod curves;
mod page;
mod recipe;
mod statistic;

use crate::app::{self, Backend};
use crate::root::workspace_root;
use crate::train;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use recipe::Recipe;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Arguments of `cargo xtask repro`.
#[derive(Args)]
pub struct ReproArgs {
    /// instant: seconds, CI; check: minutes a run, several seeds, writes docs/results; full: the papers' settings
    #[arg(long, value_enum)]
    tier: Tier,
    /// Only the recipes whose name contains this
    #[arg(long)]
    only: Option<String>,
    /// Folder that holds the real data sets (what the recipes call `${data}`)
    #[arg(long)]
    data: Option<std::path::PathBuf>,
    /// Keep finished runs and re-use them and what they measured, instead of starting afresh
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tier {
    Instant,
    Check,
    Full,
}

impl Tier {
    fn folder(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Check => "check",
            Self::Full => "full",
        }
    }
}

/// The metrics of every seed of one recipe: name to values, in the order of the seeds.
pub type Metrics = BTreeMap<String, Vec<f64>>;

/// Trains and evaluates every recipe of the tier, writes its pages, and fails if a band is missed.
pub fn run(args: &ReproArgs) -> anyhow::Result<()> {
    let data = data_folder(args.data.as_deref());
    let mut missed = Vec::new();
    for app in app::apps()? {
        let folder = workspace_root().join("apps").join(&app).join("recipes");
        let recipes = recipe::read_all(&folder.join(args.tier.folder()), args.only.as_deref())?;
        if recipes.is_empty() {
            continue;
        }
        let binary = app::build(&app, Backend::Flex)?;
        let mut measured = Vec::new();
        for recipe in recipes {
            if recipe.needs_data && data.is_none() {
                println!("repro: {}: skipped, its data set is not here (--data DIR)", recipe.name);
                continue;
            }
            let metrics = measure(&binary, &recipe, args, data.as_deref())?;
            missed.extend(recipe.missed(&metrics));
            println!("repro: {}: {}", recipe.name, recipe.summary(&metrics));
            measured.push((recipe, metrics));
        }
        let all = recipe::read_all(&folder.join(args.tier.folder()), None)?;
        page::write_all(&folder, &workspace_root().join("docs/results"), &measured, &all)?;
    }
    if missed.is_empty() {
        return Ok(());
    }
    for line in &missed {
        eprintln!("repro: {line}");
    }
    bail!("{} figure(s) outside the band their recipe expects", missed.len())
}

fn measure(binary: &Path, recipe: &Recipe, args: &ReproArgs, data: Option<&Path>) -> anyhow::Result<Metrics> {
    let mut metrics = Metrics::new();
    for &seed in &recipe.seeds {
        let run = train::run_dir(&recipe.path, seed);
        if !args.keep && run.exists() {
            std::fs::remove_dir_all(&run).with_context(|| format!("could not clear {}", run.display()))?;
        }
        // The report is what training writes last.
        if !run.join("report.html").is_file() {
            let mut rest = Vec::new();
            if let (true, Some(data)) = (recipe.needs_data, data) {
                rest.extend(["--data".to_owned(), data.join(&recipe.data_folder).display().to_string()]);
            }
            train::train(binary, &recipe.path, seed, &run, &rest)?;
        }
        flatten("", &evaluation(binary, &run)?, &mut metrics);
        metrics.entry("train.seconds".to_owned()).or_default().extend(training_seconds(&run));
    }
    Ok(metrics)
}

/// What training has measured in the end; of a run of before there was such a file, what `eval` measures now.
fn evaluation(binary: &Path, run: &Path) -> anyhow::Result<Value> {
    let file = run.join("evaluation.json");
    if file.is_file() {
        let text = std::fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
        return serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()));
    }
    let output = Command::new(binary).args(["eval", "--json", "--run"]).arg(run).output()?;
    if !output.status.success() {
        bail!("evaluating {} failed: {}", run.display(), String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("eval --json printed no JSON")
}

/// What the last session of a run has spent on training steps.
fn training_seconds(run: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(run.join("timing.jsonl")).ok()?;
    serde_json::from_str::<Value>(text.lines().last()?).ok()?["seconds_in_session"].as_f64()
}

/// Numbers of a JSON document under dotted names.
fn flatten(name: &str, value: &Value, into: &mut Metrics) {
    match value {
        Value::Number(number) => into.entry(name.to_owned()).or_default().extend(number.as_f64()),
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, into);
            }
        }
        _ => {}
    }
}

fn data_folder(named: Option<&Path>) -> Option<std::path::PathBuf> {
    let folder = named.map(Path::to_path_buf).or_else(|| std::env::var_os("HALATION_DATA").map(Into::into));
    let folder = folder.unwrap_or_else(|| workspace_root().join("../shared/data"));
    folder.is_dir().then_some(folder)
}
