//! The registry of measures by name.

use std::{fmt, str::FromStr};

use super::{
    BestOfPoints, Bhattacharyya, CoordinateGap, Csd, Divergence, Elk, Hellinger, Jeffreys, Kl, MatchProbability,
    MeanSquaredL2, MeasureOptions, PcmeV1CodeKl, SampledDot, SampledJensenShannon, SampledL2, SquaredWasserstein2,
};
use crate::CoreError;

/// Every measure by name, as a user picks one. `Display` and `FromStr` use the name of [`Divergence::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// `mean-l2`: [`MeanSquaredL2`].
    MeanL2,
    /// `match-probability`: [`MatchProbability`]; sampled.
    MatchProbability,
    /// `sampled-l2`: [`SampledL2`]; sampled.
    SampledL2,
    /// `sampled-dot`: [`SampledDot`]; sampled.
    SampledDot,
    /// `csd`: [`Csd`].
    Csd,
    /// `w2`: [`SquaredWasserstein2`].
    W2,
    /// `kl`: [`Kl::Forward`].
    Kl,
    /// `reverse-kl`: [`Kl::Reverse`].
    ReverseKl,
    /// `jeffreys`: [`Jeffreys`].
    Jeffreys,
    /// `sampled-js`: [`SampledJensenShannon`]; sampled.
    SampledJs,
    /// `elk`: [`Elk`].
    Elk,
    /// `bhattacharyya`: [`Bhattacharyya`].
    Bhattacharyya,
    /// `hellinger`: [`Hellinger`].
    Hellinger,
    /// `min-coordinate`: [`CoordinateGap::Smallest`].
    MinCoordinate,
    /// `max-coordinate`: [`CoordinateGap::Largest`].
    MaxCoordinate,
    /// `pcme-v1-code-kl`: [`PcmeV1CodeKl`].
    PcmeV1CodeKl,
    /// `best-of-points`: [`BestOfPoints`].
    BestOfPoints,
}

impl Measure {
    /// All measures.
    pub const ALL: [Self; 17] = [
        Self::MeanL2,
        Self::MatchProbability,
        Self::SampledL2,
        Self::SampledDot,
        Self::Csd,
        Self::W2,
        Self::Kl,
        Self::ReverseKl,
        Self::Jeffreys,
        Self::SampledJs,
        Self::Elk,
        Self::Bhattacharyya,
        Self::Hellinger,
        Self::MinCoordinate,
        Self::MaxCoordinate,
        Self::PcmeV1CodeKl,
        Self::BestOfPoints,
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::MeanL2 => "mean-l2",
            Self::MatchProbability => "match-probability",
            Self::SampledL2 => "sampled-l2",
            Self::SampledDot => "sampled-dot",
            Self::Csd => "csd",
            Self::W2 => "w2",
            Self::Kl => "kl",
            Self::ReverseKl => "reverse-kl",
            Self::Jeffreys => "jeffreys",
            Self::SampledJs => "sampled-js",
            Self::Elk => "elk",
            Self::Bhattacharyya => "bhattacharyya",
            Self::Hellinger => "hellinger",
            Self::MinCoordinate => "min-coordinate",
            Self::MaxCoordinate => "max-coordinate",
            Self::PcmeV1CodeKl => "pcme-v1-code-kl",
            Self::BestOfPoints => "best-of-points",
        }
    }

    /// Whether the measure draws samples, so that [`build`](Self::build) needs [`MeasureOptions::noise`].
    pub fn is_sampled(self) -> bool {
        matches!(self, Self::MatchProbability | Self::SampledL2 | Self::SampledDot | Self::SampledJs)
    }

    /// Whether the measure uses the standard deviations; [`MeanL2`](Self::MeanL2), the coordinate gaps and
    /// [`BestOfPoints`](Self::BestOfPoints) do not.
    pub fn uses_uncertainty(self) -> bool {
        !matches!(self, Self::MeanL2 | Self::MinCoordinate | Self::MaxCoordinate | Self::BestOfPoints)
    }

    /// The measure, ready to use.
    ///
    /// # Errors
    /// If the measure needs an option that is absent.
    pub fn build(self, options: &MeasureOptions) -> Result<Box<dyn Divergence>, CoreError> {
        let noise = || {
            let missing = || CoreError::argument("noise", "none", format!("draws for the sampled measure `{self}`"));
            options.noise.clone().ok_or_else(missing)
        };
        Ok(match self {
            Self::MeanL2 => Box::new(MeanSquaredL2),
            Self::MatchProbability => {
                let missing = || CoreError::argument("match_function", "none", format!("a and b for `{self}`"));
                Box::new(MatchProbability::new(options.match_function.ok_or_else(missing)?, noise()?))
            }
            Self::SampledL2 => Box::new(SampledL2::new(noise()?)),
            Self::SampledDot => Box::new(SampledDot::new(noise()?)),
            Self::Csd => Box::new(Csd),
            Self::W2 => Box::new(SquaredWasserstein2),
            Self::Kl => Box::new(Kl::Forward),
            Self::ReverseKl => Box::new(Kl::Reverse),
            Self::Jeffreys => Box::new(Jeffreys),
            Self::SampledJs => Box::new(SampledJensenShannon::new(noise()?)),
            Self::Elk => Box::new(Elk),
            Self::Bhattacharyya => Box::new(Bhattacharyya),
            Self::Hellinger => Box::new(Hellinger),
            Self::MinCoordinate => Box::new(CoordinateGap::Smallest),
            Self::MaxCoordinate => Box::new(CoordinateGap::Largest),
            Self::PcmeV1CodeKl => Box::new(PcmeV1CodeKl),
            Self::BestOfPoints => Box::new(BestOfPoints::new(options.points)?),
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Measure {
    type Err = CoreError;

    fn from_str(name: &str) -> Result<Self, CoreError> {
        Self::ALL.into_iter().find(|measure| measure.name() == name).ok_or_else(|| CoreError::UnknownName {
            kind: "measure",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).to_vec(),
        })
    }
}
