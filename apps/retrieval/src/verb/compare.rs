//! `compare`: is one run better than another, or is it chance?

use crate::dataset::Dataset;
use crate::embedder::Embedder;
use crate::evaluation::ranks_of_split;
use anyhow::anyhow;
use clap::{Args, ValueEnum};
use halation_core::metric::{PairedSignificance, PairedTest, RankMetric, TwoWay};
use halation_train::device::select_device;
use halation_train::user_error::user;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `compare`.
#[derive(Args)]
pub struct CompareArgs {
    /// First run directory: the baseline
    #[arg(long, value_name = "RUN")]
    pub base: PathBuf,
    /// Second run directory; differences are this one less the baseline
    #[arg(long)]
    pub run: PathBuf,
    /// What is compared, query by query
    #[arg(long, value_enum, default_value_t = Metric::RPrecision)]
    pub metric: Metric,
    /// train, val or test
    #[arg(long, default_value = "test")]
    pub split: String,
    /// Folder of the data set, if it has moved since training
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Resamples of the bootstrap and of the sign-flip test
    #[arg(long, default_value_t = PairedTest::default().resamples)]
    pub resamples: usize,
    /// Device, as for train
    #[arg(long)]
    pub device: Option<String>,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// A metric that every query has.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Metric {
    /// R-Precision
    RPrecision,
    /// mAP@R
    MapAtR,
    /// Recall at 1
    R1,
    /// Recall at 5
    R5,
    /// Recall at 10
    R10,
}

impl From<Metric> for RankMetric {
    fn from(metric: Metric) -> Self {
        match metric {
            Metric::RPrecision => Self::RPrecision,
            Metric::MapAtR => Self::MapAtR,
            Metric::R1 => Self::RecallAt(1),
            Metric::R5 => Self::RecallAt(5),
            Metric::R10 => Self::RecallAt(10),
        }
    }
}

/// Evaluates both runs on the same split and prints the difference with its interval and p, per direction.
pub fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let (base_data, base) = per_query(&args.base, args)?;
    let (run_data, run) = per_query(&args.run, args)?;
    if base_data != run_data {
        return Err(user(anyhow!(
            "{} and {} were not made on the same data (sha256 {base_data} and {run_data}): their queries cannot be paired; \
             train both on one data set, or name it with --data",
            args.base.display(),
            args.run.display()
        )));
    }
    let test = PairedTest { resamples: args.resamples, ..PairedTest::default() };
    let found = TwoWay { i2t: test.compare(&base.i2t, &run.i2t)?, t2i: test.compare(&base.t2i, &run.t2i)? };
    let name = RankMetric::from(args.metric).to_string();
    if args.json {
        let side = |found: &PairedSignificance| {
            json!({"queries": found.queries, "difference": found.difference, "interval": found.interval,
                   "p": found.p, "exact": found.exact})
        };
        let document = json!({"split": args.split, "metric": name, "i2t": side(&found.i2t), "t2i": side(&found.t2i)});
        println!("{}", serde_json::to_string_pretty(&document)?);
        return Ok(());
    }
    println!("{name} of {} less that of {}, on `{}`:", args.run.display(), args.base.display(), args.split);
    for (direction, found) in [("image to text", found.i2t), ("text to image", found.t2i)] {
        let [low, high] = found.interval.map(|end| 100.0 * end);
        println!(
            "{direction}: {:+.2} points, 95 % interval {low:+.2} to {high:+.2}, p = {:.4} over {} queries",
            100.0 * found.difference,
            found.p,
            found.queries
        );
    }
    Ok(())
}

/// The digest of the data and the metric of every query.
fn per_query(run: &Path, args: &CompareArgs) -> anyhow::Result<(String, TwoWay<Vec<Option<f64>>>)> {
    let embedder = Embedder::open(run, &select_device(args.device.as_deref())?)?;
    let mut data = embedder.recipe().data.clone();
    if let Some(folder) = &args.data {
        data.dir = Some(folder.clone());
    }
    let dataset = Dataset::load(&data)?;
    let ranks = ranks_of_split(&embedder, dataset.split(&args.split)?)?;
    let values = ranks.as_ref().try_map(|direction| direction.per_query(args.metric.into()))?;
    Ok((dataset.sha256, values))
}
