//! The coupling flow for text: all positions at once, in both directions.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{
    ActNormConfig, CouplingTextStep, Density, DiagonalBase, DiagonalBaseConfig, Flow, InvertibleConvConfig,
    MixtureCouplingConfig,
};
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`CouplingTextFlow`].
#[derive(Config, Debug)]
pub struct CouplingTextFlowConfig {
    /// Channels `D` at each position, at least two.
    pub channels: usize,
    /// State of each direction of the conditioners' LSTMs, a multiple of 8.
    pub hidden: usize,
    /// Longest sequence.
    pub max_length: usize,
    /// Steps `N`.
    #[config(default = 8)]
    pub steps: usize,
    /// Logistics `M` in each mixture.
    #[config(default = 8)]
    pub mixtures: usize,
    /// Layers of the LSTMs.
    #[config(default = 2)]
    pub layers: usize,
    /// Whether each step starts with an activation norm; off in the published commands.
    #[config(default = false)]
    pub act_norm: bool,
    /// Whether every coupling starts as the identity; not so in the published code.
    #[config(default = false)]
    pub zero_last: bool,
    /// Where the first weights of the 1 x 1 convolutions come from.
    #[config(default = 0)]
    pub seed: u64,
}

/// `N` couplings with logistic mixtures; from the second on each comes after a reversal of the positions and an invertible
/// 1 x 1 convolution (Argmax Flows, Hoogeboom et al., 2021, table of text8 and enwik8).
///
/// # Shapes
/// `[B, L, D]`.
#[derive(Module, Debug)]
pub struct CouplingTextFlow {
    /// In the order from data to noise.
    pub steps: Vec<CouplingTextStep>,
    /// What the noise is distributed like.
    pub base: DiagonalBase,
}

impl CouplingTextFlowConfig {
    /// The published flow for text8 in 5-bit codes: 80.8 M parameters, input dropout 0.05.
    pub fn text8() -> Self {
        Self::new(5, 512, 256)
    }

    /// The published flow for enwik8 in 8-bit codes: 181.5 M parameters, input dropout 0.1.
    pub fn enwik8() -> Self {
        Self::new(8, 768, 320)
    }

    /// Whether a flow can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.steps == 0 {
            return config_error("CouplingTextFlowConfig", "steps", 0, "at least one");
        }
        self.coupling().check()
    }

    fn coupling(&self) -> MixtureCouplingConfig {
        MixtureCouplingConfig::new(self.channels, self.hidden, self.max_length)
            .with_mixtures(self.mixtures)
            .with_layers(self.layers)
            .with_zero_last(self.zero_last)
    }

    /// A flow with PyTorch's default initialisation and orthogonal convolutions.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> CouplingTextFlow {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let conv = |index: usize| {
            InvertibleConvConfig::new(self.channels).with_seed(self.seed.wrapping_add(index as u64)).init(device)
        };
        let step = |index: usize| CouplingTextStep {
            norm: self.act_norm.then(|| ActNormConfig::new(self.channels).init(device)),
            conv: (index > 0).then(|| conv(index)),
            coupling: self.coupling().init(device),
        };
        CouplingTextFlow {
            steps: (0..self.steps).map(step).collect(),
            base: DiagonalBaseConfig::new(self.channels).init(device),
        }
    }
}

impl CouplingTextFlow {
    /// [`Flow::forward`] with input dropout in the conditioners.
    ///
    /// # Shapes
    /// * `x`: `[B, L, D]`
    /// * `keep`: `[N, B, L]`, for each step 1 where the conditioner sees a position and 0 where it does not; `None` keeps
    ///   all
    pub fn forward_with(&self, x: Tensor<3>, keep: Option<Tensor<3>>) -> (Tensor<3>, Tensor<1>) {
        let mut log_det = Tensor::zeros([x.dims()[0]], &x.device());
        let mut x = x;
        for (index, step) in self.steps.iter().enumerate() {
            let keep = keep.clone().map(|keep| keep.narrow(0, index, 1).squeeze_dim::<2>(0));
            let (z, of_step) = step.forward(x, keep);
            (x, log_det) = (z, log_det + of_step);
        }
        (x, log_det)
    }

    /// [`Density::log_prob`] with input dropout; shapes as in [`forward_with`](Self::forward_with).
    pub fn log_prob_with(&self, x: Tensor<3>, keep: Option<Tensor<3>>) -> Tensor<1> {
        let (z, log_det) = self.forward_with(x, keep);
        self.base.log_prob(z) + log_det
    }

    /// The flow whose activation norms this batch has set, each from its own input; without norms, or once they are set, the flow
    /// as it is.
    pub fn initialise(&self, x: Tensor<3>) -> Self {
        let mut flow = self.clone();
        let mut x = x.without_autodiff();
        for step in &mut flow.steps {
            step.norm = step.norm.take().map(|norm| norm.initialise(x.clone()));
            x = step.forward(x, None).0.without_autodiff();
        }
        flow
    }
}

impl Flow<3> for CouplingTextFlow {
    fn forward(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        self.forward_with(x, None)
    }

    fn inverse(&self, z: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let mut log_det = Tensor::zeros([z.dims()[0]], &z.device());
        let mut x = z;
        for step in self.steps.iter().rev() {
            let (before, of_step) = step.inverse(x);
            (x, log_det) = (before, log_det + of_step);
        }
        (x, log_det)
    }
}

impl Density<3> for CouplingTextFlow {
    fn log_prob(&self, x: Tensor<3>) -> Tensor<1> {
        self.log_prob_with(x, None)
    }

    fn sample(&self, noise: Tensor<3>) -> Tensor<3> {
        self.inverse(self.base.sample(noise)).0
    }
}
