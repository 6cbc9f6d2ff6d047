//! An optimiser as a recipe names it.

use burn::optim::{AdamConfig, AdamWConfig, ModuleOptimizer, decay::WeightDecayConfig};
use serde::{Deserialize, Serialize};

use super::AdamP;

/// Which optimiser, with PyTorch's defaults.
///
/// In a recipe: `optimizer = { kind = "adamw", weight_decay = 0.01 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum OptimizerSpec {
    /// Adam (Kingma and Ba, 2015); `weight_decay` is added to the gradient.
    Adam {
        /// Decay rates of the first and second moment.
        #[serde(default = "default_betas")]
        betas: [f64; 2],
        /// Added to the square root of the second moment.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
        /// L2 penalty.
        #[serde(default)]
        weight_decay: f64,
    },
    /// AdamW (Loshchilov and Hutter, 2019); `weight_decay` shrinks the weights, apart from the gradient.
    AdamW {
        /// Decay rates of the first and second moment.
        #[serde(default = "default_betas")]
        betas: [f64; 2],
        /// Added to the square root of the second moment.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
        /// Decoupled weight decay, in units of the learning rate.
        #[serde(default)]
        weight_decay: f64,
    },
    /// [`AdamP`] (Heo et al., 2021), the optimiser of PCME and PCME++.
    AdamP {
        /// Decay rates of the first and second moment.
        #[serde(default = "default_betas")]
        betas: [f64; 2],
        /// Added to the square root of the second moment.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
        /// Decoupled weight decay, in units of the learning rate.
        #[serde(default)]
        weight_decay: f64,
    },
}

fn default_betas() -> [f64; 2] {
    [0.9, 0.999]
}

fn default_epsilon() -> f64 {
    1e-8
}

impl Default for OptimizerSpec {
    /// AdamW without weight decay.
    fn default() -> Self {
        Self::AdamW { betas: default_betas(), epsilon: default_epsilon(), weight_decay: 0.0 }
    }
}

impl OptimizerSpec {
    /// A fresh optimiser, without any state.
    pub fn build(&self) -> ModuleOptimizer {
        match *self {
            Self::Adam { betas: [beta_1, beta_2], epsilon, weight_decay } => {
                let config = AdamConfig::new().with_beta_1(beta_1 as f32).with_beta_2(beta_2 as f32);
                let decay = (weight_decay != 0.0).then(|| WeightDecayConfig::new(weight_decay as f32));
                config.with_epsilon(epsilon as f32).with_weight_decay(decay).init()
            }
            Self::AdamW { betas: [beta_1, beta_2], epsilon, weight_decay } => AdamWConfig::new()
                .with_beta_1(beta_1 as f32)
                .with_beta_2(beta_2 as f32)
                .with_epsilon(epsilon as f32)
                .with_weight_decay(weight_decay as f32)
                .init(),
            Self::AdamP { betas, epsilon, weight_decay } => {
                AdamP { betas, epsilon, weight_decay, ..AdamP::default() }.into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_names_an_optimiser_by_kind_and_gets_its_defaults() {
        let spec: OptimizerSpec = toml::from_str("kind = 'adamw'\nweight_decay = 0.01").unwrap();
        assert_eq!(spec, OptimizerSpec::AdamW { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.01 });
        let again = toml::from_str(&toml::to_string(&spec).unwrap()).unwrap();
        assert_eq!(spec, again);
        assert!(toml::from_str::<OptimizerSpec>("kind = 'adamp'\nbeta = 0.5").is_err());
    }
}
