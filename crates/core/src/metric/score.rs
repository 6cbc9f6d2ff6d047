//! The number types a score may have.

/// A score: larger is closer, totally ordered once NaN is ruled out.
///
/// `f32` is what embeddings give; `f64` is there so that a matrix made in double precision is ranked as it was written
/// instead of being rounded into ties first.
pub trait Score: Copy + PartialOrd + Default + Send + Sync {
    /// Whether this is not a number, which no ranking may contain.
    fn is_nan(self) -> bool;
}

impl Score for f32 {
    #[inline]
    fn is_nan(self) -> bool {
        f32::is_nan(self)
    }
}

impl Score for f64 {
    #[inline]
    fn is_nan(self) -> bool {
        f64::is_nan(self)
    }
}
