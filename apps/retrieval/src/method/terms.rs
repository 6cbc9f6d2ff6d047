//! A loss and what it is made of.

use super::EmbeddedBatch;
use burn::tensor::Tensor;
use halation_core::loss::{PriorKl, Reduction};

/// A loss and the parts that are worth a curve of their own.
pub struct Terms {
    /// What is minimised.
    pub loss: Tensor<1>,
    /// Names and values.
    pub parts: Vec<(&'static str, Tensor<1>)>,
}

impl Terms {
    /// A loss without further parts.
    pub fn new(loss: Tensor<1>) -> Self {
        Self { loss, parts: Vec::new() }
    }

    /// Adds `weight * value` to the loss and writes the value down; with weight 0 nothing is computed.
    pub fn plus(mut self, name: &'static str, weight: f64, value: impl FnOnce() -> Tensor<1>) -> Self {
        if weight > 0.0 {
            let value = value();
            self.loss = self.loss + value.clone() * weight;
            self.parts.push((name, value));
        }
        self
    }

    /// Adds the prior term of both sides, `KL(. || N(0, I))`.
    pub fn plus_prior(self, weight: f64, batch: &EmbeddedBatch, form: PriorKl, reduction: Reduction) -> Self {
        self.plus("prior_kl", weight, || {
            let [images, captions] = batch.normals();
            form.forward(images, None, reduction.clone()) + form.forward(captions, None, reduction)
        })
    }

    /// Writes the mean log sigma of both sides down, where they have one.
    pub fn with_widths(mut self, batch: &EmbeddedBatch) -> Self {
        for (name, side) in [("image_log_sigma", batch.images), ("caption_log_sigma", batch.captions)] {
            if let Some(normal) = side.normal() {
                self.parts.push((name, normal.log_std().0.mean()));
            }
        }
        self
    }
}
