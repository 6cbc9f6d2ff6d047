//! How guesses are sharpened before a symbol is drawn from them.

use burn::config::Config;

use crate::ModelError;
use crate::head::config_error;

/// How guesses are sharpened before a symbol is drawn from them.
///
/// Both lower the entropy of samples: report the entropy of their symbols beside any score of their quality.
#[derive(Config, Debug, Copy, PartialEq)]
pub struct Decoding {
    /// Divides the logits; 1 leaves them alone.
    #[config(default = 1.0)]
    pub temperature: f64,
    /// Mass of the most probable classes that are kept, the smallest set that reaches it (nucleus, Holtzman et al., 2020); 1 keeps all.
    #[config(default = 1.0)]
    pub nucleus: f64,
}

impl Decoding {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the setting and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            config_error("Decoding", "temperature", self.temperature, "it must be above 0 and finite")?;
        }
        if !(self.nucleus > 0.0 && self.nucleus <= 1.0) {
            config_error("Decoding", "nucleus", self.nucleus, "it must be in (0, 1]")?;
        }
        Ok(())
    }

    /// Probabilities of logits, `[K] -> [K]`.
    pub fn probabilities(&self, logits: &[f64]) -> Vec<f64> {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut p: Vec<f64> = logits.iter().map(|logit| ((logit - largest) / self.temperature).exp()).collect();
        normalise(&mut p);
        if self.nucleus < 1.0 {
            let mut order: Vec<usize> = (0..p.len()).collect();
            order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
            let mut mass = 0.0;
            for class in order {
                if mass >= self.nucleus {
                    p[class] = 0.0;
                } else {
                    mass += p[class];
                }
            }
            normalise(&mut p);
        }
        p
    }
}

fn normalise(p: &mut [f64]) {
    let sum: f64 = p.iter().sum();
    p.iter_mut().for_each(|p| *p /= sum);
}
