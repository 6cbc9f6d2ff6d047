//! What one step computes.

use burn::tensor::Tensor;

/// The loss to descend, and numbers to write down beside it.
#[derive(Debug, Clone)]
pub struct StepOutput {
    pub(crate) loss: Tensor<1>,
    pub(crate) scalars: Vec<(&'static str, f64)>,
}

impl StepOutput {
    /// A step with this loss.
    ///
    /// # Shapes
    /// - `loss`: `[1]`, attached to the autodiff graph
    pub fn new(loss: Tensor<1>) -> Self {
        Self { loss, scalars: Vec::new() }
    }

    /// Adds a number to the metric stream (split `train`).
    pub fn with(mut self, name: &'static str, value: f64) -> Self {
        self.scalars.push((name, value));
        self
    }
}
