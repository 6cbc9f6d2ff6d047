//! Settings of the whole model, checked before it is built.

use burn::config::Config;
use burn::nn::LinearConfig;
use burn::tensor::Device;

use super::{ImageTower, Pcme, TextTower};
use crate::ModelError;
use crate::encoder::{BiGruConfig, BiGruPooling, ResNetConfig, WordTable, WordTableConfig};
use crate::head::{MeanHeadConfig, SigmaHeadConfig};

/// Settings of a [`Pcme`].
///
/// ```
/// use halation_models::{encoder::ResNetConfig, pcme::PcmeConfig};
///
/// let config = PcmeConfig::new(ResNetConfig::small(vec![16, 32], vec![1, 1]), 500).with_embed_dim(64);
/// assert!(config.check().is_ok());
/// // The same encoder with points in place of distributions:
/// let control = config.with_uncertainty(false);
/// # assert!(control.check().is_ok());
/// ```
#[derive(Config, Debug)]
pub struct PcmeConfig {
    /// The image network, without classifier.
    pub image: ResNetConfig,
    /// Words in the vocabulary.
    pub vocabulary: usize,
    /// Numbers for each word.
    #[config(default = 300)]
    pub word_dim: usize,
    /// Dimension `D` of the embedding; even, half of it for each direction of the GRU.
    #[config(default = 1024)]
    pub embed_dim: usize,
    /// Which GRU states stand for a caption.
    #[config(default = "BiGruPooling::FinalStates")]
    pub pooling: BiGruPooling,
    /// Dropout in the mean heads (0 in every published recipe).
    #[config(default = 0.0)]
    pub dropout: f64,
    /// `true`: distributions. `false`: the same encoder without the sigma branches, embedding points.
    #[config(default = true)]
    pub uncertainty: bool,
    /// Points `K` of each item: 1, or several for PVSE's sets, which have no `uncertainty`.
    #[config(default = 1)]
    pub points: usize,
    /// Initial bias of the log standard deviation; see [`SigmaHeadConfig::log_std_init`].
    #[config(default = 0.0)]
    pub log_std_init: f64,
    /// Bounds of the log standard deviation; off as published.
    #[config(default = "None")]
    pub log_std_clamp: Option<[f64; 2]>,
}

impl PcmeConfig {
    /// Whether a model can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        let wrong = |field, found, expected| Err(ModelError::Config { config: "PcmeConfig", field, found, expected });
        self.image.check()?;
        if self.image.classes.is_some() {
            return wrong("image.classes", format!("{:?}", self.image.classes), "the image tower has no classifier");
        }
        if self.vocabulary == 0 {
            return wrong("vocabulary", "0".into(), "captions need at least one word");
        }
        if self.word_dim == 0 {
            return wrong("word_dim", "0".into(), "words need at least one number");
        }
        if self.embed_dim == 0 || !self.embed_dim.is_multiple_of(2) {
            return wrong("embed_dim", self.embed_dim.to_string(), "it must be even: half for each GRU direction");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return wrong("dropout", self.dropout.to_string(), "it must be in [0, 1)");
        }
        if self.points == 0 {
            return wrong("points", "0".into(), "an item needs at least one point");
        }
        if self.points > 1 && self.uncertainty {
            return wrong("points", self.points.to_string(), "a distribution has one mean: switch `uncertainty` off");
        }
        if !self.log_std_init.is_finite() {
            return wrong("log_std_init", self.log_std_init.to_string(), "it must be finite");
        }
        match self.log_std_clamp {
            Some([low, high]) if low.is_nan() || high.is_nan() || low >= high => {
                wrong("log_std_clamp", format!("[{low}, {high}]"), "the lower bound must be below the upper one")
            }
            _ => Ok(()),
        }
    }

    /// The model with random word vectors.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> Pcme {
        self.build(WordTableConfig::new(self.vocabulary).with_dim(self.word_dim).init(device), device)
    }

    /// The model with given word vectors, row-major `[vocabulary, word_dim]`.
    ///
    /// # Errors
    /// [`ModelError::WordVectors`] if there are more or fewer numbers.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init_with_words(&self, vectors: Vec<f32>, device: &Device) -> Result<Pcme, ModelError> {
        let words = WordTableConfig::new(self.vocabulary).with_dim(self.word_dim).init_with(vectors, device)?;
        Ok(self.build(words, device))
    }

    fn build(&self, words: WordTable, device: &Device) -> Pcme {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let channels = self.image.feature_channels();
        let mean = |input| {
            MeanHeadConfig::new(input, self.embed_dim).with_points(self.points).with_dropout(self.dropout).init(device)
        };
        let sigma = |input| {
            self.uncertainty.then(|| {
                SigmaHeadConfig::new(input, self.embed_dim)
                    .with_log_std_init(self.log_std_init)
                    .with_clamp(self.log_std_clamp)
                    .init(device)
            })
        };
        let gru = || BiGruConfig::new(self.word_dim, self.embed_dim / 2).with_pooling(self.pooling).init(device);
        let linear = || LinearConfig::new(channels, self.embed_dim).init(device);
        Pcme {
            image: ImageTower {
                cnn: self.image.init(device),
                fc: linear(),
                mean_head: mean(channels),
                sigma_fc: self.uncertainty.then(linear),
                sigma_head: sigma(channels),
            },
            text: TextTower {
                words,
                gru: gru(),
                mean_head: mean(self.word_dim),
                sigma_gru: self.uncertainty.then(gru),
                sigma_head: sigma(self.word_dim),
            },
        }
    }
}
