//! Diffusion in continuous time.

use super::{Bound, Drawn, Process, Request, SamplerName, model_error};
use crate::dataset::Dataset;
use crate::network::{DenoiserNetwork, Network};
use crate::recipe::{ContinuousModel, Net, Objective};
use anyhow::anyhow;
use burn::tensor::{Device, Int, Tensor};
use halation_models::diffusion::continuous::sample::{
    Ancestral, Canvas, Dndm, FirstHitting, FlowEuler, Predictor, RemaskMode, Remasking, Sampler, SeddSampler, SeddStep,
    TimeGrid,
};
use halation_models::diffusion::continuous::{
    AlphaSchedule, ContinuousBound, ContinuousKind, FlowMatching, Masked, NoiseKind, Sedd, TimeDraw, Udlm,
};
use halation_models::diffusion::denoiser::Denoiser;
use halation_train::random::{seed_for, uniform_values};
use halation_train::trainer::StepAt;
use halation_train::user_error::user;
use std::cell::RefCell;

/// Steps of a sample if none are asked for.
const STEPS: usize = 128;

struct ContinuousProcess {
    kind: ContinuousKind,
    time_free: bool,
    classes: usize,
    length: usize,
    device: Device,
}

pub fn build(
    model: &ContinuousModel,
    dataset: &Dataset,
    device: &Device,
) -> anyhow::Result<(Box<dyn Process>, Network)> {
    let classes = dataset.classes;
    let schedule = if model.cosine { AlphaSchedule::Cosine } else { AlphaSchedule::Linear };
    let time_free = model.denoiser.net == Net::Dit && !model.denoiser.time;
    let kind = match model.objective {
        Objective::Masked => {
            Masked::new(classes, schedule).map(|masked| ContinuousKind::Masked(masked.with_time_free(time_free)))
        }
        Objective::SeddAbsorb => Sedd::new(classes, NoiseKind::Mask).map(ContinuousKind::Sedd),
        Objective::SeddUniform => Sedd::new(classes, NoiseKind::Uniform).map(ContinuousKind::Sedd),
        Objective::Uniform => Udlm::new(classes, schedule).map(ContinuousKind::Udlm),
        Objective::FlowMask => FlowMatching::new(classes, NoiseKind::Mask, schedule).map(ContinuousKind::FlowMatching),
        Objective::FlowUniform => {
            FlowMatching::new(classes, NoiseKind::Uniform, schedule).map(ContinuousKind::FlowMatching)
        }
    }
    .map_err(model_error)?;
    let inputs = codes(&kind);
    let process =
        ContinuousProcess { kind, time_free, classes, length: dataset.length, device: device.clone().inner() };
    Ok((Box::new(process), Network::Denoiser(model.denoiser.init(dataset, inputs, device)?)))
}

fn codes(kind: &ContinuousKind) -> usize {
    ContinuousBound::<dyn Denoiser>::input_codes(kind)
}

/// Uniform numbers on the host, by call.
fn source(seed: u64) -> impl FnMut(usize) -> Vec<f64> {
    let mut call = 0;
    move |count| {
        call += 1;
        // Two draws of 23 bits make one of 46: events rarer than one in eight million do happen.
        let halves: Vec<f64> =
            uniform_values(2 * count, seed_for(seed, "uniforms", 0, call)).into_iter().map(f64::from).collect();
        halves.chunks(2).map(|pair| ((pair[0] * (1 << 23) as f64).floor() + pair[1]) / (1 << 23) as f64).collect()
    }
}

impl ContinuousProcess {
    fn sampler(&self, name: Option<SamplerName>, steps: Option<usize>) -> anyhow::Result<Box<dyn Sampler>> {
        let steps_or_usual = steps.unwrap_or(STEPS);
        let grid = TimeGrid::uniform(steps_or_usual).map_err(|error| user(error.into()))?;
        let Some(name) = name else { return Ok(self.usual_sampler(steps, grid)) };
        let (noise, schedule) = match &self.kind {
            ContinuousKind::Masked(masked) => (NoiseKind::Mask, masked.schedule),
            ContinuousKind::Udlm(udlm) => (NoiseKind::Uniform, udlm.schedule),
            _ => {
                let problem = "a model of scores or of flow matching has a sampler of its own: leave out --sampler";
                return Err(user(anyhow!("{problem}")));
            }
        };
        let masked = noise == NoiseKind::Mask;
        Ok(match name {
            SamplerName::FirstHitting if masked && steps.is_some() => {
                return Err(user(anyhow!("--sampler first-hitting makes one call for each symbol: leave out --steps")));
            }
            SamplerName::FirstHitting if masked => Box::new(FirstHitting { schedule }),
            SamplerName::Ancestral => Box::new(Ancestral { noise, schedule, grid }),
            SamplerName::Remasking if masked => {
                let mode = RemaskMode::Rescale { eta: 0.015 };
                Box::new(Remasking::new(schedule, grid, mode).map_err(model_error)?)
            }
            SamplerName::Dndm => Box::new(Dndm::new(noise, schedule, steps_or_usual).map_err(model_error)?),
            SamplerName::FirstHitting | SamplerName::Remasking => {
                let problem = "--sampler first-hitting and remasking need a model whose noise is a mask";
                return Err(user(anyhow!("{problem}; this one replaces symbols: use ancestral or dndm")));
            }
        })
    }

    /// What suits the objective.
    fn usual_sampler(&self, steps: Option<usize>, grid: TimeGrid) -> Box<dyn Sampler> {
        match &self.kind {
            // As many calls as symbols, and exact, unless a number of steps is asked for.
            ContinuousKind::Masked(masked) if steps.is_none() => Box::new(FirstHitting { schedule: masked.schedule }),
            ContinuousKind::Masked(masked) => {
                Box::new(Ancestral { noise: NoiseKind::Mask, schedule: masked.schedule, grid })
            }
            ContinuousKind::Udlm(udlm) => {
                Box::new(Ancestral { noise: NoiseKind::Uniform, schedule: udlm.schedule, grid })
            }
            ContinuousKind::Sedd(sedd) => Box::new(SeddSampler { sedd: sedd.clone(), grid, step: SeddStep::Analytic }),
            ContinuousKind::FlowMatching(flow) => {
                Box::new(FlowEuler { flow: flow.clone(), grid, corrector: 0.0, leave_one_out: false })
            }
        }
    }
}

impl Process for ContinuousProcess {
    fn loss(&self, network: &Network, ids: Tensor<2, Int>, at: StepAt) -> Tensor<1> {
        let [batch, length] = ids.dims();
        let denoiser: &DenoiserNetwork = network.denoiser();
        let bound: &dyn ContinuousBound<dyn Denoiser> = &self.kind;
        let levels = batch * bound.levels(length);
        let t =
            TimeDraw::Stratified.levels(levels, &source(at.seed_for("times"))(TimeDraw::Stratified.uniforms(levels)));
        let uniforms = source(at.seed_for("noise"))(batch * bound.uniforms(length));
        bound.objective(denoiser, ids, &t, &uniforms)
    }

    fn bound(&self, network: &Network, ids: Tensor<2, Int>, samples: usize, seed: u64) -> anyhow::Result<Bound> {
        let denoiser: &DenoiserNetwork = network.denoiser();
        let bound: &dyn ContinuousBound<dyn Denoiser> = &self.kind;
        let estimate = bound.nll_mc(denoiser, ids, samples, &mut source(seed));
        Ok(Bound { elbo: estimate.nats.into_iter().map(|nats| -nats).collect(), iwbo: None })
    }

    fn sample(&self, network: &Network, request: Request<'_>) -> anyhow::Result<Drawn> {
        let denoiser = network.denoiser();
        let sampler = self.sampler(request.sampler, request.steps)?;
        let canvas = match request.known {
            Some(rows) => {
                let rows = rows.into_iter().map(|row| row.into_iter().map(|k| k.map(usize::from)).collect()).collect();
                Canvas::given(rows, self.classes).map_err(|error| user(anyhow!("{error}")))?
            }
            None => Canvas::blank(request.count, self.length),
        };
        let narrow = |tokens: &[Vec<usize>]| -> Vec<Vec<u16>> {
            tokens.iter().map(|row| row.iter().map(|&id| id as u16).collect()).collect()
        };
        // A sampler asks the network at every state: that is where one can look on.
        let watch = RefCell::new(request.watch);
        let network = |tokens: &[Vec<usize>], time: &[f64], _: &[usize]| {
            if let Some(watch) = &mut *watch.borrow_mut() {
                watch(&narrow(tokens));
            }
            let ids: Vec<i32> = tokens.iter().flatten().map(|&id| id as i32).collect();
            let time: Vec<f32> = time.iter().map(|&t| t as f32).collect();
            denoiser
                .logits(super::upload(&ids, self.length, &self.device), Tensor::from_floats(&time[..], &self.device))
        };
        let rows = {
            let mut predictor = Predictor::with_network(Box::new(network), self.classes).with_time_free(self.time_free);
            narrow(&sampler.sample(&mut predictor, &canvas, &mut source(request.seed)))
        };
        if let Some(watch) = &mut *watch.borrow_mut() {
            watch(&rows);
        }
        Ok(Drawn { rows, leak: None })
    }
}
