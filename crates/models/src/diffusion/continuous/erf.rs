//! The complementary error function in f64, which the standard library lacks.

use std::f64::consts::PI;

/// From here on the continued fraction converges faster than the series.
const FAR: f64 = 2.5;

/// `erfc(x) = 2 / sqrt(pi) int_x^inf exp(-u^2) du`, to about 1e-15 relative.
pub(super) fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    let bell = (-x * x).exp() / PI.sqrt();
    if x < FAR {
        // erf(x) = 2 / sqrt(pi) exp(-x^2) sum_n 2^n x^{2n+1} / (2n+1)!!, all terms positive
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term > sum * f64::EPSILON {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        return 1.0 - 2.0 * bell * sum;
    }
    // erfc(x) = exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ..))))
    let fraction = (1..=80).rev().fold(x, |tail, n| x + 0.5 * f64::from(n) / tail);
    bell / fraction
}
