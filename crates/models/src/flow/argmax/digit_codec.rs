//! Classes as digits: a Cartesian product of small alphabets.

use burn::tensor::{Int, Tensor, assert_shape};

use crate::ModelError;
use crate::head::config_error;

/// Writes `K` classes with `d = ceil(log_M K)` digits to base `M`, most significant first: `digit_j = floor(x / M^(d-1-j)) mod M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigitCodec {
    classes: usize,
    base: usize,
    digits: usize,
}

impl DigitCodec {
    /// The shortest code for `classes` classes to base `base`.
    ///
    /// # Errors
    /// [`ModelError::Config`] for fewer than two classes, a base below two, or codes past 32 bits.
    pub fn new(classes: usize, base: usize) -> Result<Self, ModelError> {
        const NAME: &str = "DigitCodec";
        if classes < 2 {
            config_error(NAME, "classes", classes, "a choice needs at least two classes")?;
        }
        if base < 2 {
            config_error(NAME, "base", base, "a digit needs at least two values")?;
        }
        let (mut digits, mut codes) = (1, base);
        while codes < classes {
            digits += 1;
            codes = codes.saturating_mul(base);
        }
        if i32::try_from(codes).is_err() {
            config_error(NAME, "classes", classes, "codes must fit 32 bits")?;
        }
        Ok(Self { classes, base, digits })
    }

    /// Classes `K`.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Values `M` of a digit.
    pub fn base(&self) -> usize {
        self.base
    }

    /// Digits `d` of a class.
    pub fn digits(&self) -> usize {
        self.digits
    }

    /// Codes that stand for no class, `M^d - K`.
    pub fn unused(&self) -> usize {
        self.base.pow(self.digits as u32) - self.classes
    }

    /// The digits of each class.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`, below `K`
    /// * output: `[B, L, d]`
    pub fn encode(&self, ids: Tensor<2, Int>) -> Tensor<3, Int> {
        let mut rest = ids;
        let mut digits = Vec::with_capacity(self.digits);
        for _ in 0..self.digits {
            let digit = rest.clone().remainder_scalar(self.base as i64);
            rest = (rest - digit.clone()).div_scalar(self.base as i64);
            digits.push(digit);
        }
        digits.reverse();
        Tensor::stack(digits, 2)
    }

    /// The code that each row of digits spells, `sum_j digit_j M^(d-1-j)`: a class if it is below `K`.
    ///
    /// # Shapes
    /// * `digits`: `[B, L, d]`
    /// * output: `[B, L]`
    pub fn decode(&self, digits: Tensor<3, Int>) -> Tensor<2, Int> {
        let count = self.digits;
        assert_shape!(digits, [.., count]);
        let mut digits = digits.split(1, 2).into_iter().map(|digit| digit.squeeze_dim::<2>(2));
        let first = digits.next().unwrap_or_else(|| unreachable!("a code has at least one digit"));
        digits.fold(first, |code, digit| code.mul_scalar(self.base as i64) + digit)
    }
}
