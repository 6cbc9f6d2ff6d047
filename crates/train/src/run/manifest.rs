//! `run.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic::write_atomically;
use super::{BestEntry, CheckpointEntry, Position, RunSpec, git_id};
use crate::TrainError;

/// The version of Burn that this crate is pinned to.
pub const BURN_VERSION: &str = "0.22.1";

/// The layout that this code writes.
const VERSION: u32 = 1;

/// What a run is, how far it is, and what its files must be. Written last, and the only thing that resume trusts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of this file.
    pub version: u32,
    /// The app that trains.
    pub app: String,
    /// The version of halation.
    pub halation: String,
    /// The version of Burn.
    pub burn: String,
    /// The commit that the app was built from.
    pub git: Option<String>,
    /// The seed that all randomness comes from.
    pub seed: u64,
    /// SHA-256 of `recipe.toml`.
    pub recipe_sha256: String,
    /// Data set to SHA-256.
    pub data: BTreeMap<String, String>,
    /// What is done and saved.
    pub position: Position,
    /// Whether the run has finished, evaluation and all.
    pub done: bool,
    /// The length of `metrics.jsonl` that belongs to `position`.
    pub metrics_bytes: u64,
    /// The checkpoints that are kept, oldest first.
    pub checkpoints: Vec<CheckpointEntry>,
    /// The best one, where a metric is watched.
    pub best: Option<BestEntry>,
}

impl Manifest {
    /// The manifest's file name.
    pub const FILE: &str = "run.json";

    /// The manifest of a run that has not taken a step.
    pub(super) fn new(spec: &RunSpec) -> Self {
        Self {
            version: VERSION,
            app: spec.app.clone(),
            halation: env!("CARGO_PKG_VERSION").to_owned(),
            burn: BURN_VERSION.to_owned(),
            git: git_id(),
            seed: spec.seed,
            recipe_sha256: spec.recipe_sha256(),
            data: spec.data.clone(),
            position: Position::default(),
            done: false,
            metrics_bytes: 0,
            checkpoints: Vec::new(),
            best: None,
        }
    }

    /// Reads `dir/run.json`.
    pub(super) fn read(dir: &Path) -> Result<Self, TrainError> {
        let path = dir.join(Self::FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(TrainError::RunDirectory {
                    dir: dir.to_owned(),
                    problem: format!("is not a run: it holds no {}", Self::FILE),
                    help: "give the directory that training wrote to".to_owned(),
                });
            }
            Err(source) => return Err(TrainError::Io { path, doing: "read the manifest", source }),
        };
        let corrupt = |found: String| TrainError::Corrupt {
            path: path.clone(),
            expected: "the manifest of a run".to_owned(),
            found,
            help: "restore the file, or train into another directory".to_owned(),
        };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| corrupt(error.to_string()))?;
        // Asked before the rest: a later layout may have other keys.
        if let Some(version) = value.get("version").and_then(serde_json::Value::as_u64)
            && version != u64::from(VERSION)
        {
            return Err(TrainError::RunDirectory {
                dir: dir.to_owned(),
                problem: format!("its {} has version {version}, this program reads {VERSION}", Self::FILE),
                help: "use the version of halation that wrote it".to_owned(),
            });
        }
        serde_json::from_value(value).map_err(|error| corrupt(error.to_string()))
    }

    /// Writes `dir/run.json`.
    pub(super) fn write(&self, dir: &Path) -> Result<(), TrainError> {
        let mut text = serde_json::to_string_pretty(self).expect("a manifest is plain data");
        text.push('\n');
        write_atomically(&dir.join(Self::FILE), text.as_bytes(), "write the manifest")
    }

    /// Every checkpoint that this manifest names.
    pub(super) fn named_checkpoints(&self) -> impl Iterator<Item = &CheckpointEntry> {
        self.checkpoints.iter().chain(self.best.as_ref().map(|best| &best.checkpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_burn_version_is_the_pinned_one() {
        let workspace = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")).unwrap();
        let pin = format!("burn = {{ version = \"={BURN_VERSION}\"");
        assert!(workspace.contains(&pin), "the workspace does not pin Burn {BURN_VERSION}");
    }
}
