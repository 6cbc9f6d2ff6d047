//! A run directory to look at.

use std::path::{Path, PathBuf};

use burn::module::Module;
use serde::de::DeserializeOwned;

use super::{CheckpointEntry, Manifest, Which, sha256_bytes};
use crate::TrainError;
use crate::checkpoint;
use crate::metrics::{MetricRow, read_metrics};

/// A run directory, read-only: takes no lock and writes nothing, so it also works while the run is training.
#[derive(Debug, Clone)]
pub struct RunReader {
    dir: PathBuf,
    manifest: Manifest,
}

impl RunReader {
    pub(super) fn new(dir: &Path) -> Result<Self, TrainError> {
        Ok(Self { dir: dir.to_owned(), manifest: Manifest::read(dir)? })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the run is and how far it was when this reader was made.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The path of a file in the run directory.
    pub fn artifact(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The resolved recipe.
    ///
    /// # Errors
    /// [`TrainError::Corrupt`] when `recipe.toml` is not the one that the run was started with.
    pub fn recipe<T: DeserializeOwned>(&self) -> Result<T, TrainError> {
        let path = self.dir.join("recipe.toml");
        let text = std::fs::read_to_string(&path).map_err(TrainError::io(&path, "read the recipe of the run"))?;
        let found = sha256_bytes(text.as_bytes());
        if found != self.manifest.recipe_sha256 {
            return Err(TrainError::Corrupt {
                path,
                expected: format!("SHA-256 {}", self.manifest.recipe_sha256),
                found: format!("SHA-256 {found}"),
                help: "a run's recipe must not be edited: restore it, or train into another directory".to_owned(),
            });
        }
        crate::recipe::parse_recipe(&text, &path.display().to_string(), &[])
    }

    /// The metric stream.
    ///
    /// # Errors
    /// [`TrainError::Io`] and [`TrainError::Corrupt`], as [`read_metrics`].
    pub fn metrics(&self) -> Result<Vec<MetricRow>, TrainError> {
        read_metrics(&self.dir.join("metrics.jsonl"))
    }

    /// Loads the parameters (running statistics included) of a checkpoint into `model`, which keeps its device: the model
    /// that validation saw, so the averaged one where the run averages its weights and the average had begun.
    ///
    /// # Errors
    /// [`TrainError::RunDirectory`] when there is no such checkpoint, [`TrainError::Corrupt`] when the file is not what
    /// the manifest promises or does not fit the model.
    pub fn load_model<M: Module>(&self, model: M, which: Which) -> Result<M, TrainError> {
        let entry = self.checkpoint(which)?;
        let averages = entry.files.contains_key(checkpoint::AVERAGE);
        self.load(model, entry, if averages { checkpoint::AVERAGE } else { checkpoint::MODEL })
    }

    /// Loads the trained parameters, even where the run averages its weights.
    ///
    /// # Errors
    /// As [`load_model`](Self::load_model).
    pub fn load_trained_model<M: Module>(&self, model: M, which: Which) -> Result<M, TrainError> {
        self.load(model, self.checkpoint(which)?, checkpoint::MODEL)
    }

    fn load<M: Module>(&self, model: M, entry: &CheckpointEntry, file: &str) -> Result<M, TrainError> {
        let path = self.dir.join("checkpoints").join(&entry.name).join(file);
        let bytes = checkpoint::read_verified(&path, entry.files.get(file))?;
        checkpoint::model_from_bytes(model, bytes, &path)
    }

    fn checkpoint(&self, which: Which) -> Result<&CheckpointEntry, TrainError> {
        let entry: Option<&CheckpointEntry> = match which {
            Which::Last => self.manifest.checkpoints.last(),
            Which::Best => self.manifest.best.as_ref().map(|best| &best.checkpoint),
        };
        let Some(entry) = entry else {
            let (problem, help) = match which {
                Which::Last => ("has no checkpoint yet", "wait for the first one"),
                Which::Best => ("watches no metric, so it has no best checkpoint", "load the last one"),
            };
            return Err(TrainError::RunDirectory {
                dir: self.dir.clone(),
                problem: problem.to_owned(),
                help: help.to_owned(),
            });
        };
        Ok(entry)
    }
}
