//! Auto-encoders with a flow for their prior.

use super::{Bound, Drawn, Process, Request, download, host, model_error, no_steps, of_draws, sequences_only};
use crate::dataset::Dataset;
use crate::network::Network;
use crate::recipe::LatentModel;
use burn::tensor::{Device, Int, Tensor};
use halation_models::flow::latent::{LatentFlowVae, LatentFlowVaeConfig};
use halation_train::random::{normal_noise, seed_for, uniform_noise};
use halation_train::trainer::StepAt;

struct LatentProcess {
    length: usize,
    classes: usize,
    latent: usize,
}

pub fn build(model: &LatentModel, dataset: &Dataset, device: &Device) -> anyhow::Result<(Box<dyn Process>, Network)> {
    sequences_only(dataset, "latent")?;
    let (classes, length) = (dataset.classes, dataset.length);
    let mut config = if model.inverse {
        LatentFlowVaeConfig::inverse_autoregressive_paper(classes, length)
    } else {
        LatentFlowVaeConfig::autoregressive_paper(classes, length)
    };
    if model.hidden > 0 {
        (config.hidden, config.embed_dim) = (model.hidden, model.hidden);
        (config.prior.hidden, config.prior.flow_hidden) = (model.hidden, model.hidden);
    }
    if model.latent > 0 {
        config.prior.dim = model.latent;
    }
    config.check().map_err(model_error)?;
    let latent = config.prior.dim;
    Ok((Box::new(LatentProcess { length, classes, latent }), Network::Latent(config.init(device))))
}

fn model_of(network: &Network) -> &LatentFlowVae {
    match network {
        Network::Latent(model) => model,
        other => panic!("a latent flow's network is an auto-encoder, not {other:?}"),
    }
}

impl LatentProcess {
    fn elbo(&self, network: &Network, ids: Tensor<2, Int>, seed: u64) -> Tensor<1> {
        let ([batch, _], device) = (ids.dims(), ids.device());
        model_of(network).forward(ids, normal_noise([batch, self.length, self.latent], seed, &device)).elbo()
    }
}

impl Process for LatentProcess {
    fn loss(&self, network: &Network, ids: Tensor<2, Int>, at: StepAt) -> Tensor<1> {
        self.elbo(network, ids, at.seed_for("noise")).neg()
    }

    fn bound(&self, network: &Network, ids: Tensor<2, Int>, samples: usize, seed: u64) -> anyhow::Result<Bound> {
        let draw = |draw| host(self.elbo(network, ids.clone(), seed_for(seed, "draw", draw, 0)));
        of_draws(&(0..samples).map(draw).collect::<Vec<_>>())
    }

    fn sample(&self, network: &Network, request: Request<'_>) -> anyhow::Result<Drawn> {
        no_steps(&request, "latent")?;
        let model = model_of(network);
        let device = model.embedding.weight.val().device();
        let noise = normal_noise([request.count, self.length, self.latent], request.seed, &device);
        let choices = seed_for(request.seed, "choices", 0, 0);
        let uniform = uniform_noise([request.count, self.length, self.classes], choices, &device);
        Ok(Drawn { rows: download(model.sample(noise, uniform)), leak: None })
    }
}
