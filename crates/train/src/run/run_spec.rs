//! What makes two runs the same run.

use std::collections::BTreeMap;

use serde::Serialize;

use super::sha256_bytes;
use crate::TrainError;

/// App, resolved recipe, seed and data of a run: what must not change between a start and a resume.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSpec {
    pub(crate) app: String,
    pub(crate) recipe: String,
    pub(crate) seed: u64,
    pub(crate) data: BTreeMap<String, String>,
}

impl RunSpec {
    /// A run of `app` with the resolved `recipe` (defaults and overrides applied) and `seed`.
    ///
    /// # Errors
    /// [`TrainError::Invalid`] when the recipe cannot be written as TOML.
    pub fn new(app: &str, recipe: &impl Serialize, seed: u64) -> Result<Self, TrainError> {
        let recipe = toml::to_string_pretty(recipe).map_err(|error| TrainError::Invalid {
            what: "recipe".to_owned(),
            problem: format!("cannot be written as TOML: {error}"),
            help: "put plain values before tables, and leave out what is None".to_owned(),
        })?;
        Ok(Self { app: app.to_owned(), recipe, seed, data: BTreeMap::new() })
    }

    /// Adds the hash of a data set that the result depends on.
    pub fn with_data(mut self, name: &str, sha256: impl Into<String>) -> Self {
        self.data.insert(name.to_owned(), sha256.into());
        self
    }

    /// The SHA-256 of the resolved recipe.
    pub fn recipe_sha256(&self) -> String {
        sha256_bytes(self.recipe.as_bytes())
    }
}
