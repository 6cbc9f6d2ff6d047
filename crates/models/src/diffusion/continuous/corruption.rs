//! Which symbols of a batch the noise hits, and what it puts there: drawn on the host in f64, applied on the device.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData, assert_shape};

use super::NoiseKind;

/// The noise of one batch, drawn without a look at the batch.
#[derive(Clone, Debug)]
pub struct Corruption {
    /// Which positions are left as they are, `[B, L]` row by row.
    pub kept: Vec<bool>,
    /// What stands at the others: `K` with masks, else a class.
    pub noise: Vec<i64>,
    shape: [usize; 2],
}

impl Corruption {
    /// Noise for `B` sequences: position `l` of sequence `b` is kept where its uniform is below `alpha`; what is left of the
    /// uniform picks the class of uniform noise.
    ///
    /// # Shapes
    /// * `alpha`: `B * L` probabilities, row by row
    /// * `uniforms`: `B * L` draws from `[0, 1)`
    ///
    /// # Panics
    /// If the counts differ from `B * L`.
    pub fn draw(kind: NoiseKind, classes: usize, alpha: &[f64], uniforms: &[f64], shape: [usize; 2]) -> Self {
        let count = shape[0] * shape[1];
        assert_eq!(alpha.len(), count, "noise needs one alpha for each of {shape:?} positions");
        assert_eq!(uniforms.len(), count, "noise needs one uniform for each of {shape:?} positions");
        let kept = alpha.iter().zip(uniforms).map(|(alpha, u)| u < alpha).collect();
        let noise = match kind {
            NoiseKind::Mask => vec![classes as i64; count],
            NoiseKind::Uniform => {
                let class = |(alpha, u): (&f64, &f64)| ((u - alpha) / (1.0 - alpha) * classes as f64) as i64;
                // Kept positions give a negative number or worse, which is clamped and never used.
                alpha.iter().zip(uniforms).map(class).map(|class| class.clamp(0, classes as i64 - 1)).collect()
            }
        };
        Self { kept, noise, shape }
    }

    /// The noisy batch.
    ///
    /// # Shapes
    /// * `tokens`: `[B, L]`
    /// * returns: `[B, L]`, ids up to `K` with masks
    pub fn apply(&self, tokens: Tensor<2, Int>) -> Tensor<2, Int> {
        let [batch, length] = self.shape;
        assert_shape!(tokens, [batch, length]);
        let device = tokens.device();
        let noise = Tensor::from_data(TensorData::new(self.noise.clone(), self.shape), &device);
        noise.mask_where(self.kept(&device), tokens)
    }

    /// Which positions are kept, `[B, L]`.
    pub fn kept(&self, device: &Device) -> Tensor<2, Bool> {
        Tensor::from_data(TensorData::new(self.kept.clone(), self.shape), device)
    }
}
