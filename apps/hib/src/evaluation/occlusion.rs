//! How the uncertainty answers when digits are covered more and more.

use super::etas;
use crate::dataset::Dataset;
use crate::embedder::Embedder;
use halation_data::world::digits::DigitOcclusion;
use halation_models::hib::DIGIT;
use serde::Serialize;

/// Images that the curve is averaged over, at most.
const IMAGES: usize = 500;

/// Mean uncertainty over a grid of covered fractions.
#[derive(Debug, Serialize)]
pub struct Occlusion {
    /// 0, .1, .. .9 of the pixels of each digit, in whole pixels of the side of the square.
    pub fraction: Vec<f64>,
    /// Mean of eta at each fraction.
    pub eta: Vec<f64>,
}

impl Occlusion {
    /// The curve of a model; `None` for points.
    pub fn new(embedder: &Embedder, dataset: &Dataset) -> Option<Self> {
        let set = &dataset.test;
        let images = super::spread(set.len(), IMAGES);
        let (mut fraction, mut eta) = (Vec::new(), Vec::new());
        for tenth in 0..10 {
            let side = side_of(f64::from(tenth) / 10.0);
            let occlusion = DigitOcclusion::of_side(side, embedder.recipe().eval.seed);
            let etas = etas(embedder, &embedder.embed(set, &images, Some(&occlusion)))?;
            fraction.push((side * side) as f64 / (DIGIT * DIGIT) as f64);
            eta.push(etas.iter().sum::<f64>() / etas.len() as f64);
        }
        Some(Self { fraction, eta })
    }

    /// Share of the steps along the grid that rise; 1 is monotone.
    pub fn rising_share(&self) -> f64 {
        let steps = self.eta.windows(2);
        let rising = steps.clone().filter(|pair| pair[1] > pair[0]).count();
        rising as f64 / steps.len() as f64
    }
}

/// Side of the square that covers about `fraction` of a digit, pixels.
fn side_of(fraction: f64) -> usize {
    (fraction.sqrt() * DIGIT as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_grow_along_the_grid_from_nothing_to_nearly_all() {
        let sides: Vec<usize> = (0..10).map(|tenth| side_of(f64::from(tenth) / 10.0)).collect();
        assert_eq!((sides[0], sides[9]), (0, 27));
        assert!(sides.windows(2).all(|pair| pair[0] < pair[1]), "{sides:?}");
    }

    #[test]
    fn the_rising_share_counts_strict_rises_only() {
        let curve = |eta: &[f64]| Occlusion { fraction: vec![0.0; eta.len()], eta: eta.to_vec() };
        assert_eq!(curve(&[1.0, 2.0, 3.0]).rising_share(), 1.0);
        assert_eq!(curve(&[1.0, 1.0, 3.0]).rising_share(), 0.5);
    }
}
