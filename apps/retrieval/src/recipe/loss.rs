//! The `[loss]` table.

use serde::{Deserialize, Serialize};

/// What training minimises.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Loss {
    /// Which criterion.
    pub criterion: Criterion,
    /// Monte-Carlo samples per embedding (J).
    pub samples: usize,
    /// Start of the learnable scale a.
    pub negative_scale: f64,
    /// Start of the learnable shift b.
    pub shift: f64,
    /// 2 as in the published code, 1 as in the paper.
    pub logit_gain: u8,
    /// Start of InfoNCE's learnable multiplier of the cosine.
    pub logit_scale: f64,
    /// Weight of the KL term to N(0, I).
    pub kl_weight: f64,
    /// Weight of the uniformity term.
    pub uniformity_weight: f64,
}

impl Default for Loss {
    fn default() -> Self {
        Self {
            criterion: Criterion::SoftContrastive,
            samples: 7,
            negative_scale: 5.0,
            shift: 5.0,
            logit_gain: 2,
            logit_scale: 10.0,
            kl_weight: 0.0,
            uniformity_weight: 0.0,
        }
    }
}

/// The criterion over a batch of images and captions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// PCME's Monte-Carlo soft contrastive loss.
    SoftContrastive,
    /// Symmetric cross-entropy over cosine similarities of the means.
    InfoNce,
}
