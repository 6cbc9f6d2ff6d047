//! Settings of a hedging network, checked before it is built.

use burn::config::Config;
use burn::module::Initializer;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::Device;

use super::{DigitCnn, HibEncoder, HibHead};
use crate::ModelError;
use crate::head::{check_clamp, config_error};

/// Settings of a [`HibEncoder`].
///
/// ```
/// use halation_models::hib::{HibConfig, HibHead};
///
/// let hedged = HibConfig::new(2, 2, HibHead::Normal);
/// let control = HibConfig::new(2, 2, HibHead::Point);
/// assert!(hedged.check().is_ok() && control.check().is_ok());
/// ```
#[derive(Config, Debug)]
pub struct HibConfig {
    /// Digits `N` in each image (published: 2 or 3).
    pub digits: usize,
    /// Dimension `D` of the embedding (published: 2 or 3).
    pub embed_dim: usize,
    /// What an embedding is.
    pub head: HibHead,
    /// Channels of the two convolutions.
    #[config(default = "[6, 16]")]
    pub channels: [usize; 2],
    /// Widths of the two layers behind them.
    #[config(default = "[120, 84]")]
    pub hidden: [usize; 2],
    /// Initial bias of the log standard deviations.
    #[config(default = 0.0)]
    pub log_std_init: f64,
    /// Bounds of the log standard deviations.
    #[config(default = "None")]
    pub clamp: Option<[f64; 2]>,
}

impl HibConfig {
    /// Whether a network can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "HibConfig";
        if self.digits == 0 {
            return config_error(NAME, "digits", 0, "an image needs at least one digit");
        }
        if self.embed_dim == 0 {
            return config_error(NAME, "embed_dim", 0, "an embedding needs at least one dimension");
        }
        if self.head.components() == 0 {
            return config_error(NAME, "head", "Mixture(0)", "a mixture needs at least one component");
        }
        if self.channels.contains(&0) {
            return config_error(NAME, "channels", format!("{:?}", self.channels), "each convolution needs a channel");
        }
        if self.hidden.contains(&0) {
            return config_error(NAME, "hidden", format!("{:?}", self.hidden), "each layer needs a width above zero");
        }
        if !self.log_std_init.is_finite() {
            return config_error(NAME, "log_std_init", self.log_std_init, "it must be finite");
        }
        check_clamp(NAME, "clamp", self.clamp)
    }

    /// The network with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> HibEncoder {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let components = self.head.components();
        let linear = |output| LinearConfig::new(self.hidden[1], output).init(device);
        HibEncoder {
            cnn: DigitCnn::new(self.digits, self.channels, self.hidden, device),
            mean: linear(components * self.embed_dim),
            log_std: (self.head != HibHead::Point).then(|| {
                let width = components * self.embed_dim;
                let bias = Initializer::Constant { value: self.log_std_init }.init([width], device);
                Linear { bias: Some(bias), ..linear(width) }
            }),
            weight: matches!(self.head, HibHead::Mixture(_)).then(|| linear(components)),
            digits: self.digits,
            head: self.head,
            clamp: self.clamp,
        }
    }
}
