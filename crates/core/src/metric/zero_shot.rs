//! Classification by the class whose text is nearest.

use rayon::prelude::*;

use super::{MetricError, filter_prompts};

/// One unit vector per class, made of the embeddings of its prompts.
#[derive(Debug, Clone, PartialEq)]
pub struct ZeroShot {
    vectors: Vec<f32>, // [classes, dim]
    dim: usize,
    prompts: Vec<Vec<usize>>,
}

impl ZeroShot {
    /// Per class: the `keep` least uncertain prompts (see [`filter_prompts`]), each normalised, averaged, normalised again.
    ///
    /// `usize::MAX` keeps all: CLIP's own zero-shot classifier. A class whose prompts cancel out keeps a zero vector, whose
    /// cosine with everything is 0.
    ///
    /// # Shapes
    /// * `embeddings`: `[prompts, dim]`, row-major, the means; `class_of_prompt`, `uncertainty`: `[prompts]`
    ///
    /// # Errors
    /// As [`filter_prompts`]; [`MetricError::Shape`] if the embeddings are not one row of `dim` per prompt,
    /// [`MetricError::NotFinite`] for the first prompt whose embedding is not.
    ///
    /// Source: Radford et al. 2021, section 3.1.4 (prompt ensembles); Chun 2024 (the filter).
    pub fn new(
        embeddings: &[f32],
        dim: usize,
        class_of_prompt: &[usize],
        uncertainty: &[f64],
        classes: usize,
        keep: usize,
    ) -> Result<Self, MetricError> {
        rows("embeddings of prompts", embeddings, dim, Some(class_of_prompt.len()))?;
        let prompts = filter_prompts(class_of_prompt, uncertainty, classes, keep)?;
        let mut vectors = Vec::with_capacity(classes * dim);
        for kept in &prompts {
            let mut sum = vec![0.0f64; dim];
            for &prompt in kept {
                let row = &embeddings[prompt * dim..(prompt + 1) * dim];
                let norm = norm(row.iter().map(|&value| f64::from(value)));
                for (total, &value) in sum.iter_mut().zip(row) {
                    *total += f64::from(value) / norm;
                }
            }
            let norm = norm(sum.iter().copied());
            vectors.extend(sum.iter().map(|value| (value / norm) as f32));
        }
        Ok(Self { vectors, dim, prompts })
    }

    /// The class vectors, `[classes, dim]`, row-major.
    pub fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// The prompts each class was made of, ascending.
    pub fn prompts(&self) -> &[Vec<usize>] {
        &self.prompts
    }

    /// The class of largest dot product for every image; the smaller class wins a tie.
    ///
    /// # Shapes
    /// * `images`: `[N, dim]`, row-major; their length does not matter -> `[N]`
    ///
    /// # Errors
    /// [`MetricError::Shape`], [`MetricError::NotFinite`] for the first image whose embedding is not.
    pub fn classify(&self, images: &[f32]) -> Result<Vec<usize>, MetricError> {
        rows("embeddings of images", images, self.dim, None)?;
        let class_of = |image: &[f32]| {
            let mut best = (0, f32::NEG_INFINITY);
            for (class, vector) in self.vectors.chunks_exact(self.dim).enumerate() {
                let score: f32 = vector.iter().zip(image).map(|(a, b)| a * b).sum();
                if score > best.1 {
                    best = (class, score);
                }
            }
            best.0
        };
        Ok(images.par_chunks_exact(self.dim).map(class_of).collect())
    }

    /// The share of images classified as `labels` says.
    ///
    /// # Errors
    /// As [`classify`](Self::classify); [`MetricError::Shape`] if there is not one label per image,
    /// [`MetricError::TooFew`] without images.
    pub fn accuracy(&self, images: &[f32], labels: &[usize]) -> Result<f64, MetricError> {
        rows("embeddings of images", images, self.dim, Some(labels.len()))?;
        if labels.is_empty() {
            return Err(MetricError::TooFew { what: "images to classify", found: 0, needed: 1 });
        }
        let found = self.classify(images)?;
        Ok(found.iter().zip(labels).filter(|(found, label)| found == label).count() as f64 / labels.len() as f64)
    }
}

/// Never zero: what has no direction stays zero.
fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt().max(1e-12)
}

/// Checks that `values` are finite rows of `dim`, `count` of them where that is known.
fn rows(what: &'static str, values: &[f32], dim: usize, count: Option<usize>) -> Result<(), MetricError> {
    let fits = match count {
        Some(count) => count.checked_mul(dim) == Some(values.len()),
        None => values.len().checked_rem(dim) == Some(0),
    };
    if dim == 0 || !fits {
        return Err(MetricError::Shape {
            what,
            found: format!("{} numbers", values.len()),
            expected: count.map_or_else(|| format!("rows of {dim}"), |count| format!("{count} rows of {dim}")),
        });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(MetricError::NotFinite { what, index: at / dim }),
        None => Ok(()),
    }
}
