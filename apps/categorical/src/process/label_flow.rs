//! Flows over label maps.

use super::{Bound, Drawn, Process, Request, download, host, model_error, no_steps, of_draws};
use crate::dataset::Dataset;
use crate::network::Network;
use crate::recipe::LabelFlowModel;
use anyhow::anyhow;
use burn::tensor::{Device, Int, Tensor};
use halation_models::flow::argmax::NoiseLaw;
use halation_models::flow::{ConditionalImageFlowConfig, ImageFlowConfig, LabelFlow, LabelFlowConfig};
use halation_train::random::{normal_noise, seed_for, uniform_noise};
use halation_train::trainer::StepAt;
use halation_train::user_error::user;

struct LabelFlowProcess;

pub fn build(
    model: &LabelFlowModel,
    seed: u64,
    dataset: &Dataset,
    device: &Device,
) -> anyhow::Result<(Box<dyn Process>, Network)> {
    let Some(size) = dataset.size() else {
        return Err(user(anyhow!(
            "recipe key `model.kind` is \"label-flow\", which models label maps; use \"flow\" for sequences"
        )));
    };
    // 2^levels must divide both sides; the shift of a larger number would overflow.
    if model.levels == 0 || model.levels > size[0].min(size[1]).ilog2() as usize {
        return Err(user(anyhow!(
            "recipe key `model.levels` is {}; both sides of a map of {} x {} must be multiples of 2^levels, levels at least 1",
            model.levels,
            size[0],
            size[1]
        )));
    }
    let noise = ConditionalImageFlowConfig::new(dataset.classes, model.context)
        .with_steps(model.noise_steps)
        .with_context_width(model.context)
        .with_context_depth(model.depth)
        .with_context_growth(model.growth)
        .with_width(model.width)
        .with_depth(model.depth)
        .with_growth(model.growth)
        .with_seed(seed_for(seed, "noise", 0, 0));
    let density = ImageFlowConfig::new(dataset.classes)
        .with_levels(model.levels)
        .with_steps(model.steps)
        .with_width(model.width)
        .with_depth(model.depth)
        .with_growth(model.growth)
        .with_seed(seed);
    let config = LabelFlowConfig::new(model.points.method(), size, noise, density);
    config.check().map_err(model_error)?;
    Ok((Box::new(LabelFlowProcess), Network::LabelFlow(config.init(device))))
}

fn flow_of(network: &Network) -> &LabelFlow {
    match network {
        Network::LabelFlow(flow) => flow,
        other => panic!("a label flow's network is a label flow, not {other:?}"),
    }
}

fn noise(flow: &LabelFlow, batch: usize, seed: u64, device: &Device) -> Tensor<4> {
    let [height, width] = flow.size;
    let [classes, _] = flow.embedding.weight.dims();
    let shape = [batch, classes, height, width];
    match flow.noise_law() {
        NoiseLaw::Normal => normal_noise(shape, seed, device),
        NoiseLaw::Uniform => uniform_noise(shape, seed, device),
    }
}

impl Process for LabelFlowProcess {
    fn loss(&self, network: &Network, ids: Tensor<2, Int>, at: StepAt) -> Tensor<1> {
        let flow = flow_of(network);
        let ([batch, _], device) = (ids.dims(), ids.device());
        flow.log_weight(ids, noise(flow, batch, at.seed_for("noise"), &device)).neg()
    }

    fn bound(&self, network: &Network, ids: Tensor<2, Int>, samples: usize, seed: u64) -> anyhow::Result<Bound> {
        let flow = flow_of(network);
        let ([batch, _], device) = (ids.dims(), ids.device());
        let draws: Vec<Vec<f64>> = (0..samples)
            .map(|draw| {
                let noise = noise(flow, batch, seed_for(seed, "draw", draw, 0), &device);
                host(flow.log_weight(ids.clone(), noise))
            })
            .collect();
        of_draws(&draws)
    }

    fn sample(&self, network: &Network, request: Request<'_>) -> anyhow::Result<Drawn> {
        no_steps(&request, "label-flow")?;
        let flow = flow_of(network);
        let [height, width] = flow.size;
        let weight = flow.embedding.weight.val();
        let [classes, _] = weight.dims();
        let noise = normal_noise([request.count, classes, height, width], request.seed, &weight.device());
        Ok(Drawn { rows: download(flow.sample(noise)), leak: None })
    }
}
