//! How much the divergence counts as training goes on.

use burn::config::Config;

use crate::ModelError;
use crate::head::config_error;

/// A weight that stays at `start` for `flat` epochs and then rises linearly to one over `ramp` epochs. Defaults are those of the baseline in
/// Argmax Flows (2021): 1e-5 for 2 epochs, 4 epochs to one.
#[derive(Config, Debug)]
pub struct KlWarmUp {
    /// First weight.
    #[config(default = 1e-5)]
    pub start: f64,
    /// Epochs at the first weight.
    #[config(default = 2.0)]
    pub flat: f64,
    /// Epochs from there to one.
    #[config(default = 4.0)]
    pub ramp: f64,
}

impl KlWarmUp {
    /// Whether these settings give weights.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        if !(0.0..=1.0).contains(&self.start) {
            return config_error("KlWarmUp", "start", self.start, "a weight lies between 0 and 1");
        }
        for (field, epochs) in [("flat", self.flat), ("ramp", self.ramp)] {
            if !(epochs >= 0.0 && epochs.is_finite()) {
                return config_error("KlWarmUp", field, epochs, "it must be a number of epochs");
            }
        }
        Ok(())
    }

    /// The weight after this many epochs, which may be fractions.
    pub fn weight(&self, epoch: f64) -> f64 {
        let risen = epoch - self.flat;
        match risen {
            _ if risen >= self.ramp => 1.0,
            _ if risen <= 0.0 => self.start,
            _ => self.start + (1.0 - self.start) * risen / self.ramp,
        }
    }
}
