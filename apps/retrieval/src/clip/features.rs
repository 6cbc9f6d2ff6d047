//! What a head reads: tokens of items, or one vector of each.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use halation_models::clip::{ClipText, ClipVision};
use halation_models::encoder::Words;

/// Which features a head reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureKind {
    /// All tokens of the last block; of captions behind the last norm.
    Tokens,
    /// CLIP's own embedding, not of unit length: a sequence of one.
    Pooled,
}

/// Features of a batch.
#[derive(Clone, Debug)]
pub struct Features {
    /// `[B, T, d]`; what lies past an item's length is meaningless.
    pub tokens: Tensor<3>,
    /// Tokens of each item.
    pub lengths: Vec<usize>,
}

impl Features {
    /// One vector of each item, `[B, d]`.
    pub fn of_vectors(vectors: Tensor<2>) -> Self {
        let [batch, _] = vectors.dims();
        Self { tokens: vectors.unsqueeze_dim(1), lengths: vec![1; batch] }
    }

    /// Of images, `[B, 3, S, S]`.
    pub fn of_images(tower: &ClipVision, kind: FeatureKind, images: Tensor<4>) -> Self {
        let found = super::fits(tower.forward(images));
        match kind {
            FeatureKind::Pooled => Self::of_vectors(found.pooled),
            FeatureKind::Tokens => {
                let [batch, count, _] = found.tokens.dims();
                Self { tokens: found.tokens, lengths: vec![count; batch] }
            }
        }
    }

    /// Of captions.
    pub fn of_captions(tower: &ClipText, kind: FeatureKind, words: &Words) -> Self {
        let found = super::fits(tower.forward(words));
        match kind {
            FeatureKind::Pooled => Self::of_vectors(found.pooled),
            FeatureKind::Tokens => {
                Self { tokens: tower.ln_final.forward(found.tokens), lengths: words.lengths().to_vec() }
            }
        }
    }

    /// The same numbers on another device, without history.
    pub fn on(self, device: &Device) -> Self {
        Self { tokens: Tensor::from_data(self.tokens.into_data(), device), lengths: self.lengths }
    }

    /// The first vector of each item, `[B, d]`.
    pub fn first(&self) -> Tensor<2> {
        self.tokens.clone().narrow(1, 0, 1).squeeze_dim::<2>(1)
    }

    /// The last token of each item, `[B, d]`, of `tokens`, `[B, T, d]`.
    pub fn last_of(&self, tokens: Tensor<3>) -> Tensor<2> {
        let [batch, _, dim] = tokens.dims();
        let ends: Vec<i64> = self.lengths.iter().map(|&length| length as i64 - 1).collect();
        let device = tokens.device().without_autodiff();
        let ends = Tensor::<1, Int>::from_data(TensorData::new(ends, [batch]), &device);
        tokens.gather(1, ends.reshape([batch, 1, 1]).expand([batch, 1, dim])).squeeze_dim::<2>(1)
    }

    /// Where there is no token, `[B, T]`; `None` if all items fill their rows.
    pub fn padding(&self) -> Option<Tensor<2, Bool>> {
        let count = self.tokens.dims()[1];
        if self.lengths.iter().all(|&length| length == count) {
            return None;
        }
        let flags: Vec<bool> =
            self.lengths.iter().flat_map(|&length| (0..count).map(move |position| position >= length)).collect();
        let device = self.tokens.device().without_autodiff();
        Some(Tensor::from_data(TensorData::new(flags, [self.lengths.len(), count]), &device))
    }
}
