//! The `[model.denoiser]` table.

use crate::dataset::Dataset;
use crate::network::DenoiserNetwork;
use anyhow::anyhow;
use burn::tensor::Device;
use halation_models::diffusion::denoiser::{DitDenoiserConfig, DitMlpKind, SegmentationUnetConfig, TextDenoiserConfig};
use halation_train::user_error::user;
use serde::{Deserialize, Serialize};

/// Levels of a U-net at most: no picture is halved more often.
const MOST_LEVELS: usize = 16;

/// The network of a diffusion.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Denoiser {
    /// Which kind.
    pub net: Net,
    /// Width of its body.
    pub width: usize,
    /// Layers; of the U-net, levels.
    pub depth: usize,
    /// Attention heads, not for the U-net.
    pub heads: usize,
    /// Window of the local heads, `linear-local` alone; 0: the whole sequence.
    pub window: usize,
    /// Whether the network is told the noise level, `dit` alone.
    pub time: bool,
    /// Dropout on the way down of the U-net.
    pub dropout: f64,
}

/// Which network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::enum_variant_names)] // a U-net is called so
pub enum Net {
    /// A Transformer with rotary positions, steered by the noise level.
    #[default]
    Dit,
    /// The Transformer of multinomial diffusion: half of its heads linear, half local.
    LinearLocal,
    /// A U-net over label maps.
    UNet,
}

impl Default for Denoiser {
    fn default() -> Self {
        Self { net: Net::Dit, width: 64, depth: 2, heads: 4, window: 0, time: true, dropout: 0.0 }
    }
}

impl Denoiser {
    /// The network for the symbols of a data set, `inputs` codes of which it reads.
    ///
    /// # Errors
    /// Settings that do not fit together or the data.
    pub fn init(&self, dataset: &Dataset, inputs: usize, device: &Device) -> anyhow::Result<DenoiserNetwork> {
        let bad = |error: halation_models::ModelError| user(anyhow!("recipe table `model.denoiser`: {error}"));
        let (classes, length) = (dataset.classes, dataset.length);
        if self.net != Net::UNet && (self.heads == 0 || !self.width.is_multiple_of(self.heads)) {
            return Err(user(anyhow!(
                "recipe key `model.denoiser.heads` is {}; it must divide `model.denoiser.width`, {}",
                self.heads,
                self.width
            )));
        }
        Ok(match self.net {
            Net::Dit => {
                let config = DitDenoiserConfig::new(classes)
                    .with_inputs(inputs)
                    .with_dim(self.width)
                    .with_depth(self.depth)
                    .with_heads(self.heads)
                    .with_cond_dim(self.width.min(128))
                    .with_mlp(DitMlpKind::Gelu)
                    .with_time_input(self.time);
                config.check().map_err(bad)?;
                DenoiserNetwork::Dit(config.init(device))
            }
            Net::LinearLocal => {
                let window = if self.window == 0 { length } else { self.window };
                let config = TextDenoiserConfig::new(classes, length, window)
                    .with_inputs(inputs)
                    .with_dim(self.width)
                    .with_depth(self.depth)
                    .with_heads(self.heads)
                    .with_local_heads(self.heads / 2);
                config.check().map_err(bad)?;
                DenoiserNetwork::LinearLocal(config.init(device))
            }
            Net::UNet => {
                let Some([height, width]) = dataset.size() else {
                    return Err(user(anyhow!(
                        "recipe key `model.denoiser.net`: a U-net reads label maps; use \"dit\" or \"linear-local\" for sequences"
                    )));
                };
                if !(0.0..1.0).contains(&self.dropout) {
                    return Err(user(anyhow!(
                        "recipe key `model.denoiser.dropout` is {}; it is a share, 0 to below 1",
                        self.dropout
                    )));
                }
                if self.depth == 0 || self.depth > MOST_LEVELS {
                    return Err(user(anyhow!(
                        "recipe key `model.denoiser.depth` is {}; a U-net has 1 to {MOST_LEVELS} levels",
                        self.depth
                    )));
                }
                let config = SegmentationUnetConfig::new(classes, height, width)
                    .with_inputs(inputs)
                    .with_dim(self.width)
                    .with_multipliers((0..self.depth).map(|level| 1 << level).collect())
                    .with_dropout(self.dropout);
                config.check().map_err(bad)?;
                DenoiserNetwork::UNet(config.init(device))
            }
        })
    }
}
