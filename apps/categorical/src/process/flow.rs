//! Flows over sequences.

use super::{Bound, Drawn, Process, Request, download, host, model_error, no_steps, of_draws, sequences_only};
use crate::dataset::Dataset;
use crate::network::Network;
use crate::recipe::{Density as DensityKind, FlowModel, Points, Unused};
use anyhow::anyhow;
use burn::tensor::{Device, Int, Tensor};
use halation_models::flow::argmax::{
    ContextConfig, NoiseLaw, PositionContextConfig, RecurrentContextConfig, SurjectionConfig, UnusedPolicy,
};
use halation_models::flow::{AutoregressiveFlowConfig, CategoricalFlow, CouplingTextFlowConfig, SequenceDensity};
use halation_train::random::{normal_noise, seed_for, uniform_noise};
use halation_train::trainer::StepAt;
use halation_train::user_error::user;

/// Draws of a whole sample before a code without a class is given up on.
const TRIES: usize = 400;

struct FlowProcess {
    length: usize,
    input_dropout: f64,
    redraw: bool,
}

pub fn build(
    model: &FlowModel,
    seed: u64,
    dataset: &Dataset,
    device: &Device,
) -> anyhow::Result<(Box<dyn Process>, Network)> {
    sequences_only(dataset, "flow")?;
    if !(0.0..1.0).contains(&model.input_dropout) {
        return Err(user(anyhow!(
            "recipe key `model.input_dropout` is {}; it is a share, 0 to below 1",
            model.input_dropout
        )));
    }
    let sizes = [
        ("hidden", model.hidden),
        ("layers", model.layers),
        ("steps", model.steps),
        ("mixtures", model.mixtures),
        ("context", model.context),
        ("context_out", model.context_out),
    ];
    if let Some((key, _)) = sizes.iter().find(|(_, size)| *size == 0) {
        return Err(user(anyhow!("recipe key `model.{key}` is 0; it must be at least 1")));
    }
    let (classes, length) = (dataset.classes, dataset.length);
    let context = match model.density {
        // A context over the whole sequence goes with a density that looks back, as published.
        DensityKind::Autoregressive => ContextConfig::Recurrent(
            RecurrentContextConfig::new(classes)
                .with_embed_dim(model.context)
                .with_hidden(model.context)
                .with_output(model.context_out),
        ),
        DensityKind::Coupling => ContextConfig::Position(
            PositionContextConfig::new(classes)
                .with_embed_dim(model.context)
                .with_hidden(model.context)
                .with_output(model.context_out),
        ),
    };
    let unused = match model.unused {
        Unused::MapToFirst => UnusedPolicy::MapTo(0),
        Unused::Resample => UnusedPolicy::Resample,
        Unused::Error => UnusedPolicy::Error,
    };
    let base = (model.base > 0 && model.points != Points::Sign).then_some(model.base);
    let surjection = SurjectionConfig::new(model.points.method(), context).with_base(base).with_unused(unused);
    surjection.check().map_err(model_error)?;
    let surjection = surjection.init(device);
    let width = surjection.width();
    let density = match model.density {
        DensityKind::Coupling => {
            let config = CouplingTextFlowConfig::new(width, model.hidden, length)
                .with_steps(model.steps)
                .with_mixtures(model.mixtures)
                .with_layers(model.layers)
                .with_act_norm(model.act_norm)
                .with_seed(seed);
            config.check().map_err(model_error)?;
            SequenceDensity::Coupling(config.init(device))
        }
        DensityKind::Autoregressive => {
            let config = AutoregressiveFlowConfig::new(width, model.hidden, length)
                .with_mixtures(model.mixtures)
                .with_layers(model.layers);
            config.check().map_err(model_error)?;
            SequenceDensity::Autoregressive(config.init(device))
        }
    };
    let redraw = model.unused == Unused::Resample;
    let process = FlowProcess { length, input_dropout: model.input_dropout, redraw };
    Ok((Box::new(process), Network::Flow(CategoricalFlow { surjection, density })))
}

impl FlowProcess {
    fn noise(&self, flow: &CategoricalFlow, batch: usize, seed: u64, device: &Device) -> Tensor<3> {
        let shape = [batch, self.length, flow.surjection.noise_width()];
        match flow.surjection.noise_law() {
            NoiseLaw::Normal => normal_noise(shape, seed, device),
            NoiseLaw::Uniform => uniform_noise(shape, seed, device),
        }
    }

    fn points(&self, flow: &CategoricalFlow, count: usize, seed: u64, device: &Device) -> Tensor<3> {
        flow.sample(normal_noise([count, self.length, flow.surjection.width()], seed, device))
    }
}

fn flow_of(network: &Network) -> &CategoricalFlow {
    match network {
        Network::Flow(flow) => flow,
        other => panic!("a flow's network is a flow, not {other:?}"),
    }
}

impl Process for FlowProcess {
    fn prepare(&self, network: Network, ids: Tensor<2, Int>, seed: u64) -> Network {
        let Network::Flow(CategoricalFlow { surjection, density }) = network else { return network };
        let surjection = surjection.match_frequencies(ids.clone());
        let flow = CategoricalFlow { surjection, density };
        let noise = self.noise(&flow, ids.dims()[0], seed_for(seed, "prepare", 0, 0), &ids.device());
        let (v, _) = flow.surjection.forward(ids, noise);
        let density = match flow.density {
            SequenceDensity::Coupling(density) => SequenceDensity::Coupling(density.initialise(v)),
            other => other,
        };
        Network::Flow(CategoricalFlow { surjection: flow.surjection, density })
    }

    fn loss(&self, network: &Network, ids: Tensor<2, Int>, at: StepAt) -> Tensor<1> {
        let flow = flow_of(network);
        let ([batch, length], device) = (ids.dims(), ids.device());
        let noise = self.noise(flow, batch, at.seed_for("noise"), &device);
        let keep = (self.input_dropout > 0.0).then(|| {
            let shape = [flow.density.masks(), batch, length];
            uniform_noise(shape, at.seed_for("dropout"), &device).greater_elem(self.input_dropout).float()
        });
        flow.log_weight(ids, noise, keep).neg()
    }

    fn bound(&self, network: &Network, ids: Tensor<2, Int>, samples: usize, seed: u64) -> anyhow::Result<Bound> {
        let flow = flow_of(network);
        let ([batch, _], device) = (ids.dims(), ids.device());
        let draws: Vec<Vec<f64>> = (0..samples)
            .map(|draw| {
                let noise = self.noise(flow, batch, seed_for(seed, "draw", draw, 0), &device);
                host(flow.log_weight(ids.clone(), noise, None))
            })
            .collect();
        of_draws(&draws)
    }

    fn sample(&self, network: &Network, request: Request<'_>) -> anyhow::Result<Drawn> {
        no_steps(&request, "flow")?;
        let flow = flow_of(network);
        let device = match &flow.density {
            SequenceDensity::Coupling(density) => density.base.loc.val().device(),
            SequenceDensity::Autoregressive(density) => density.base.loc.val().device(),
        };
        let points = self.points(flow, request.count, request.seed, &device);
        let mut surjection = flow.surjection.clone();
        if !request.strict && matches!(surjection.unused, UnusedPolicy::Error) {
            surjection.unused = UnusedPolicy::Resample;
        }
        let no_class = |error: halation_models::ModelError| {
            user(anyhow!("{error}; train longer, or read such codes as the first class with --map-unused"))
        };
        let decoded = if self.redraw && request.strict {
            let mut tries = 0;
            let redraw = |count| {
                tries += 1;
                self.points(flow, count, seed_for(request.seed, "redraw", tries, 0), &device)
            };
            surjection.decode_or_redraw(points, TRIES, redraw).map_err(no_class)?
        } else {
            surjection.decode(points).map_err(no_class)?
        };
        let leaks = flow.surjection.codec.unused() > 0;
        let leak = leaks.then(|| decoded.leak_rate());
        Ok(Drawn { rows: download(decoded.ids), leak })
    }
}
