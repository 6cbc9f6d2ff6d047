//! What is done with a network: how a batch becomes a loss, a bound, a sample. One file for each kind of model.

mod continuous;
mod discrete;
mod flow;
mod label_flow;
mod latent;
mod request;
mod sampler_name;

pub use request::{Bound, Drawn, Request};
pub use sampler_name::SamplerName;

use crate::dataset::Dataset;
use crate::network::Network;
use crate::recipe::{Model, Recipe};
use anyhow::anyhow;
use burn::tensor::{Device, Int, Tensor, TensorData};
use halation_core::bound::IwboAccumulator;
use halation_core::unit::Nats;
use halation_models::diffusion::discrete::SpellMode;
use halation_train::trainer::StepAt;
use halation_train::user_error::user;
use serde_json::Value;

/// How a network of one kind is trained, measured and sampled.
pub trait Process {
    /// Sets what the first batch decides: activation norms, starting frequencies. A resumed run overwrites it.
    fn prepare(&self, network: Network, _ids: Tensor<2, Int>, _seed: u64) -> Network {
        network
    }

    /// What training minimises, nats for each sequence, `[B]`.
    fn loss(&self, network: &Network, ids: Tensor<2, Int>, at: StepAt) -> Tensor<1>;

    /// Lower bounds of `ln P(x)` of each sequence, from `samples` draws; a function of `seed`.
    fn bound(&self, network: &Network, ids: Tensor<2, Int>, samples: usize, seed: u64) -> anyhow::Result<Bound>;

    /// Draws sequences.
    ///
    /// # Errors
    /// A request that this kind cannot serve, as a user error.
    fn sample(&self, network: &Network, request: Request<'_>) -> anyhow::Result<Drawn>;

    /// Proposes a class for every position of a text in which some are wrong.
    ///
    /// # Errors
    /// That this kind cannot, as a user error.
    fn spell(
        &self,
        _network: &Network,
        _ids: Tensor<2, Int>,
        _rate: f64,
        _mode: SpellMode,
    ) -> anyhow::Result<Tensor<2, Int>> {
        Err(user(anyhow!(
            "only a model of kind \"diffusion\" with uniform noise corrects texts: it guesses every symbol from all others"
        )))
    }

    /// State beside the weights that a checkpoint must hold.
    fn save_state(&self) -> Value {
        Value::Null
    }

    /// Restores it.
    ///
    /// # Errors
    /// A state of another model.
    fn load_state(&self, _state: &Value) -> anyhow::Result<()> {
        Ok(())
    }
}

/// The process and an untrained network of a recipe; its weights are drawn when they are first used.
///
/// # Errors
/// Settings that do not fit together or the data, as user errors.
pub fn build(recipe: &Recipe, dataset: &Dataset, device: &Device) -> anyhow::Result<(Box<dyn Process>, Network)> {
    match &recipe.model {
        Model::Flow(model) => flow::build(model, recipe.seed, dataset, device),
        Model::LabelFlow(model) => label_flow::build(model, recipe.seed, dataset, device),
        Model::Latent(model) => latent::build(model, dataset, device),
        Model::Diffusion(model) => discrete::build(model, dataset, device),
        Model::Continuous(model) => continuous::build(model, dataset, device),
    }
}

/// A setting of the `[model]` table that makes no sense.
fn model_error(error: halation_models::ModelError) -> anyhow::Error {
    user(anyhow!("recipe table `model`: {error}"))
}

/// The recipe needs a text or a chain.
fn sequences_only(dataset: &Dataset, kind: &str) -> anyhow::Result<()> {
    match dataset.size() {
        None => Ok(()),
        Some(_) => Err(user(anyhow!(
            "recipe key `model.kind` is \"{kind}\", which models sequences; label maps need \"label-flow\" or \"diffusion\""
        ))),
    }
}

/// What a request of an animation or of given symbols is told by models that have no steps.
fn no_steps(request: &Request<'_>, kind: &str) -> anyhow::Result<()> {
    if request.steps.is_some() || request.watch.is_some() {
        return Err(user(anyhow!("a model of kind \"{kind}\" samples in one go: leave out --steps and --animate")));
    }
    one_sampler(request, kind)?;
    if request.known.is_some() {
        return Err(user(anyhow!("a model of kind \"{kind}\" cannot fill gaps: use a diffusion")));
    }
    Ok(())
}

/// Refuses a choice of sampler where there is none.
fn one_sampler(request: &Request<'_>, kind: &str) -> anyhow::Result<()> {
    if request.sampler.is_some() {
        return Err(user(anyhow!(
            "a model of kind \"{kind}\" has one way to sample: --sampler is for kind \"continuous\"; leave it out"
        )));
    }
    Ok(())
}

/// A tensor of ids.
pub fn upload(ids: &[i32], length: usize, device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(ids.to_vec(), [ids.len() / length, length]), device)
}

/// Rows of ids.
pub fn download(ids: Tensor<2, Int>) -> Vec<Vec<u16>> {
    let [_, length] = ids.dims();
    let values = ids.to_data_as::<i64>().try_to_vec::<i64>().expect("converted to i64 just before");
    values.chunks(length).map(|row| row.iter().map(|&id| id as u16).collect()).collect()
}

/// Nats of each row on the host.
fn host(values: Tensor<1>) -> Vec<f64> {
    values.into_data_as::<f32>().iter::<f32>().map(f64::from).collect()
}

/// The mean over `S` draws of every row, and its IWBO, of log-weights `S` times `[B]`.
fn of_draws(draws: &[Vec<f64>]) -> anyhow::Result<Bound> {
    let rows = draws.first().map_or(0, Vec::len);
    let elbo = (0..rows).map(|row| draws.iter().map(|draw| draw[row]).sum::<f64>() / draws.len() as f64).collect();
    let mut iwbo = IwboAccumulator::new(rows);
    draws.iter().try_for_each(|draw| iwbo.update(draw))?;
    Ok(Bound { elbo, iwbo: Some(iwbo.bounds()) })
}

/// Nats as bits for each of `length` symbols.
pub fn bits(nats: f64, length: usize) -> f64 {
    Nats(nats).bits_per(length).value()
}
