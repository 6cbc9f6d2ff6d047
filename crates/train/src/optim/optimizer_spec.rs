//! An optimiser as a recipe names it.

use burn::module::{Module, ParamGroup};
use burn::optim::{Adam, AdamConfig, AdamW, AdamWConfig, ModuleOptimizer, Optimizer, decay::WeightDecayConfig};
use serde::{Deserialize, Serialize};

use super::scaled::Scaled;
use super::{AdamP, Adamax, ParamGroups, ParamSettings};
use crate::TrainError;

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
    /// [`Adamax`] (Kingma and Ba, 2015), the optimiser of the published coupling flows; `weight_decay` is added to the gradient.
    Adamax {
        /// Decay rates of the first moment and of the infinity norm.
        #[serde(default = "default_betas")]
        betas: [f64; 2],
        /// Added to the magnitude of every gradient.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
        /// L2 penalty.
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
            Self::Adam { .. } => self.adam(None).into(),
            Self::AdamW { .. } => self.adamw(None).into(),
            Self::Adamax { .. } => self.adamax(None).into(),
            Self::AdamP { .. } => self.adamp(None, None).into(),
        }
    }

    /// A fresh optimiser for `model` whose learning rate and weight decay differ by parameter.
    ///
    /// It is one optimiser with one state; the rate given to its `step` is what the groups' factors multiply.
    ///
    /// # Errors
    /// [`TrainError::Invalid`] as [`ParamGroups::resolve`].
    pub fn build_grouped<M: Module>(&self, groups: &ParamGroups, model: &M) -> Result<ModuleOptimizer, TrainError> {
        let mut sets: Vec<(ParamSettings, Vec<String>)> = Vec::new();
        for settings in groups.resolve(model)? {
            let path = settings.path.clone();
            let settings = ParamSettings { path: String::new(), ..settings };
            match sets.iter_mut().find(|(known, _)| *known == settings) {
                Some((_, paths)) => paths.push(path),
                None => sets.push((settings, vec![path])),
            }
        }
        Ok(sets.into_iter().fold(self.build(), |built, (settings, paths)| {
            let ParamSettings { lr_factor, weight_decay, rows_are_channels, .. } = settings;
            match *self {
                Self::Adam { .. } => add(built, paths, self.adam(weight_decay), lr_factor),
                Self::AdamW { .. } => add(built, paths, self.adamw(weight_decay), lr_factor),
                Self::Adamax { .. } => add(built, paths, self.adamax(weight_decay), lr_factor),
                Self::AdamP { .. } => add(built, paths, self.adamp(weight_decay, rows_are_channels), lr_factor),
            }
        }))
    }

    fn parts(&self, own_decay: Option<f64>) -> ([f64; 2], f64, f64) {
        let (Self::Adam { betas, epsilon, weight_decay }
        | Self::AdamW { betas, epsilon, weight_decay }
        | Self::Adamax { betas, epsilon, weight_decay }
        | Self::AdamP { betas, epsilon, weight_decay }) = *self;
        (betas, epsilon, own_decay.unwrap_or(weight_decay))
    }

    fn adam(&self, own_decay: Option<f64>) -> Adam {
        let ([beta_1, beta_2], epsilon, weight_decay) = self.parts(own_decay);
        let config = AdamConfig::new().with_beta_1(beta_1 as f32).with_beta_2(beta_2 as f32);
        let decay = (weight_decay != 0.0).then(|| WeightDecayConfig::new(weight_decay as f32));
        config.with_epsilon(epsilon as f32).with_weight_decay(decay).build()
    }

    fn adamw(&self, own_decay: Option<f64>) -> AdamW {
        let ([beta_1, beta_2], epsilon, weight_decay) = self.parts(own_decay);
        let config = AdamWConfig::new().with_beta_1(beta_1 as f32).with_beta_2(beta_2 as f32);
        config.with_epsilon(epsilon as f32).with_weight_decay(weight_decay as f32).build()
    }

    fn adamax(&self, own_decay: Option<f64>) -> Adamax {
        let (betas, epsilon, weight_decay) = self.parts(own_decay);
        Adamax { betas, epsilon, weight_decay }
    }

    fn adamp(&self, own_decay: Option<f64>, rows_are_channels: Option<bool>) -> AdamP {
        let (betas, epsilon, weight_decay) = self.parts(own_decay);
        let rows_are_channels = rows_are_channels.unwrap_or(false);
        AdamP { betas, epsilon, weight_decay, rows_are_channels, ..AdamP::default() }
    }
}

/// Adds `optimizer` for the parameters at `paths`.
fn add<O: Optimizer>(built: ModuleOptimizer, paths: Vec<String>, optimizer: O, factor: f64) -> ModuleOptimizer {
    built.with_group(ParamGroup::from_paths(paths), Scaled { optimizer, factor }, None)
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
