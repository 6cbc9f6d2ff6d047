//! What is asked of a model, and what it answers.

use super::SamplerName;

/// Lower bounds of `ln P(x)`, nats for each sequence.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The mean over the draws.
    pub elbo: Vec<f64>,
    /// The importance-weighted bound over the same draws, where the model has one.
    pub iwbo: Option<Vec<f64>>,
}

/// Looks on while a sampler works.
pub type Watch<'a> = &'a mut dyn FnMut(&[Vec<u16>]);

/// Sequences to draw.
pub struct Request<'a> {
    /// How many.
    pub count: usize,
    /// Steps of a diffusion; all, or 128 in continuous time, if none.
    pub steps: Option<usize>,
    /// How a diffusion in continuous time is sampled; as suits it, if none.
    pub sampler: Option<SamplerName>,
    /// Where the noise comes from.
    pub seed: u64,
    /// Given symbols of every sequence: `count` rows.
    pub known: Option<Vec<Vec<Option<u16>>>>,
    /// Whether a code without a class is dealt with as the recipe says; else it is read as a class, and counted.
    pub strict: bool,
    /// Is shown every state, classes by row; a mask has the id K.
    pub watch: Option<Watch<'a>>,
}

impl Request<'_> {
    /// `count` sequences, as the model likes; never refused for a code without a class.
    pub fn plain(count: usize, seed: u64) -> Self {
        Self { count, steps: None, sampler: None, seed, known: None, strict: false, watch: None }
    }
}

/// Sequences that were drawn.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Classes, row by row.
    pub rows: Vec<Vec<u16>>,
    /// Share of positions whose code stood for no class, where there are such codes.
    pub leak: Option<f64>,
}
