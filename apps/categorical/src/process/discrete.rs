//! Diffusion in discrete time.

use super::{Bound, Drawn, Process, Request, download, host, model_error, one_sampler};
use crate::dataset::Dataset;
use crate::network::Network;
use crate::recipe::DiffusionModel;
use anyhow::anyhow;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use halation_models::diffusion::discrete::{Decoder, DiscreteDiffusion, Known, SampleOptions, SpellMode, TimeSampler};
use halation_models::diffusion::transition::TransitionKind;
use halation_train::random::{seed_for, uniform_noise, uniform_values};
use halation_train::trainer::StepAt;
use halation_train::user_error::user;
use serde_json::Value;
use std::cell::RefCell;

struct DiscreteProcess {
    diffusion: DiscreteDiffusion,
    /// Learns from every training step which steps of the chain cost most.
    times: RefCell<TimeSampler>,
    spells: bool,
    length: usize,
    device: Device,
}

pub fn build(
    model: &DiffusionModel,
    dataset: &Dataset,
    device: &Device,
) -> anyhow::Result<(Box<dyn Process>, Network)> {
    let classes = dataset.classes;
    let schedule = model.schedule.init(model.steps, classes).map_err(model_error)?;
    // Neighbours on the line of class numbers: what is near is for the data to say, and label maps and bytes have an order of sorts.
    let line: Vec<Vec<f64>> = (0..classes).map(|class| vec![class as f64]).collect();
    let vectors = (model.transition == TransitionKind::NearestNeighbour).then_some((&line[..], 4.min(classes - 1)));
    let transition = model.transition.init(classes, schedule, vectors).map_err(model_error)?;
    let decoder = if model.direct_decoder { Decoder::Direct } else { Decoder::Posterior };
    let inputs = if model.transition.has_mask() { classes + 1 } else { classes };
    let process = DiscreteProcess {
        diffusion: DiscreteDiffusion::new(transition, decoder, model.auxiliary).map_err(model_error)?,
        times: RefCell::new(TimeSampler::new(model.time_sampler, model.steps).map_err(model_error)?),
        spells: !model.transition.has_mask(),
        length: dataset.length,
        device: device.clone().inner(),
    };
    Ok((Box::new(process), Network::Denoiser(model.denoiser.init(dataset, inputs, device)?)))
}

impl DiscreteProcess {
    /// Uniform numbers by call: the `n`-th call of a sampler gets stream `n`.
    fn noise<'a>(&self, seed: u64, device: &'a Device) -> impl FnMut([usize; 3]) -> Tensor<3> + 'a {
        let mut call = 0;
        move |shape| {
            call += 1;
            uniform_noise(shape, seed_for(seed, "noise", 0, call), device)
        }
    }
}

/// Uniform numbers on the host.
fn uniforms(count: usize, seed: u64) -> Vec<f64> {
    uniform_values(count, seed).into_iter().map(f64::from).collect()
}

impl Process for DiscreteProcess {
    fn loss(&self, network: &Network, ids: Tensor<2, Int>, at: StepAt) -> Tensor<1> {
        let ([batch, length], device) = (ids.dims(), ids.device());
        let draw = self.times.borrow().sample(&uniforms(batch, at.seed_for("times")));
        let shape = [batch, length, self.diffusion.transition().states()];
        let noise = uniform_noise(shape, at.seed_for("noise"), &device);
        let loss = self.diffusion.loss(network.denoiser(), ids, &draw.t, &draw.q_t, noise);
        self.times.borrow_mut().update(&draw.t, &host(loss.term.detach()));
        loss.objective
    }

    fn bound(&self, network: &Network, ids: Tensor<2, Int>, samples: usize, seed: u64) -> anyhow::Result<Bound> {
        let device = ids.device();
        let mut noise = self.noise(seed, &device);
        let denoiser = network.denoiser();
        let nats = if samples >= self.diffusion.steps() {
            self.diffusion.nll_full(denoiser, ids, &mut noise)
        } else {
            let places = uniforms(samples, seed_for(seed, "times", 0, 0));
            self.diffusion.nll_mc(denoiser, ids, &places, &mut noise)
        };
        Ok(Bound { elbo: host(nats.neg()), iwbo: None })
    }

    fn sample(&self, network: &Network, request: Request<'_>) -> anyhow::Result<Drawn> {
        one_sampler(&request, "diffusion")?;
        let steps = self.diffusion.steps();
        let times = match request.steps {
            Some(count) if count == 0 || count > steps => {
                return Err(user(anyhow!("--steps {count}: the model has {steps} steps; give 1 to {steps}")));
            }
            Some(count) => self.diffusion.some_steps(count),
            None => self.diffusion.all_steps(),
        };
        let mut options = SampleOptions::default();
        if let Some(rows) = &request.known {
            let shape = [rows.len(), self.length];
            let ids: Vec<i32> = rows.iter().flatten().map(|known| i32::from(known.unwrap_or(0))).collect();
            let mask: Vec<bool> = rows.iter().flatten().map(Option::is_some).collect();
            options.known = Some(Known {
                ids: Tensor::from_data(TensorData::new(ids, shape), &self.device),
                mask: Tensor::<2, Bool>::from_data(TensorData::new(mask, shape), &self.device),
            });
        }
        let mut watch = request.watch;
        let mut show = |_: usize, state: &Tensor<2, Int>| {
            if let Some(watch) = &mut watch {
                watch(&download(state.clone()));
            }
        };
        options.watch = Some(&mut show);
        let mut noise = self.noise(request.seed, &self.device);
        let shape = [request.count, self.length];
        let ids = self.diffusion.sample(network.denoiser(), shape, &times, options, &mut noise)?;
        Ok(Drawn { rows: download(ids), leak: None })
    }

    fn spell(
        &self,
        network: &Network,
        ids: Tensor<2, Int>,
        rate: f64,
        mode: SpellMode,
    ) -> anyhow::Result<Tensor<2, Int>> {
        if !self.spells {
            return Err(user(anyhow!(
                "a model with masks knows which symbols are hidden, not which are wrong: train one with `model.transition = \"uniform\"`"
            )));
        }
        let t = self.diffusion.step_for_error_rate(rate);
        Ok(self.diffusion.spell_check(network.denoiser(), ids, t, mode).map_err(|error| user(error.into()))?.proposals)
    }

    fn save_state(&self) -> Value {
        serde_json::to_value(&*self.times.borrow()).expect("plain numbers")
    }

    fn load_state(&self, state: &Value) -> anyhow::Result<()> {
        let times: TimeSampler = serde_json::from_value(state.clone())?;
        times.check(self.diffusion.steps())?;
        *self.times.borrow_mut() = times;
        Ok(())
    }
}
