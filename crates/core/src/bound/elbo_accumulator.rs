//! The mean of a per-sequence bound over a data set, with its standard error.

use burn::tensor::Tensor;

use crate::CoreError;
use crate::unit::{Bits, Nats};

/// Gathers a lower bound of `ln P(x)` per sequence, in nats, and reports it per sequence and per element (character, pixel).
///
/// Sequences weigh by their number of elements: `bits = -sum_i bound_i / (ln 2 sum_i n_i)`, so a short last batch, or sequences of
/// different lengths, count as they should. A mean of batch means would not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ElboAccumulator {
    sequences: usize,
    elements: usize,
    /// `sum y`, `sum y^2`, `sum y n`, `sum n^2` for bounds `y` and lengths `n`.
    bound: f64,
    bound_squared: f64,
    bound_by_elements: f64,
    elements_squared: f64,
}

impl ElboAccumulator {
    /// Nothing gathered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the bounds of one batch whose sequences have `elements` elements each.
    ///
    /// # Errors
    /// If a bound is NaN or infinite, or there are no elements: nothing is added then.
    pub fn update(&mut self, bounds: &[f64], elements: usize) -> Result<(), CoreError> {
        if elements == 0 {
            return Err(CoreError::argument("elements", 0, "at least one element in each sequence"));
        }
        if let Some((row, bound)) = bounds.iter().enumerate().find(|(_, bound)| !bound.is_finite()) {
            return Err(CoreError::argument("bounds", format!("{bound} in row {row}"), "finite numbers of nats"));
        }
        let n = elements as f64;
        self.sequences += bounds.len();
        self.elements += bounds.len() * elements;
        self.elements_squared += bounds.len() as f64 * n * n;
        for bound in bounds {
            self.bound += bound;
            self.bound_squared += bound * bound;
            self.bound_by_elements += bound * n;
        }
        Ok(())
    }

    /// [`update`](Self::update) with a tensor, which is read back from its device.
    ///
    /// # Shapes
    /// * `bounds`: `[B]`, in nats
    ///
    /// # Errors
    /// As [`update`](Self::update), and if the tensor cannot be read back.
    pub fn update_tensor(&mut self, bounds: Tensor<1>, elements: usize) -> Result<(), CoreError> {
        self.update(&read_back(bounds)?, elements)
    }

    /// Adds what another accumulator gathered, such as that of another shard.
    pub fn merge(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.elements += other.elements;
        self.bound += other.bound;
        self.bound_squared += other.bound_squared;
        self.bound_by_elements += other.bound_by_elements;
        self.elements_squared += other.elements_squared;
    }

    /// Sequences gathered.
    pub fn sequences(&self) -> usize {
        self.sequences
    }

    /// Elements gathered.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// Mean bound of a sequence; NaN before the first.
    pub fn mean(&self) -> Nats {
        Nats(self.bound / self.sequences as f64)
    }

    /// Standard error of [`mean`](Self::mean) over sequences; NaN for fewer than two.
    pub fn standard_error(&self) -> Nats {
        let n = self.sequences as f64;
        let squares = self.bound_squared - self.bound * self.bound / n;
        Nats((squares.max(0.0) / ((n - 1.0) * n)).sqrt())
    }

    /// Bits for each element, an upper bound of what the model needs: `-sum bound / (ln 2 sum elements)`; NaN before the first.
    pub fn bits_per_element(&self) -> Bits {
        Nats(-self.bound).bits_per(self.elements)
    }

    /// Standard error of [`bits_per_element`](Self::bits_per_element) over sequences, that of a ratio of two sums; NaN for fewer than
    /// two sequences.
    pub fn bits_per_element_standard_error(&self) -> Bits {
        let (n, ratio) = (self.sequences as f64, self.bound / self.elements as f64);
        let squares = self.bound_squared - 2.0 * ratio * self.bound_by_elements + ratio * ratio * self.elements_squared;
        Nats((squares.max(0.0) * n / (n - 1.0)).sqrt()).bits_per(self.elements)
    }
}

/// The values of a tensor on the host, in f64.
pub(super) fn read_back<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, CoreError> {
    let values = tensor.try_into_vec_as::<f64>();
    values.map_err(|error| CoreError::argument("bounds", error, "a tensor that can be read back"))
}
