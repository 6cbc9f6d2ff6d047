//! Embeddings with their uncertainty, as every tool of this workspace exchanges them.

use std::collections::HashMap;
use std::path::Path;

use super::embedding_safetensors;
use super::mapped::format_error;
use crate::DataError;

/// Embeddings by id: the mean and, unless the model is not probabilistic, the log-variance of each.
///
/// On disk it is, by the extension of the file:
/// * `.safetensors`: tensors `mean` and (optionally) `log_var`, F32 `[N, D]`; the ids as a JSON array in the metadata entry `ids`.
///   From Python: `save_file({"mean": mean, "log_var": log_var}, path, metadata={"ids": json.dumps(ids)})`.
/// * `.parquet` (feature `parquet`): columns `id` string, `mean` and (optionally) `log_var` list of float.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingFile {
    ids: Vec<String>,
    dim: usize,
    mean: Vec<f32>,
    log_var: Option<Vec<f32>>,
}

impl EmbeddingFile {
    /// Puts the columns together.
    ///
    /// # Shapes
    /// * `ids`: `[N]`; `mean` and `log_var`: `[N, dim]`, row-major
    ///
    /// # Errors
    /// [`DataError::Invalid`] if sizes disagree, an id occurs twice, or a number is not finite; the message names the id.
    pub fn new(ids: Vec<String>, dim: usize, mean: Vec<f32>, log_var: Option<Vec<f32>>) -> Result<Self, DataError> {
        let invalid =
            |problem: String, help: &str| DataError::Invalid { what: "embeddings".into(), problem, help: help.into() };
        for (name, values) in [("mean", Some(&mean)), ("log_var", log_var.as_ref())] {
            let Some(values) = values else { continue };
            if ids.len().checked_mul(dim) != Some(values.len()) || dim == 0 {
                let problem =
                    format!("`{name}` holds {} numbers for {} ids of dimension {dim}", values.len(), ids.len());
                return Err(invalid(problem, "give one row of the same dimension per id"));
            }
            // Without an early exit the check is a few vector instructions; the position is only looked for on failure.
            let all_finite = values.iter().fold(true, |all, value| all & value.is_finite());
            if let Some(at) = (!all_finite).then(|| values.iter().position(|value| !value.is_finite())).flatten() {
                let problem = format!("`{name}` of id `{}` is {} at {}", ids[at / dim], values[at], at % dim);
                return Err(invalid(problem, "find out why the model's output is not finite, or leave the item out"));
            }
        }
        let mut seen = HashMap::with_capacity(ids.len());
        for (index, id) in ids.iter().enumerate() {
            if let Some(first) = seen.insert(id.as_str(), index) {
                return Err(invalid(format!("id `{id}` is row {first} and row {index}"), "give every id once"));
            }
        }
        Ok(Self { ids, dim, mean, log_var })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] if the file is not of the layout above, or its contents are not what
    /// [`new`](Self::new) accepts.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let (ids, dim, mean, log_var) = match extension(path) {
            "safetensors" => embedding_safetensors::read(path)?,
            #[cfg(feature = "parquet")]
            "parquet" => super::embedding_parquet::read(path)?,
            _ => return Err(wrong_extension(path)),
        };
        Self::new(ids, dim, mean, log_var).map_err(|error| match error {
            DataError::Invalid { problem, help, .. } => format_error(path, problem, help),
            other => other,
        })
    }

    /// Writes a file; whatever was there before is replaced in one step.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] for a wrong extension.
    pub fn write(&self, path: &Path) -> Result<(), DataError> {
        match extension(path) {
            "safetensors" => embedding_safetensors::write(path, self),
            #[cfg(feature = "parquet")]
            "parquet" => super::embedding_parquet::write(path, self),
            _ => Err(wrong_extension(path)),
        }
    }

    /// The ids, `[N]`.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The dimension `D`.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The means, `[N, D]`.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// The log-variances `log sigma^2`, `[N, D]`, if the model gives any.
    pub fn log_var(&self) -> Option<&[f32]> {
        self.log_var.as_deref()
    }

    /// Gives up the columns: ids, means, log-variances.
    pub fn into_parts(self) -> (Vec<String>, Vec<f32>, Option<Vec<f32>>) {
        (self.ids, self.mean, self.log_var)
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn wrong_extension(path: &Path) -> DataError {
    let expected = if cfg!(feature = "parquet") {
        ".safetensors or .parquet"
    } else {
        ".safetensors (.parquet needs a build with the feature `parquet`)"
    };
    format_error(path, format!("the extension is `{}`", extension(path)), expected)
}
