//! Noise in continuous time as a matrix of rates, and its exponential.

use crate::ModelError;
use crate::head::config_error;

/// Rates `R` between `K` classes: `R_ij >= 0` off the diagonal, rows sum to zero, and `exp(e R)` is a transition matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Generator {
    classes: usize,
    rates: Vec<f64>,
}

impl Generator {
    /// Rates from a row-major `[K, K]` matrix; the diagonal is ignored and set to minus the row's sum.
    ///
    /// # Errors
    /// If the matrix is not square or a rate is negative or not finite.
    pub fn new(classes: usize, rates: &[f64]) -> Result<Self, ModelError> {
        if classes == 0 || rates.len() != classes * classes {
            config_error("Generator", "rates", rates.len(), "the square of the number of classes is needed")?;
        }
        let mut rates = rates.to_vec();
        for i in 0..classes {
            let row = &mut rates[i * classes..(i + 1) * classes];
            row[i] = 0.0;
            if let Some(rate) = row.iter().find(|rate| !(rate.is_finite() && **rate >= 0.0)) {
                config_error("Generator", "rates", rate, "rates must be finite and not negative")?;
            }
            row[i] = -row.iter().sum::<f64>();
        }
        Ok(Self { classes, rates })
    }

    /// Every class turns into every other at the rate `1/K`: the exponential is the kernel of
    /// [`Uniform`](super::Uniform) noise.
    ///
    /// # Panics
    /// If there are no classes.
    pub fn uniform(classes: usize) -> Self {
        Self::new(classes, &vec![1.0 / classes as f64; classes * classes]).expect("rates of 1/K are fine")
    }

    /// Rates on the graph of nearest neighbours (Austin et al. 2021, appendix A.2.4): `G_ij = 1` if `j` is among the `k`
    /// classes nearest to `i`, `A = (G + G^T) / (2 k)`, in Euclidean distance between the vectors of the classes.
    ///
    /// `A` is symmetric, so the process ends in the uniform distribution (on each connected part of the graph).
    ///
    /// # Errors
    /// If `k` is not below the number of classes, or the vectors are of different lengths or not finite.
    pub fn nearest_neighbours(vectors: &[Vec<f64>], k: usize) -> Result<Self, ModelError> {
        let classes = vectors.len();
        if k == 0 || k >= classes {
            config_error("Generator", "neighbours", k, "it must be at least 1 and below the number of classes")?;
        }
        if vectors.iter().any(|v| v.len() != vectors[0].len() || v.iter().any(|x| !x.is_finite())) {
            config_error("Generator", "vectors", "uneven", "the vectors must be finite and of one length")?;
        }
        let distance =
            |i: usize, j: usize| vectors[i].iter().zip(&vectors[j]).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let mut rates = vec![0.0; classes * classes];
        for i in 0..classes {
            let mut others: Vec<usize> = (0..classes).filter(|&j| j != i).collect();
            others.sort_by(|&a, &b| distance(i, a).total_cmp(&distance(i, b))); // stable: ties by class
            for &j in &others[..k] {
                rates[i * classes + j] += 0.5 / k as f64;
                rates[j * classes + i] += 0.5 / k as f64;
            }
        }
        Self::new(classes, &rates)
    }

    /// Number of classes `K`.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// `exp(exponent R)`, row-major `[K, K]`, by uniformisation and squaring. All summands are positive, so small
    /// probabilities keep their relative precision.
    pub fn exponential(&self, exponent: f64) -> Vec<f64> {
        let k = self.classes;
        let fastest = (0..k).map(|i| -self.rates[i * k + i]).fold(0.0, f64::max);
        if fastest == 0.0 || exponent == 0.0 {
            return identity(k);
        }
        // Rate times exponent at most 1/2 in the series, the rest by squaring.
        let doublings = (2.0 * fastest * exponent).log2().ceil().max(0.0) as i32;
        let small = fastest * exponent / 2.0_f64.powi(doublings);
        let jump: Vec<f64> =
            identity(k).iter().zip(&self.rates).map(|(one, rate)| (one + rate / fastest).max(0.0)).collect();
        let (mut power, mut weight) = (identity(k), (-small).exp());
        let mut sum = vec![0.0; k * k];
        for n in 1..=20 {
            sum.iter_mut().zip(&power).for_each(|(sum, p)| *sum += weight * p);
            power = product(&power, &jump, k);
            weight *= small / f64::from(n);
        }
        for _ in 0..doublings {
            sum = product(&sum, &sum, k);
            for row in sum.chunks_mut(k) {
                let total: f64 = row.iter().sum();
                row.iter_mut().for_each(|p| *p /= total); // rounding doubles with each squaring
            }
        }
        sum
    }
}

/// The identity matrix.
pub(super) fn identity(k: usize) -> Vec<f64> {
    (0..k * k).map(|index| if index % (k + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

/// The product of two row-major `[k, k]` matrices.
pub(super) fn product(a: &[f64], b: &[f64], k: usize) -> Vec<f64> {
    let mut out = vec![0.0; k * k];
    for i in 0..k {
        for l in 0..k {
            let factor = a[i * k + l];
            if factor != 0.0 {
                out[i * k..(i + 1) * k].iter_mut().zip(&b[l * k..(l + 1) * k]).for_each(|(out, b)| *out += factor * b);
            }
        }
    }
    out
}
