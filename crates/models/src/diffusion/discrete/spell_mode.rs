//! How far a spell checker trusts what it reads.

/// The score of a class at a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpellMode {
    /// The network's estimate alone, `ln x0_hat_k`: the published procedure. What stands there has no say, so wherever the
    /// context prefers another class it is changed.
    Raw,
    /// `ln x0_hat_k + ln((1 - eps) [k = observed] + eps / K)`: a typist who hits a random key with probability `eps`. The
    /// smaller `eps`, the fewer changes; none at 0.
    NoisyChannel {
        /// Expected rate of errors, in `[0, 1]`.
        eps: f64,
    },
}
