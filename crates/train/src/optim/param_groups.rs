//! Learning rates and weight decay that differ between the parameters of a model.

use std::collections::HashSet;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{LayerDecay, ParamRule, ParamSettings};
use crate::TrainError;

/// Learning-rate factors and weight decay by parameter: rules, and layer-wise decay of towers, which multiplies with them.
///
/// The groups of PCME++, as a recipe writes them:
///
/// ```toml
/// [groups]
/// rules = [
///     { prefix = "image.trunk", lr_factor = 0.01 },
///     { prefix = "text.trunk", lr_factor = 0.1 },
///     { prefix = "criterion", weight_decay = 0.0 },
/// ]
/// layer_decay = [
///     { blocks = "image.trunk.blocks", decay = 0.7 },
///     { blocks = "text.trunk.blocks", decay = 0.7 },
/// ]
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ParamGroups {
    /// The rules; order matters where two replace the same thing.
    pub rules: Vec<ParamRule>,
    /// The towers whose deeper blocks learn more slowly.
    pub layer_decay: Vec<LayerDecay>,
}

impl ParamGroups {
    /// No differences.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule.
    pub fn with_rule(mut self, rule: ParamRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds the layer-wise decay of a tower.
    pub fn with_layer_decay(mut self, decay: LayerDecay) -> Self {
        self.layer_decay.push(decay);
        self
    }

    /// What holds for every float parameter of `model`, in module order; tied parameters count at their first path.
    ///
    /// # Errors
    /// [`TrainError::Invalid`] when a rule or a tower matches no parameter (a misspelt path would otherwise train at the
    /// full rate in silence), a number is out of range, or a stated depth is less than the tower has blocks.
    pub fn resolve<M: Module>(&self, model: &M) -> Result<Vec<ParamSettings>, TrainError> {
        let mut paths = Paths::default();
        model.visit(&mut paths);
        let found = paths.found;
        let mut settings: Vec<ParamSettings> = found
            .iter()
            .map(|(path, _)| ParamSettings {
                path: path.clone(),
                lr_factor: 1.0,
                weight_decay: None,
                rows_are_channels: None,
            })
            .collect();
        for rule in &self.rules {
            let what = format!("parameter group ({})", rule.conditions());
            let in_range = |value: f64| value.is_finite() && value >= 0.0;
            if !in_range(rule.lr_factor) || rule.weight_decay.is_some_and(|decay| !in_range(decay)) {
                let problem = "its learning-rate factor or weight decay is negative or not a number";
                return Err(invalid(what, problem, "use 0 or more"));
            }
            let mut matched = false;
            for ((path, rank), settings) in found.iter().zip(&mut settings) {
                if rule.matches(path, *rank) {
                    matched = true;
                    settings.lr_factor *= rule.lr_factor;
                    settings.weight_decay = rule.weight_decay.or(settings.weight_decay);
                    settings.rows_are_channels = rule.rows_are_channels.or(settings.rows_are_channels);
                }
            }
            if !matched {
                return Err(matches_nothing(what, &found));
            }
        }
        for decay in &self.layer_decay {
            let what = format!("layer decay of `{}`", decay.blocks);
            let blocks: Vec<Option<usize>> = found.iter().map(|(path, _)| decay.block_of(path)).collect();
            let Some(last) = blocks.iter().flatten().max() else { return Err(matches_nothing(what, &found)) };
            let listed = last + 1;
            if let Some(problem) = decay.problem(listed) {
                return Err(invalid(what, &problem, "leave the depth out to have the blocks counted"));
            }
            for (block, settings) in blocks.iter().zip(&mut settings) {
                if let Some(block) = *block {
                    settings.lr_factor *= decay.factor(block, listed);
                }
            }
        }
        Ok(settings)
    }
}

fn invalid(what: String, problem: &str, help: &str) -> TrainError {
    TrainError::Invalid { what, problem: problem.to_owned(), help: help.to_owned() }
}

fn matches_nothing(what: String, found: &[(String, usize)]) -> TrainError {
    let mut heads: Vec<String> =
        found.iter().map(|(path, _)| path.split('.').take(3).collect::<Vec<_>>().join(".")).collect();
    heads.dedup();
    let more = if heads.len() > 12 { ", .." } else { "" };
    heads.truncate(12);
    invalid(what, "it matches no parameter of the model", &format!("paths start with {}{more}", heads.join(", ")))
}

/// Path and rank of every float parameter, each identity once.
#[derive(Default)]
struct Paths {
    path: Vec<String>,
    seen: HashSet<ParamId>,
    found: Vec<(String, usize)>,
}

impl ModuleVisitor for Paths {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.seen.insert(param.id) {
            self.found.push((self.path.join("."), D));
        }
    }
}
