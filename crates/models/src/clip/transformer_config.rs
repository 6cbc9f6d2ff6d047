//! Settings that the image and the text transformer share.

use burn::config::Config;
use burn::tensor::Device;

use super::{ClipActivation, ClipBlock, Transformer};
use crate::ModelError;

/// Settings of a [`Transformer`].
#[derive(Config, Debug)]
pub struct TransformerConfig {
    /// Numbers `d` for each position.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// Attention heads; OpenAI's models have `d / 64`.
    pub heads: usize,
    /// Width of the hidden layer of the MLPs; `4 d` if left open.
    #[config(default = "None")]
    pub mlp_width: Option<usize>,
    /// Activation of the MLPs.
    #[config(default = "ClipActivation::QuickGelu")]
    pub activation: ClipActivation,
    /// Whether a position reads only itself and those before it (text).
    #[config(default = false)]
    pub causal: bool,
}

impl TransformerConfig {
    /// Whether a transformer can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        let wrong =
            |field, found, expected| Err(ModelError::Config { config: "TransformerConfig", field, found, expected });
        if self.width == 0 {
            return wrong("width", "0".into(), "positions need at least one number");
        }
        if self.layers == 0 {
            return wrong("layers", "0".into(), "a transformer needs at least one block");
        }
        if self.heads == 0 || !self.width.is_multiple_of(self.heads) {
            return wrong("heads", self.heads.to_string(), "the heads must divide the width");
        }
        if self.mlp_width == Some(0) {
            return wrong("mlp_width", "Some(0)".into(), "the hidden layer needs at least one number");
        }
        Ok(())
    }

    /// Width of the hidden layer of the MLPs.
    pub fn hidden_width(&self) -> usize {
        self.mlp_width.unwrap_or(4 * self.width)
    }

    /// The transformer with the initialisation that OpenAI's code gives its text tower: normal, scaled by width and
    /// depth, zero biases. (For the image tower that code keeps PyTorch's defaults; we use one for both.)
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> Transformer {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        Transformer { resblocks: (0..self.layers).map(|_| ClipBlock::new(self, device)).collect() }
    }
}
