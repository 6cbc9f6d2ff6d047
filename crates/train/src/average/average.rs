//! The average that a training keeps, if any.

use std::path::Path;

use burn::module::Module;
use serde_json::{Value, json};

use super::{AverageSpec, Ema, Swa};
use crate::TrainError;
use crate::checkpoint::{model_from_bytes, model_to_bytes};

/// The average that a training keeps, if any.
pub(crate) enum Average<M: Module> {
    Off,
    Ema(Ema<M>),
    Swa(Swa<M>),
}

impl<M: Module> Average<M> {
    /// A fresh average of a fresh model.
    pub(crate) fn new(spec: Option<AverageSpec>, model: &M) -> Self {
        match spec {
            None => Self::Off,
            Some(AverageSpec::Ema(config)) => Self::Ema(Ema::new(config, model)),
            Some(AverageSpec::Swa(config)) => Self::Swa(Swa::new(config)),
        }
    }

    /// To be called after every step.
    pub(crate) fn end_of_step(&mut self, model: &M) {
        if let Self::Ema(ema) = self {
            ema.update(model);
        }
    }

    /// To be called at the end of every epoch, before the validation.
    pub(crate) fn end_of_epoch(&mut self, epoch: usize, model: &M) {
        if let Self::Swa(swa) = self {
            swa.end_of_epoch(epoch, model);
        }
    }

    /// The averaged model, once there is one.
    pub(crate) fn model(&self) -> Option<&M> {
        match self {
            Self::Off => None,
            Self::Ema(ema) => Some(ema.model()),
            Self::Swa(swa) => swa.model(),
        }
    }

    /// What a checkpoint holds of it: the averaged weights, and what goes with them.
    pub(crate) fn save(&self) -> Result<(Option<Vec<u8>>, Value), TrainError> {
        let bytes = self.model().map(model_to_bytes).transpose()?;
        let state = match self {
            Self::Off => Value::Null,
            Self::Ema(ema) => json!({ "kind": "ema", "count": ema.updates() }),
            Self::Swa(swa) => json!({ "kind": "swa", "count": swa.count() }),
        };
        Ok((bytes, state))
    }

    /// Continues what [`save`](Self::save) returned; `model` gives the structure, `path` stands for the bytes.
    pub(crate) fn restore(
        spec: Option<AverageSpec>,
        model: &M,
        bytes: Option<Vec<u8>>,
        state: &Value,
        path: &Path,
    ) -> Result<Self, TrainError> {
        let found = state["kind"].as_str();
        if found != spec.as_ref().map(AverageSpec::kind) {
            let name = |kind: Option<&str>| kind.unwrap_or("none").to_owned();
            return Err(TrainError::Changed {
                path: path.to_owned(),
                what: "the average of the weights".to_owned(),
                expected: name(found),
                found: name(spec.as_ref().map(AverageSpec::kind)),
                help: "resume with the average that the run was started with".to_owned(),
            });
        }
        let count = state["count"].as_u64().unwrap_or(0);
        let average = bytes.map(|bytes| model_from_bytes(model.valid(), bytes, path)).transpose()?;
        match (spec, average) {
            (None, _) => Ok(Self::Off),
            (Some(AverageSpec::Ema(config)), Some(average)) => Ok(Self::Ema(Ema::restored(config, average, count))),
            (Some(AverageSpec::Swa(config)), mean) if mean.is_some() == (count > 0) => {
                Ok(Self::Swa(Swa::restored(config, mean, count)))
            }
            _ => Err(TrainError::Corrupt {
                path: path.to_owned(),
                expected: format!("the average of {count} models"),
                found: "a checkpoint without it".to_owned(),
                help: "remove the checkpoint to resume from the one before it".to_owned(),
            }),
        }
    }
}
