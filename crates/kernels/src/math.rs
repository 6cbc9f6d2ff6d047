//! Functions of one number in plain arithmetic, so that a loop over them becomes vector code of any width: what a
//! [`Function`](crate::Function) is made of.
//!
//! None uses fused multiply-add: results are the same bits on every width.
#![allow(clippy::excessive_precision)] // constants as they are published

/// Numbers that are computed side by side, one for each lane of the widest vectors. The same on every machine, so that sums are the same
/// bits on every one too.
pub const LANES: usize = 16;

/// `e^x`, within 2 units in the last place; 0 below -86.6 (where it is under 3e-38), infinity from 88.722_84 on.
///
/// `2^n e^r` with `|r| <= ln(2) / 2` and a polynomial for `e^r` (Moshier, Cephes library, `expf`).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_375;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x.clamp(-86.6, 88.8) * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x.clamp(-86.6, 88.8) - n * LN2_HIGH) - n * LN2_LOW;
    let mut p = 1.987_569_1e-4_f32;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 0.166_666_66;
    p = p * r + 0.5;
    let fraction = p * (r * r) + r + 1.0;
    let scaled = f32::from_bits(fraction.to_bits().wrapping_add(shifted.to_bits() << 23));
    let scaled = if x < -86.6 { 0.0 } else { scaled };
    let scaled = if x >= 88.722_84 { f32::INFINITY } else { scaled };
    if x.is_nan() { x } else { scaled }
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `tanh(x)`, within 2 units in the last place (Moshier, Cephes library, `tanhf`).
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let z = x * x;
    let mut p = -5.704_988_7e-3_f32;
    p = p * z + 2.063_908_9e-2;
    p = p * z - 5.373_971_6e-2;
    p = p * z + 0.133_314_42;
    p = p * z - 0.333_332_82;
    let small = p * z * x + x;
    let large = 1.0 - 2.0 / (exp(2.0 * x.abs()) + 1.0);
    if x.abs() < 0.625 { small } else { large.copysign(x) }
}

/// `artanh(x) = ln((1 + x) / (1 - x)) / 2` for `|x| <= 1/3`, within 2 units in the last place: the first terms of its series.
#[inline(always)]
pub fn artanh(x: f32) -> f32 {
    let z = x * x;
    let mut p = 1.0 / 15.0_f32;
    p = p * z + 1.0 / 13.0;
    p = p * z + 1.0 / 11.0;
    p = p * z + 1.0 / 9.0;
    p = p * z + 1.0 / 7.0;
    p = p * z + 1.0 / 5.0;
    p = p * z + 1.0 / 3.0;
    x + x * z * p
}

/// `ln(1 + x)` for `x` in `0..=1`, within 2 units in the last place.
#[inline(always)]
pub fn log1p(x: f32) -> f32 {
    2.0 * artanh(x / (2.0 + x))
}

/// `sigmoid(x)` and `sigmoid(-x)`, neither as a difference from 1.
#[inline(always)]
pub fn both_sigmoids(x: f32) -> (f32, f32) {
    let e = exp(-x.abs());
    let large = 1.0 / (1.0 + e);
    let small = e * large;
    if x < 0.0 { (small, large) } else { (large, small) }
}

/// `ln(1 + e^x)` and its slope, the sigmoid.
#[inline(always)]
pub fn softplus(x: f32) -> (f32, f32) {
    let e = exp(-x.abs());
    let s = 1.0 / (1.0 + e);
    // `e` carries a NaN on, which `max` loses.
    (x.max(0.0) + log1p(e), if x < 0.0 { e * s } else { s })
}

#[cfg(test)]
mod tests {
    use super::{exp, log1p, sigmoid, tanh};

    /// Distance in units in the last place of the exact value.
    fn ulps(value: f32, exact: f64) -> f64 {
        let unit = (exact.abs() as f32).to_bits();
        let unit = f64::from(f32::from_bits(unit + 1)) - f64::from(f32::from_bits(unit));
        (f64::from(value) - exact).abs() / unit
    }

    fn worst(function: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, low: f32, high: f32) -> f64 {
        let points = (0..=1_000_000).map(|n| low + (high - low) * (n as f32 / 1e6));
        points.map(|x| ulps(function(x), exact(f64::from(x)))).fold(0.0, f64::max)
    }

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        assert!(worst(exp, f64::exp, -86.0, 88.7) < 2.0, "{}", worst(exp, f64::exp, -86.0, 88.7));
        assert!(worst(exp, f64::exp, -1.0, 1.0) < 1.0, "{}", worst(exp, f64::exp, -1.0, 1.0));
    }

    #[test]
    fn tanh_and_sigmoid_are_within_a_few_units_in_the_last_place() {
        assert!(worst(tanh, f64::tanh, -12.0, 12.0) < 2.0, "{}", worst(tanh, f64::tanh, -12.0, 12.0));
        let exact = |x: f64| 1.0 / (1.0 + (-x).exp());
        assert!(worst(sigmoid, exact, -80.0, 20.0) < 4.0, "{}", worst(sigmoid, exact, -80.0, 20.0));
    }

    #[test]
    fn the_logarithm_of_one_plus_is_within_two_units_in_the_last_place() {
        assert!(worst(log1p, f64::ln_1p, 0.0, 1.0) < 2.0, "{}", worst(log1p, f64::ln_1p, 0.0, 1.0));
        assert!(worst(log1p, f64::ln_1p, 1e-30, 1e-28) < 2.0);
    }

    #[test]
    fn the_ends_are_limits_and_nan_stays() {
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(-1e30), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(89.0), f32::INFINITY);
        // The last numbers before the range ends, and the first beyond it.
        let edge = 88.722_84_f32.to_bits();
        for bits in edge - 100..edge + 100 {
            let x = f32::from_bits(bits);
            assert!(!exp(x).is_nan() && exp(x) > 3.4e38, "exp({x}) = {}", exp(x));
            assert!((tanh(x / 2.0) - 1.0).abs() < 1e-6 && sigmoid(-x) < 1e-30);
        }
        assert!(exp(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
        assert_eq!((sigmoid(f32::NEG_INFINITY), sigmoid(f32::INFINITY)), (0.0, 1.0));
        assert_eq!((tanh(f32::NEG_INFINITY), tanh(f32::INFINITY)), (-1.0, 1.0));
    }
}
