//! The two directions of cross-modal retrieval, side by side.

/// Something of each direction: image to text and text to image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TwoWay<T> {
    /// Images ask, captions answer.
    pub i2t: T,
    /// Captions ask, images answer.
    pub t2i: T,
}

impl<T> TwoWay<T> {
    /// Applies `f` to both directions.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> TwoWay<U> {
        TwoWay { i2t: f(self.i2t), t2i: f(self.t2i) }
    }

    /// Applies `f` to both directions, stopping at the first error.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_map<U, E>(self, mut f: impl FnMut(T) -> Result<U, E>) -> Result<TwoWay<U>, E> {
        Ok(TwoWay { i2t: f(self.i2t)?, t2i: f(self.t2i)? })
    }

    /// Both directions by reference.
    pub fn as_ref(&self) -> TwoWay<&T> {
        TwoWay { i2t: &self.i2t, t2i: &self.t2i }
    }
}

impl TwoWay<f64> {
    /// The mean of the two directions.
    pub fn mean(self) -> f64 {
        (self.i2t + self.t2i) / 2.0
    }
}
