//! Embeddings of whichever head, as something that is sampled.

use burn::tensor::Tensor;
use halation_core::dist::{DiagNormal, DiagNormalMixture, LogStd};
use halation_models::hib::HibEmbedding;

/// A batch of embeddings: points, or mixtures of normal distributions in equal parts.
///
/// The weights of a mixture are fixed at `1/C`: the choice of a component has no derivative, so samples could not teach them, and
/// the logits that the network gives are not used.
#[derive(Clone, Debug)]
pub struct Embedded {
    components: Vec<DiagNormal>, // C of [B, D]
    hedged: bool,
}

impl Embedded {
    /// What a network gave.
    pub fn new(embedding: HibEmbedding) -> Self {
        let components = match embedding {
            // The scale of a point stands for nothing: nobody samples from it.
            HibEmbedding::Point(points) => {
                let scale = LogStd(points.zeros_like());
                return Self { components: vec![DiagNormal::new(points, scale)], hedged: false };
            }
            HibEmbedding::Normal(normal) => vec![normal],
            HibEmbedding::Mixture(mixture) => {
                let [_, count, _] = mixture.means.dims();
                let part = |all: &Tensor<3>, c| all.clone().narrow(1, c, 1).squeeze_dim::<2>(1); // [B, D]
                (0..count)
                    .map(|c| DiagNormal::new(part(&mixture.means, c), LogStd(part(&mixture.log_stds, c))))
                    .collect()
            }
        };
        Self { components, hedged: true }
    }

    /// Several batches as one.
    ///
    /// # Panics
    /// If there is none.
    pub fn cat(batches: &[Self]) -> Self {
        let component = |c: usize| {
            let means = batches.iter().map(|batch| batch.components[c].mean()).collect();
            let scales = batches.iter().map(|batch| batch.components[c].log_std().0).collect();
            DiagNormal::new(Tensor::cat(means, 0), LogStd(Tensor::cat(scales, 0)))
        };
        let count = batches[0].components.len();
        Self { components: (0..count).map(component).collect(), hedged: batches[0].hedged }
    }

    /// Whether there is anything but a place.
    pub fn is_hedged(&self) -> bool {
        self.hedged
    }

    /// The normal distributions of each embedding, `C` of `[B, D]`; of points, the mean alone means something.
    pub fn components(&self) -> &[DiagNormal] {
        &self.components
    }

    /// Samples, as many of each component; a point is its own only sample.
    ///
    /// # Shapes
    /// * `noise`: `[B, J, D]`, or `[1, J, D]` for the same draws in every row
    /// * returns: `[B, J, D]`, for points `[B, 1, D]`
    pub fn samples(&self, noise: Tensor<3>) -> Tensor<3> {
        if !self.hedged {
            return self.components[0].mean().unsqueeze_dim(1);
        }
        let [_, count, dims] = noise.dims();
        let [rows, _] = self.components[0].dims();
        let mixture = self.mixture();
        mixture.rsample(noise.expand([rows, count, dims]), mixture.in_turn(count))
    }

    /// Divergence to the prior `N(0, I)`, nats: exact for one component, from `samples` for several, zero for points.
    ///
    /// # Shapes
    /// * `samples`: `[B, J, D]` of [`samples`](Self::samples); returns: `[B]`
    pub fn prior_kl(&self, samples: Tensor<3>) -> Tensor<1> {
        match &self.components[..] {
            [only] if self.hedged => only.kl_standard(),
            [point] => point.mean().zeros_like().sum_dim(1).squeeze_dim(1),
            _ => self.mixture().sampled_kl_standard(samples),
        }
    }

    fn mixture(&self) -> DiagNormalMixture {
        DiagNormalMixture::uniform(self.components.clone()).expect("there is a component")
    }
}
