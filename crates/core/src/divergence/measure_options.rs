//! What a measure is built from besides its name.

use super::{MatchFunction, SampleNoise};

/// The arguments of [`Measure::build`](super::Measure::build); closed forms need none of them.
#[derive(Debug, Clone)]
pub struct MeasureOptions {
    /// The draws of sampled measures.
    pub noise: Option<SampleNoise>,
    /// The match function of the match probability, normally the trained one
    /// ([`SoftContrastiveLoss::match_function`](crate::loss::SoftContrastiveLoss::match_function)).
    pub match_function: Option<MatchFunction>,
    /// Points that lie side by side in the mean of an item; 1 for everything but sets.
    pub points: usize,
}

impl Default for MeasureOptions {
    fn default() -> Self {
        Self { noise: None, match_function: None, points: 1 }
    }
}

impl MeasureOptions {
    /// The same options with the draws that sampled measures use.
    pub fn with_noise(mut self, noise: SampleNoise) -> Self {
        self.noise = Some(noise);
        self
    }

    /// The same options for the other direction: an item keeps its draws when it is asked instead of asking.
    pub fn exchanged(&self) -> Self {
        Self { noise: self.noise.as_ref().map(SampleNoise::exchanged), ..self.clone() }
    }

    /// The same options with the match function of the match probability.
    pub fn with_match_function(mut self, match_function: MatchFunction) -> Self {
        self.match_function = Some(match_function);
        self
    }

    /// The same options for items of several points.
    pub fn with_points(mut self, points: usize) -> Self {
        self.points = points;
        self
    }
}
