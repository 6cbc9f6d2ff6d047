//! The noise that a recipe can name.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Absorbing, Dense, Generator, Transition, Uniform};
use crate::ModelError;
use crate::diffusion::schedule::NoiseSchedule;
use crate::head::config_error;

/// A noise process by name: `uniform`, `absorbing`, `gaussian` or `nearest-neighbour`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransitionKind {
    /// [`Uniform`]: multinomial diffusion.
    #[default]
    Uniform,
    /// [`Absorbing`]: masks.
    Absorbing,
    /// [`Dense::discretized_gaussian`]: for ordered classes.
    Gaussian,
    /// [`Generator::nearest_neighbours`] over vectors of the classes.
    NearestNeighbour,
}

impl TransitionKind {
    /// The process over `classes` classes.
    ///
    /// `vectors` are one vector for each class and the number of neighbours, for
    /// [`NearestNeighbour`](Self::NearestNeighbour) alone.
    ///
    /// # Errors
    /// If there are too few classes, or vectors are needed and missing, or of another number than the classes.
    pub fn init(
        self,
        classes: usize,
        schedule: NoiseSchedule,
        vectors: Option<(&[Vec<f64>], usize)>,
    ) -> Result<Arc<dyn Transition>, ModelError> {
        if classes == 0 {
            config_error("TransitionKind", "classes", classes, "at least one class is needed")?;
        }
        Ok(match (self, vectors) {
            (Self::Uniform, _) => Arc::new(Uniform::new(classes, schedule)),
            (Self::Absorbing, _) => Arc::new(Absorbing::new(classes, schedule)),
            (Self::Gaussian, _) => Arc::new(Dense::discretized_gaussian(classes, schedule)?),
            (Self::NearestNeighbour, Some((vectors, neighbours))) if vectors.len() == classes => {
                Arc::new(Dense::from_generator(&Generator::nearest_neighbours(vectors, neighbours)?, schedule)?)
            }
            (Self::NearestNeighbour, vectors) => {
                let found = vectors.map_or(0, |(vectors, _)| vectors.len());
                return Err(ModelError::Config {
                    config: "TransitionKind",
                    field: "vectors",
                    found: found.to_string(),
                    expected: "the noise along neighbours needs one vector for each class",
                });
            }
        })
    }

    /// Whether a noisy position can be a mask, so that networks need one input code more than there are classes.
    pub fn has_mask(self) -> bool {
        self == Self::Absorbing
    }
}
