//! A trained model ready to measure and to sample.

use crate::dataset::Dataset;
use crate::network::Network;
use crate::process::{self, Drawn, Process, Request};
use crate::recipe::Recipe;
use anyhow::anyhow;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use halation_models::diffusion::discrete::SpellMode;
use halation_train::app::RunArgs;
use halation_train::run::{Run, Which};
use halation_train::user_error::user;

/// Sequences that go through the network at a time.
const BATCH: usize = 64;

/// A network in evaluation mode, and what is done with it.
pub struct Generator<'a> {
    network: Network,
    process: &'a dyn Process,
    dataset: &'a Dataset,
    device: Device,
}

/// A run as a verb needs it: recipe, data and model.
pub struct Opened {
    /// The recipe, its data path replaced by `--data`.
    pub recipe: Recipe,
    /// The data.
    pub dataset: Dataset,
    /// The last checkpoint, in evaluation mode.
    network: Network,
    process: Box<dyn Process>,
    device: Device,
}

impl Opened {
    /// The last checkpoint of a run.
    ///
    /// # Errors
    /// A folder that is no run, a run without a checkpoint, data that do not fit it.
    pub fn new(args: &RunArgs) -> anyhow::Result<Self> {
        let device = args.device()?;
        let run = Run::open(&args.run)?;
        let mut recipe: Recipe = run.recipe()?;
        if let Some(path) = &args.data {
            recipe.data.path = Some(std::path::absolute(path)?);
        }
        let dataset = Dataset::load(&recipe)?;
        check_alphabet(&run.artifact("alphabet.json"), &dataset)?;
        check_classes(&run.artifact("classes.json"), &dataset)?;
        let (process, blank) = process::build(&recipe, &dataset, &device)?;
        let network = run.load_model(blank, Which::Last)?.valid();
        Ok(Self { recipe, dataset, network, process, device })
    }

    /// The model.
    pub fn generator(&self) -> Generator<'_> {
        Generator {
            network: self.network.clone(),
            process: self.process.as_ref(),
            dataset: &self.dataset,
            device: self.device.clone(),
        }
    }

    /// The trained part.
    pub fn network(&self) -> &Network {
        &self.network
    }
}

/// A model reads the classes of the alphabet that it was trained with, and no others.
fn check_alphabet(path: &std::path::Path, dataset: &Dataset) -> anyhow::Result<()> {
    let (Ok(text), Some(found)) = (std::fs::read_to_string(path), dataset.alphabet()) else { return Ok(()) };
    if text == serde_json::to_string(found)? {
        return Ok(());
    }
    Err(user(anyhow!(
        "the data has another alphabet ({} symbols) than the model was trained with ({}): give the data of the run, or train anew",
        found.size(),
        path.display()
    )))
}

/// As many classes as it was trained with.
fn check_classes(path: &std::path::Path, dataset: &Dataset) -> anyhow::Result<()> {
    match std::fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<usize>().ok()) {
        Some(trained) if trained != dataset.classes => Err(user(anyhow!(
            "the data has {} classes and the model was trained with {trained} ({}): give the data of the run, or train anew",
            dataset.classes,
            path.display()
        ))),
        _ => Ok(()),
    }
}

impl<'a> Generator<'a> {
    /// A network being trained, put into evaluation mode on a plain device.
    pub fn new(network: &Network, process: &'a dyn Process, dataset: &'a Dataset, device: Device) -> Self {
        Self { network: network.valid(), process, dataset, device }
    }

    /// The data.
    pub fn dataset(&self) -> &Dataset {
        self.dataset
    }

    /// Lower bounds of `ln P(x)` of some sequences of a part, nats, and the importance-weighted ones where there are any.
    ///
    /// # Errors
    /// A part that does not exist.
    pub fn bounds(
        &self,
        part: &str,
        indices: &[usize],
        samples: usize,
        seed: u64,
        mut progress: impl FnMut(usize),
    ) -> anyhow::Result<(Vec<f64>, Option<Vec<f64>>)> {
        let (mut elbo, mut iwbo) = (Vec::new(), Some(Vec::new()));
        for (batch, indices) in indices.chunks(BATCH).enumerate() {
            let ids = self.upload(&self.dataset.sequences(part, indices)?);
            let bound = self.process.bound(&self.network, ids, samples, seed.wrapping_add(batch as u64))?;
            elbo.extend(bound.elbo);
            iwbo = iwbo.zip(bound.iwbo).map(|(mut all, more): (Vec<f64>, _)| {
                all.extend(more);
                all
            });
            progress(elbo.len());
        }
        Ok((elbo, iwbo))
    }

    /// Draws sequences.
    ///
    /// # Errors
    /// What the kind of model cannot do.
    pub fn sample(&self, request: Request<'_>) -> anyhow::Result<Drawn> {
        self.process.sample(&self.network, request)
    }

    /// Proposes a class for every position of sequences.
    ///
    /// # Errors
    /// What the kind of model cannot do.
    pub fn spell(&self, rows: &[Vec<u16>], rate: f64, mode: SpellMode) -> anyhow::Result<Vec<Vec<u16>>> {
        let mut proposals = Vec::with_capacity(rows.len());
        for rows in rows.chunks(BATCH) {
            let ids: Vec<i32> = rows.iter().flatten().map(|&id| i32::from(id)).collect();
            let proposed = self.process.spell(&self.network, self.upload(&ids), rate, mode)?;
            proposals.extend(process::download(proposed));
        }
        Ok(proposals)
    }

    fn upload(&self, ids: &[i32]) -> Tensor<2, Int> {
        process::upload(ids, self.dataset.length, &self.device)
    }
}
