//! The logarithm of a product of many positive numbers, without a logarithm for each.
//!
//! Integers wrap, although none ever does: a check for overflow would keep the compiler from vector code.

use halation_kernels::math::LANES;

/// Products as mantissas and exponents apart: mantissas lie in 1..2, so a hundred of them stay within an `f32`.
#[derive(Clone, Copy)]
pub(crate) struct LogProduct {
    mantissas: [f32; LANES],
    exponents: [i32; LANES],
    /// Factors since mantissas were last split.
    factors: usize,
}

/// Mantissa in `1..2` and exponent of a positive normal number.
#[inline(always)]
fn split(x: f32) -> (f32, i32) {
    let bits = x.to_bits();
    (f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000), ((bits >> 23) as i32).wrapping_sub(127))
}

impl LogProduct {
    /// Factors that fit before mantissas are split again: `2^MOST` is within an `f32`.
    const MOST: usize = 100;

    /// The product of nothing.
    #[inline(always)]
    pub(crate) fn one() -> Self {
        Self { mantissas: [1.0; LANES], exponents: [0; LANES], factors: 0 }
    }

    /// Multiplies each lane by a positive normal number.
    #[inline(always)]
    pub(crate) fn multiply(&mut self, by: &[f32; LANES]) {
        if self.factors == Self::MOST {
            self.normalise();
        }
        self.factors += 1;
        for lane in 0..LANES {
            let (mantissa, exponent) = split(by[lane]);
            self.mantissas[lane] *= mantissa;
            self.exponents[lane] = self.exponents[lane].wrapping_add(exponent);
        }
    }

    #[inline(always)]
    fn normalise(&mut self) {
        for lane in 0..LANES {
            let (mantissa, exponent) = split(self.mantissas[lane]);
            self.mantissas[lane] = mantissa;
            self.exponents[lane] = self.exponents[lane].wrapping_add(exponent);
        }
        self.factors = 0;
    }

    /// The natural logarithm of the product of all lanes.
    #[inline(always)]
    pub(crate) fn ln(mut self) -> f64 {
        self.normalise();
        let mantissa: f32 = self.mantissas.iter().product(); // at most 2^16
        let exponent: i32 = self.exponents.iter().sum();
        f64::from(mantissa).ln() + f64::from(exponent) * std::f64::consts::LN_2
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, LogProduct};

    #[test]
    fn a_product_far_beyond_any_float_has_its_logarithm() {
        let (mut product, mut exact) = (LogProduct::one(), 0.0);
        for n in 0..1000_u32 {
            let by: [f32; LANES] =
                std::array::from_fn(|lane| 1e-12 * 1.03_f32.powi((n as i32 * 7 + lane as i32) % 2000));
            exact += by.iter().map(|&by| f64::from(by).ln()).sum::<f64>();
            product.multiply(&by);
        }
        assert!((product.ln() - exact).abs() < 1e-6 * exact.abs(), "{} {exact}", product.ln());
        assert_eq!(LogProduct::one().ln(), 0.0);
    }
}
