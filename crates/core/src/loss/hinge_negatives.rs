//! Which negatives a hinge loss counts.

use burn::config::Config;

/// Which negatives of a matching pair cost something in [`HingeLoss`](super::HingeLoss).
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum HingeNegatives {
    /// Every negative, summed (VSE0; the sum of Kiros et al., 2014).
    All,
    /// The most similar one of each direction (VSE++; Faghri et al., BMVC 2018).
    Hardest,
}

impl HingeNegatives {
    /// The schedule of VSE-infinity (Chen et al., CVPR 2021), which starts with all negatives because the hardest alone collapse an
    /// untrained model: [`All`](Self::All) before epoch `warm_up_epochs` (counted from 0), [`Hardest`](Self::Hardest) from then on.
    pub fn at_epoch(epoch: usize, warm_up_epochs: usize) -> Self {
        if epoch < warm_up_epochs { Self::All } else { Self::Hardest }
    }
}
