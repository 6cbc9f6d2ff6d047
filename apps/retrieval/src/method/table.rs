//! The table of methods: the name in a recipe, and the type of its keys.

use super::adapter::Adapter;
use super::info_nce::InfoNce;
use super::map::Map;
use super::pcme::Pcme;
use super::pcmepp::PcmePp;
use super::prolip::ProLip;
use super::pvse::Pvse;
use super::vse::Vse;
use super::{EmbeddedBatch, MethodCriterion, MethodOptions, Terms};
use crate::recipe::{Head, Model};
use burn::module::Module;
use burn::tensor::Device;
use halation_core::CoreError;
use halation_core::divergence::{Measure, MeasureOptions};
use serde::{Deserialize, Serialize};

macro_rules! methods {
    ($($(#[$doc:meta])* $name:literal => $method:ident,)*) => {
        /// The `[loss]` table of a recipe: `method = ".."` and that method's own keys.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(tag = "method")]
        pub enum Loss {
            $($(#[$doc])* #[serde(rename = $name)] $method($method),)*
        }

        /// What trains beside the towers: the criterion's learnable scalars.
        #[derive(Module, Debug)]
        pub enum Criterion {
            $($(#[$doc])* $method(<$method as MethodOptions>::Criterion),)*
        }

        impl Loss {
            /// The criterion.
            ///
            /// # Errors
            /// A value that makes no sense.
            pub fn init(&self, device: &Device) -> Result<Criterion, CoreError> {
                Ok(match self {
                    $(Self::$method(options) => Criterion::$method(options.init(device)?),)*
                })
            }

            /// Whether the options make sense for a model.
            ///
            /// # Errors
            /// In words, with the key.
            pub fn check(&self, model: &Model) -> anyhow::Result<()> {
                match self {
                    $(Self::$method(options) => options.check(model),)*
                }
            }

            /// Whether embeddings may be sets of several points.
            pub fn takes_sets(&self) -> bool {
                match self {
                    $(Self::$method(options) => options.takes_sets(),)*
                }
            }

            /// Whether targets between 0 and 1 mean something.
            pub fn takes_soft_labels(&self) -> bool {
                match self {
                    $(Self::$method(options) => options.takes_soft_labels(),)*
                }
            }

            /// What sits on CLIP towers when the recipe does not say.
            pub fn head(&self) -> Head {
                match self {
                    $(Self::$method(options) => options.head(),)*
                }
            }

            /// Samples per embedding for measures that draw some.
            pub fn samples(&self) -> usize {
                match self {
                    $(Self::$method(options) => options.samples(),)*
                }
            }
        }

        impl Criterion {
            /// The loss of a batch, by the options it was built from.
            ///
            /// # Panics
            /// With the options of another method.
            pub fn terms(&self, options: &Loss, batch: &EmbeddedBatch) -> Terms {
                match (self, options) {
                    $((Self::$method(criterion), Loss::$method(options)) => criterion.terms(options, batch),)*
                    _ => panic!("a criterion is used with the options it was built from"),
                }
            }

            /// How embeddings are compared when nobody says otherwise.
            pub fn measure(&self, probabilistic: bool) -> Measure {
                match self {
                    $(Self::$method(criterion) => criterion.measure(probabilistic),)*
                }
            }

            /// What the trained scalars mean for a measure.
            pub fn measure_options(&self, options: MeasureOptions) -> MeasureOptions {
                match self {
                    $(Self::$method(criterion) => criterion.measure_options(options),)*
                }
            }
        }
    };
}

// ANCHOR: table
methods! {
    /// PCME: Monte-Carlo match probabilities (Chun et al., CVPR 2021); with `model.point` its mean-only control.
    "pcme" => Pcme,
    /// PCME++: closed-form distances and pseudo-positives (Chun, ICLR 2024).
    "pcme++" => PcmePp,
    /// ProLIP: a sigmoid loss over dot products of distributions (Chun et al., ICLR 2025).
    "prolip" => ProLip,
    /// MAP: InfoNCE over 2-Wasserstein distances with an entropy floor (Ji et al., CVPR 2023).
    "map" => Map,
    /// VSE0, VSE++ and VSE-infinity: a hinge over cosines of means.
    "vse" => Vse,
    /// PVSE: a hinge over the best pair of two sets of points (Song and Soleymani, CVPR 2019).
    "pvse" => Pvse,
    /// Symmetric cross-entropy over cosines of means.
    "info-nce" => InfoNce,
    /// A generalised normal around a frozen embedding (ProbVLM: Upadhyay et al., ICCV 2023); ranks as before.
    "adapter" => Adapter,
}
// ANCHOR_END: table

impl Default for Loss {
    fn default() -> Self {
        Self::Pcme(Pcme::default())
    }
}

#[cfg(test)]
mod tests {
    use super::Loss;

    #[test]
    fn every_method_is_read_by_its_name_alone_and_written_back() {
        for name in ["pcme", "pcme++", "prolip", "map", "vse", "pvse", "info-nce", "adapter"] {
            let loss: Loss = toml::from_str(&format!("method = '{name}'")).unwrap();
            let text = toml::to_string(&loss).unwrap();
            assert!(text.contains(&format!("method = \"{name}\"")), "{text}");
            toml::from_str::<Loss>(&text).unwrap();
        }
    }

    #[test]
    fn a_key_of_another_method_is_an_error() {
        let error = toml::from_str::<Loss>("method = 'vse'\nsamples = 3").unwrap_err().to_string();
        assert!(error.contains("samples") && error.contains("margin"), "{error}");
    }
}
