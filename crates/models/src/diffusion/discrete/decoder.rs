//! What the last step of the chain says about the data.

use serde::{Deserialize, Serialize};

/// `p(x_0 | x_1)`. The two need different networks at `t = 1`, so it belongs to a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decoder {
    /// The reverse step as at every other `t`: the estimate times the one-step kernel, normalised. The published code;
    /// its network stays a predictor from the *other* tokens down to `t = 1`, which is what spell checking reads.
    #[default]
    Posterior,
    /// The estimate itself (Hoogeboom et al. 2021, equation 16). Its network learns to copy at `t = 1`.
    Direct,
}
