//! The parts of a recipe that reproduction reads; the app itself checks the rest.

use super::Metrics;
use super::statistic::Statistic;
use crate::root::files_below;
use anyhow::Context;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A recipe and what it expects.
pub struct Recipe {
    /// File stem.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Page of docs/results it belongs to, if any.
    pub page: Option<String>,
    /// Its row on that page.
    pub row: String,
    /// Seeds to run.
    pub seeds: Vec<u64>,
    /// Whether it reads a data set that is not generated.
    pub needs_data: bool,
    /// Where that data set lies below the data folder.
    pub data_folder: String,
    expect: BTreeMap<String, Band>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    repro: Repro,
    #[serde(default)]
    expect: BTreeMap<String, Band>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Repro {
    page: Option<String>,
    row: Option<String>,
    #[serde(default)]
    seeds: Vec<u64>,
    data: Option<String>,
}

/// The band in which the mean over the seeds must lie.
#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields)]
pub struct Band {
    #[serde(default = "low")]
    min: f64,
    #[serde(default = "high")]
    max: f64,
    /// The published figure with its evidence tag, for the reader; nothing is checked against it.
    published: Option<String>,
}

fn low() -> f64 {
    f64::NEG_INFINITY
}

fn high() -> f64 {
    f64::INFINITY
}

/// Reads every recipe of a folder, sorted by name.
pub fn read_all(folder: &Path, only: Option<&str>) -> anyhow::Result<Vec<Recipe>> {
    let mut recipes = Vec::new();
    for path in files_below(folder, &|path| path.extension().is_some_and(|e| e == "toml")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if only.is_some_and(|part| !name.contains(part)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let file: File = toml::from_str(&text).with_context(|| path.display().to_string())?;
        recipes.push(Recipe {
            row: file.repro.row.unwrap_or_else(|| name.clone()),
            page: file.repro.page,
            seeds: if file.repro.seeds.is_empty() { vec![0] } else { file.repro.seeds },
            needs_data: file.repro.data.is_some(),
            data_folder: file.repro.data.unwrap_or_default(),
            expect: file.expect,
            name,
            path,
        });
    }
    Ok(recipes)
}

impl Recipe {
    /// The expectations that `metrics` does not meet, a sentence each.
    pub fn missed(&self, metrics: &Metrics) -> Vec<String> {
        let outside = |(metric, band): (&String, &Band)| match metrics.get(metric) {
            None => Some(format!("{}: expects `{metric}`, which eval did not report", self.name)),
            Some(values) => {
                let mean = Statistic::of(values).mean;
                // Written so that NaN is outside.
                (!(band.min <= mean && mean <= band.max))
                    .then(|| format!("{}: {metric} is {mean:.4}, expected {} to {}", self.name, band.min, band.max))
            }
        };
        self.expect.iter().filter_map(outside).collect()
    }

    /// One line: the expected metrics as measured.
    pub fn summary(&self, metrics: &Metrics) -> String {
        let figure = |(metric, band): (&String, &Band)| {
            let values = metrics.get(metric).map_or(&[][..], Vec::as_slice);
            let published = band.published.as_ref().map_or(String::new(), |figure| format!(" (published: {figure})"));
            format!("{metric} {}{published}", Statistic::of(values).show(1.0, 4))
        };
        let figures: Vec<String> = self.expect.iter().map(figure).collect();
        format!("{} seed(s); {}", self.seeds.len(), figures.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(band: Band) -> Recipe {
        Recipe {
            name: "x".into(),
            path: PathBuf::new(),
            page: None,
            row: "x".into(),
            seeds: vec![0],
            needs_data: false,
            data_folder: String::new(),
            expect: BTreeMap::from([("r1".to_owned(), band)]),
        }
    }

    #[test]
    fn a_figure_outside_its_band_and_a_missing_one_and_nan_are_all_missed() {
        let recipe = recipe(Band { min: 0.5, max: 0.9, published: None });
        let metrics = |value: f64| Metrics::from([("r1".to_owned(), vec![value])]);
        assert!(recipe.missed(&metrics(0.7)).is_empty());
        assert_eq!(recipe.missed(&metrics(0.95)).len(), 1);
        assert_eq!(recipe.missed(&metrics(f64::NAN)).len(), 1);
        assert_eq!(recipe.missed(&Metrics::new()).len(), 1);
    }
}
