//! How the uncertainty answers when items are spoilt more and more.

use super::sigma;
use crate::dataset::{Split, data_error};
use crate::embedder::Embedder;
use crate::recipe::TowerKind;
use halation_data::world::corrupt::{occlude, remove_words};
use serde::Serialize;

/// Items that a curve is averaged over, at most.
const ITEMS: usize = 500;
/// The same for towers of CLIP's size, where ten passes over more would cost more than the training of heads.
const ITEMS_OF_CLIP: usize = 50;

fn items(embedder: &Embedder) -> usize {
    if embedder.recipe().model.towers == TowerKind::Cnn { ITEMS } else { ITEMS_OF_CLIP }
}

/// Mean uncertainty over a grid of spoilt fractions.
#[derive(Debug, Serialize)]
pub struct Corruption {
    /// 0, .1, .. .9.
    pub fraction: Vec<f64>,
    /// Mean uncertainty at each fraction.
    pub sigma: Vec<f64>,
}

impl Corruption {
    /// Images with a growing part of their pixels covered; patches are nested.
    ///
    /// # Errors
    /// None for fractions of the grid.
    pub fn of_images(embedder: &Embedder, split: &Split) -> anyhow::Result<Self> {
        Self::over_grid(|fraction| {
            let spoilt = (0..split.pixels.len().min(items(embedder)))
                .map(|index| occlude(&split.pixels.pixels(index), fraction, index as u64))
                .collect::<Result<Vec<_>, _>>()
                .map_err(data_error)?;
            Ok(sigma(&embedder.images(&spoilt)?))
        })
    }

    /// Captions with a growing part of their words removed; what is removed is nested.
    ///
    /// # Errors
    /// None for fractions of the grid.
    pub fn of_captions(embedder: &Embedder, split: &Split) -> anyhow::Result<Self> {
        Self::over_grid(|fraction| {
            let captions = split.set.captions.iter().take(items(embedder)).enumerate();
            let spoilt = captions
                .map(|(index, caption)| remove_words(&caption.text, fraction, index as u64))
                .collect::<Result<Vec<_>, _>>()
                .map_err(data_error)?;
            Ok(sigma(&embedder.captions(&spoilt)?))
        })
    }

    /// Share of the steps along the grid that rise; 1 is monotone.
    pub fn rising_share(&self) -> f64 {
        let steps = self.sigma.windows(2);
        let rising = steps.clone().filter(|pair| pair[1] > pair[0]).count();
        rising as f64 / steps.len() as f64
    }

    fn over_grid(of: impl Fn(f64) -> anyhow::Result<Vec<f64>>) -> anyhow::Result<Self> {
        let fraction: Vec<f64> = (0..10).map(|tenth| f64::from(tenth) / 10.0).collect();
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let sigma = fraction.iter().map(|&fraction| Ok(mean(of(fraction)?))).collect::<anyhow::Result<_>>()?;
        Ok(Self { fraction, sigma })
    }
}

#[cfg(test)]
mod tests {
    use super::Corruption;

    #[test]
    fn the_rising_share_counts_strict_rises_only() {
        let curve = |sigma: &[f64]| Corruption { fraction: vec![0.0; sigma.len()], sigma: sigma.to_vec() };
        assert_eq!(curve(&[1.0, 2.0, 3.0]).rising_share(), 1.0);
        assert_eq!(curve(&[1.0, 1.0, 3.0]).rising_share(), 0.5);
        assert_eq!(curve(&[3.0, 2.0, 1.0]).rising_share(), 0.0);
    }
}
