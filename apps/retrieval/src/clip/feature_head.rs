//! The heads: features of a batch become embeddings.

use super::{FeatureKind, Features};
use crate::recipe::Head;
use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use halation_core::dist::{DiagNormal, GeneralizedNormal, LogStd};
use halation_models::ModelError;
use halation_models::head::{
    GpoPooling, GpoPoolingConfig, MapBlock, MapBlockConfig, PcmePpHead, PcmePpHeadConfig, ProLipHead, ProLipHeadConfig,
    UncertaintyAdapter, UncertaintyAdapterConfig, l2_normalize, l2_normalize_softly,
};
use halation_models::pcme::Embedding;

/// What decides about a head.
#[derive(Clone, Copy, Debug)]
pub struct HeadSpec {
    /// Which.
    pub head: Head,
    /// Numbers of each token, or of CLIP's own embedding.
    pub input: usize,
    /// Dimension of the embedding.
    pub dim: usize,
    /// Means alone.
    pub point: bool,
    /// Whether CLIP's own embedding is mapped before it is one, which frozen towers need to learn anything.
    pub maps: bool,
    /// Start of the log-variance.
    pub log_var_init: f64,
    /// Whether the item's own vector is its first token (images) or its last (captions).
    pub class_first: bool,
}

impl Head {
    /// What it reads.
    pub fn features(self) -> FeatureKind {
        match self {
            Self::PcmePp | Self::Map => FeatureKind::Tokens,
            Self::ProLip | Self::Clip | Self::Adapter => FeatureKind::Pooled,
        }
    }
}

/// A head over the features of one tower.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // two values per model: a box would save nothing
pub enum FeatureHead {
    /// CLIP's own embedding, or a linear map of it.
    Clip(ClipHead),
    /// Generalised pooling, the mean alone.
    Gpo(GpoHead),
    /// Generalised pooling of both streams, which are one here: the last block is doubled only where the towers train.
    PcmePp(PcmePpHead),
    /// Two linear maps of CLIP's own embedding.
    ProLip(ProLipHead),
    /// An attention block over mapped tokens.
    Map(MapHead),
    /// A generalised normal around CLIP's own embedding.
    Adapter(UncertaintyAdapter),
}

/// CLIP's own embedding, or a linear map of it.
#[derive(Module, Debug)]
pub struct ClipHead {
    /// The map; none where the embedding is taken as it is.
    pub map: Option<Linear>,
}

/// Generalised pooling, the mean alone.
#[derive(Module, Debug)]
pub struct GpoHead {
    /// From a token to the embedding.
    pub fc: Linear,
    /// The pooling.
    pub pooling: GpoPooling,
}

/// MAP's block over mapped tokens.
#[derive(Module, Debug)]
pub struct MapHead {
    /// From a token to the width of the block.
    pub fc: Linear,
    /// The block.
    pub block: MapBlock,
    /// Which token stands for the item.
    #[module(skip)]
    pub class_first: bool,
}

impl HeadSpec {
    /// The head with random weights.
    ///
    /// # Errors
    /// Sizes that cannot be.
    pub fn init(&self, device: &Device) -> Result<FeatureHead, ModelError> {
        let Self { input, dim, log_var_init, .. } = *self;
        Ok(match (self.head, self.point) {
            (Head::Clip, _) => {
                FeatureHead::Clip(ClipHead { map: self.maps.then(|| near_identity(input, dim, device)) })
            }
            (Head::PcmePp, true) => FeatureHead::Gpo(GpoHead {
                fc: LinearConfig::new(input, dim).init(device),
                pooling: GpoPoolingConfig::new().init(device),
            }),
            (Head::PcmePp, false) => {
                let config = PcmePpHeadConfig::new(input, dim).with_logvar_bias_init(log_var_init);
                config.check()?;
                FeatureHead::PcmePp(config.init(device))
            }
            (Head::ProLip, _) => {
                let config = ProLipHeadConfig::new(input, dim).with_logvar_bias_init(log_var_init);
                config.check()?;
                let mut head = config.init(device);
                head.mean = near_identity(input, dim, device);
                FeatureHead::ProLip(head)
            }
            (Head::Map, _) => {
                // As many heads as divide both halves, 8 at most.
                let heads = [8, 4, 2, 1].into_iter().find(|heads| dim.is_multiple_of(2 * heads)).unwrap_or(1);
                let config = MapBlockConfig::new(dim, heads);
                config.check()?;
                FeatureHead::Map(MapHead {
                    fc: LinearConfig::new(input, dim).init(device),
                    block: config.init(device),
                    class_first: self.class_first,
                })
            }
            (Head::Adapter, _) => {
                // Unit vectors differ by about 1 / sqrt(D) in each dimension.
                let config = UncertaintyAdapterConfig::new(dim).with_inverse_scale_init((dim as f64).sqrt());
                config.check()?;
                FeatureHead::Adapter(config.init(device))
            }
        })
    }
}

/// No bias; the identity where it goes from a space into itself, so that training starts from CLIP's own embedding.
fn near_identity(input: usize, dim: usize, device: &Device) -> Linear {
    let mut linear = LinearConfig::new(input, dim).with_bias(false).init(device);
    if input == dim {
        linear.weight = Param::from_tensor(Tensor::<2>::eye(dim, device));
    }
    linear
}

impl FeatureHead {
    /// The embeddings of a batch.
    pub fn forward(&self, features: &Features) -> Embedding {
        match self {
            Self::Clip(head) => {
                let pooled = features.first(); // [B, D]
                Embedding::Point(l2_normalize(match &head.map {
                    Some(map) => map.forward(pooled),
                    None => pooled,
                }))
            }
            Self::Gpo(head) => {
                let tokens = head.fc.forward(features.tokens.clone()); // [B, T, D]
                let pooled = super::fits(head.pooling.forward(tokens, &features.lengths));
                Embedding::Point(l2_normalize_softly(pooled, 1e-8))
            }
            Self::PcmePp(head) => {
                let tokens = &features.tokens;
                Embedding::Normal(super::fits(head.forward(tokens.clone(), tokens.clone(), &features.lengths)))
            }
            Self::ProLip(head) => {
                let pooled = features.first();
                Embedding::Normal(head.forward(pooled.clone(), pooled))
            }
            Self::Map(head) => {
                let normals = head.block.forward(head.fc.forward(features.tokens.clone()), features.padding());
                Embedding::Normal(if head.class_first {
                    normals.token(0)
                } else {
                    let log_stds = LogStd(features.last_of(normals.log_stds));
                    DiagNormal::new(features.last_of(normals.means), log_stds)
                })
            }
            Self::Adapter(adapter) => {
                // Ranked by the frozen embedding, as before; the width is the likelihood's.
                let mean = l2_normalize(features.first());
                let log_var = adapter.forward(mean.clone()).log_var();
                Embedding::Normal(DiagNormal::new(mean, log_var))
            }
        }
    }

    /// The frozen embeddings and the distributions around them, of an adapter.
    pub fn adapt(&self, features: &Features) -> Option<(Tensor<2>, GeneralizedNormal)> {
        let Self::Adapter(adapter) = self else { return None };
        let frozen = l2_normalize(features.first());
        let around = adapter.forward(frozen.clone());
        Some((frozen, around))
    }
}
