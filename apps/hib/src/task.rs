//! Training on pairs of numbers: what a step sees is a function of seed, epoch and step.

use crate::dataset::Dataset;
use crate::embedded::Embedded;
use crate::embedder::Embedder;
use crate::evaluation;
use crate::model::HibModel;
use crate::recipe::{Pairing, Recipe};
use burn::nn::loss::Reduction;
use burn::tensor::{Device, Tensor, TensorData};
use halation_core::loss::MatchMatrix;
use halation_data::sample::{Stream, index_below, keyed_rng};
use halation_train::TaskError;
use halation_train::optim::Schedule;
use halation_train::random::normal_noise;
use halation_train::trainer::{Stage, StepAt, StepOutput, Task};

/// Training images, batched.
pub struct DigitTask<'a> {
    recipe: &'a Recipe,
    dataset: &'a Dataset,
    device: Device,
    training_device: Device,
}

impl<'a> DigitTask<'a> {
    /// Prepares a dataset for training on `device`.
    pub fn new(recipe: &'a Recipe, dataset: &'a Dataset, device: &Device) -> Self {
        Self { recipe, dataset, device: device.clone(), training_device: device.clone().autodiff() }
    }

    /// The model as something that embeds.
    pub fn embedder(&self, model: &HibModel) -> Embedder {
        Embedder::new(model, self.recipe.clone(), self.device.clone())
    }

    /// The optimiser lifetime of the recipe.
    pub fn stages(&self) -> Vec<Stage> {
        let train = &self.recipe.train;
        let total_steps = (train.epochs * train.steps_per_epoch) as u64;
        let schedule = Schedule::WarmupCosine { warmup_steps: total_steps / 20, total_steps, floor: 0.0 };
        let stage = Stage::new("train", train.epochs, train.optimizer.build(), train.lr);
        vec![stage.with_clip_norm(train.clip).with_schedule(schedule)]
    }

    /// The images of a step. Drawn pairs stand one after the other: first halves, then second halves.
    fn draw(&self, at: StepAt) -> Result<Vec<usize>, TaskError> {
        let (train, set) = (&self.recipe.train, &self.dataset.train);
        if train.pairing == Pairing::Drawn {
            let pairs = set.verification_pairs(train.batch / 2, at.seed_for("pairs"))?;
            return Ok(pairs.iter().map(|pair| pair.0).chain(pairs.iter().map(|pair| pair.1)).collect());
        }
        let mut rng = keyed_rng(at.seed, at.step, 0, Stream::Draw);
        let mut distinct = |bound: usize, count: usize| {
            let mut found: Vec<usize> = Vec::with_capacity(count);
            while found.len() < count {
                let candidate = index_below(bound, &mut rng);
                if !found.contains(&candidate) {
                    found.push(candidate);
                }
            }
            found
        };
        let numbers = distinct(set.numbers().len(), train.batch / train.per_number);
        let per_number = train.per_number.min(set.per_class());
        let images = numbers.into_iter().flat_map(|number| {
            let first = number * set.per_class();
            distinct(set.per_class(), per_number).into_iter().map(move |image| first + image)
        });
        Ok(images.collect())
    }
}

impl Task for DigitTask<'_> {
    type Model = HibModel;

    fn steps_per_epoch(&self) -> usize {
        self.recipe.train.steps_per_epoch
    }

    fn items_per_step(&self) -> usize {
        self.recipe.train.batch
    }

    /// `L = L_soft + beta (KL(x1) + KL(x2))`, a mean over the pairs (Oh et al. 2019). An item is on either side of as many pairs,
    /// so the mean of the sum of two divergences is twice the mean over the items.
    fn loss(&self, model: &HibModel, at: StepAt) -> Result<StepOutput, TaskError> {
        let (set, loss) = (&self.dataset.train, &self.recipe.loss);
        let items = self.draw(at)?;
        let [height, width] = set.size();
        // A place is drawn again in every step, even for an image that came before.
        let values = set.values(&items, Some(&self.recipe.data.occlusion), at.step);
        let images = TensorData::new(values, [items.len(), 1, height, width]);
        let images = Tensor::<4>::from_data(images, &self.training_device); // [B, 1, S, N S]
        let embedded = Embedded::new(model.encoder.forward(images));
        let noise = [items.len(), loss.samples, self.recipe.model.dim];
        let samples = embedded.samples(normal_noise(noise, at.seed_for("noise"), &self.training_device)); // [B, J, D]

        let numbers: Vec<u32> = items.iter().map(|&item| set.number(item)).collect();
        let soft = match self.recipe.train.pairing {
            Pairing::All => {
                let matches = MatchMatrix::from_ids(&numbers, &numbers, &self.training_device);
                model.criterion.forward(samples.clone(), &matches, Reduction::Mean)
            }
            Pairing::Drawn => {
                let pairs = items.len() / 2;
                let same: Vec<f32> = (0..pairs).map(|pair| f32::from(numbers[pair] == numbers[pairs + pair])).collect();
                let same = Tensor::<1>::from_data(TensorData::new(same, [pairs]), &self.training_device);
                let (left, right) = (samples.clone().narrow(0, 0, pairs), samples.clone().narrow(0, pairs, pairs));
                model.criterion.forward_aligned(left, right, same, Reduction::Mean)
            }
        };
        let of_soft = f64::from(soft.clone().into_scalar::<f32>());
        if !embedded.is_hedged() {
            return Ok(StepOutput::new(soft).with("soft_contrastive", of_soft));
        }
        let prior = embedded.prior_kl(samples).mean();
        let of_prior = f64::from(prior.clone().into_scalar::<f32>());
        let output = StepOutput::new(soft + prior * (2.0 * loss.kl_weight));
        Ok(output.with("soft_contrastive", of_soft).with("prior_kl", of_prior))
    }

    fn validate(&self, model: &HibModel, _epoch: usize) -> Result<Vec<(String, f64)>, TaskError> {
        Ok(evaluation::glance(&self.embedder(model), self.dataset)?)
    }
}
