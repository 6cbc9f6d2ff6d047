//! Settings of the step between categories and numbers.

use burn::config::Config;
use burn::tensor::Device;

use super::{
    ArgmaxInverse, ConditionalNetwork, ContextConfig, DigitCodec, PositionContextConfig, RecurrentContextConfig,
    Surjection, SurjectionMethod, UnusedPolicy,
};
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`Surjection`].
#[derive(Config, Debug, PartialEq, Eq)]
pub struct SurjectionConfig {
    /// How points are drawn.
    pub method: SurjectionMethod,
    /// The context of `q(v | x)`, which also says how many classes there are.
    pub context: ContextConfig,
    /// Values of a digit; as many as classes if left open, so that a class is one digit. [`ArgmaxInverse::Sign`] has 2.
    #[config(default = "None")]
    pub base: Option<usize>,
    /// What a code without a class is read as.
    #[config(default = "UnusedPolicy::MapTo(0)")]
    pub unused: UnusedPolicy,
}

impl SurjectionConfig {
    /// The published text encoder of the autoregressive flow: signs of bits, a context over the whole sequence.
    pub fn autoregressive_paper(classes: usize) -> Self {
        let context = ContextConfig::Recurrent(RecurrentContextConfig::paper(classes));
        Self::new(SurjectionMethod::Argmax(ArgmaxInverse::Sign), context)
    }

    /// The published text encoder of the coupling flow: signs of bits, a context for each character alone.
    pub fn coupling_paper(classes: usize) -> Self {
        let context = ContextConfig::Position(PositionContextConfig::paper(classes));
        Self::new(SurjectionMethod::Argmax(ArgmaxInverse::Sign), context)
    }

    /// The code of the classes.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn codec(&self) -> Result<DigitCodec, ModelError> {
        const NAME: &str = "SurjectionConfig";
        let classes = self.context.classes();
        let sign = self.method == SurjectionMethod::Argmax(ArgmaxInverse::Sign);
        if let Some(base) = self.base.filter(|&base| sign && base != 2) {
            config_error(NAME, "base", base, "a sign has two values: leave the base open")?;
        }
        let base = if sign { 2 } else { self.base.unwrap_or(classes) };
        DigitCodec::new(classes, base)
    }

    /// Whether a surjection can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        self.codec()?;
        if let UnusedPolicy::MapTo(class) = self.unused
            && class >= self.context.classes()
        {
            return config_error("SurjectionConfig", "unused", class, "codes can only be mapped to a class");
        }
        self.context.check()
    }

    /// The surjection with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> Surjection {
        let codec = self.check().and_then(|()| self.codec()).unwrap_or_else(|error| panic!("{error}"));
        let parameters = self.method.parameters();
        let mut surjection = Surjection { network: None, method: self.method, codec, unused: self.unused };
        if parameters > 0 {
            let width = surjection.width();
            surjection.network = Some(ConditionalNetwork::new(&self.context, parameters, width, device));
        }
        surjection
    }
}
