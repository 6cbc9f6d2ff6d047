//! A flow over label maps.

use burn::module::Module;
use burn::nn::Embedding;
use burn::nn::conv::Conv2d;
use burn::tensor::{Int, Tensor};

use super::argmax::{
    ArgmaxInverse, Dequantization, NoiseLaw, SurjectionMethod, dequantize, dequantize_sigmoid, gumbel_argmax,
    gumbel_threshold, softplus_threshold,
};
use super::tensors::sum_items;
use super::{ConditionalImageFlow, Density, ImageFlow};

/// A model of maps of `K` classes: an argmax over `K` numbers for each pixel, `q(u | x)` a conditional image flow, `p(v)` an image flow
/// (Argmax Flows, Hoogeboom et al., 2021, section 5.2 and appendix).
///
/// All pixels share one `K`-way argmax, so every point has a class: nothing leaks.
#[derive(Module, Debug)]
pub struct LabelFlow {
    /// Of the classes, as context of `q`.
    pub embedding: Embedding,
    /// `q(u | x)`, for the methods that bend a learnt `u`.
    pub noise: Option<ConditionalImageFlow>,
    /// Locations of the Gumbel variables, a 1 x 1 convolution of the context, for the methods that have them.
    pub locations: Option<Conv2d>,
    /// `p(v)`.
    pub density: ImageFlow,
    /// How points are drawn.
    #[module(skip)]
    pub method: SurjectionMethod,
    /// Height and width of a map.
    #[module(skip)]
    pub size: [usize; 2],
}

impl LabelFlow {
    /// The noise that [`log_weight`](Self::log_weight) takes.
    pub fn noise_law(&self) -> NoiseLaw {
        self.method.noise_law()
    }

    /// `ln p(v) - ln q(v | x)` of one draw for each map, in nats.
    ///
    /// # Shapes
    /// * `ids`: `[B, H W]`, row by row; `noise`: `[B, K, H, W]`, draws of [`noise_law`](Self::noise_law)
    /// * output: `[B]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn log_weight(&self, ids: Tensor<2, Int>, noise: Tensor<4>) -> Tensor<1> {
        let [batch, _] = ids.dims();
        let [height, width] = self.size;
        let context = || {
            let embedded = self.embedding.forward(ids.clone()); // [B, H W, C]
            let [_, _, channels] = embedded.dims();
            embedded.swap_dims(1, 2).reshape([batch, channels, height, width])
        };
        let locations = self.locations.as_ref().map(|layer| channels_last(layer.forward(context())));
        let classes: Tensor<4, Int> = ids.clone().reshape([batch, height, width, 1]);
        let (v, log_q) = match (self.method, &self.noise) {
            (SurjectionMethod::Dequantization(Dequantization::Uniform), _) => {
                (dequantize(classes, channels_last(noise)), Tensor::zeros([batch], &ids.device()))
            }
            (SurjectionMethod::Argmax(ArgmaxInverse::Gumbel), _) => {
                let locations = locations.expect("the Gumbel method has locations");
                let (v, terms) = gumbel_argmax(classes, locations, channels_last(noise));
                (v, sum_items(terms))
            }
            (method, Some(flow)) => {
                let (u, log_q) = flow.forward(noise, context());
                let u = channels_last(u);
                match method {
                    SurjectionMethod::Argmax(ArgmaxInverse::GumbelThreshold) => {
                        let locations = locations.expect("the Gumbel method has locations");
                        let (v, terms) = gumbel_threshold(classes, locations, u);
                        (v, log_q + sum_items(terms))
                    }
                    SurjectionMethod::Dequantization(_) => {
                        let (v, terms) = dequantize_sigmoid(classes, u);
                        (v, log_q - sum_items(terms))
                    }
                    SurjectionMethod::Argmax(_) => {
                        let (v, terms) = softplus_threshold(classes, u);
                        (v, log_q - sum_items(terms))
                    }
                }
            }
            (method, None) => unreachable!("{method:?} without a flow for its noise"),
        };
        self.density.log_prob(v.permute([0, 3, 1, 2])) - log_q
    }

    /// Maps drawn from the density.
    ///
    /// # Shapes
    /// * `noise`: `[B, K, H, W]`, draws of N(0, 1); output: `[B, H W]`
    pub fn sample(&self, noise: Tensor<4>) -> Tensor<2, Int> {
        let v = self.density.sample(noise); // [B, K, H, W]
        let [batch, _, height, width] = v.dims();
        v.argmax(1).reshape([batch, height * width])
    }
}

/// `[B, C, H, W] -> [B, H, W, C]`.
fn channels_last(x: Tensor<4>) -> Tensor<4> {
    x.permute([0, 2, 3, 1])
}
