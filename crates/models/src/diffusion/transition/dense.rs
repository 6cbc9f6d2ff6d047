//! Noise with any matrix at each step: Gaussian over an order, or along a graph of neighbours.

use std::collections::BTreeMap;

use burn::tensor::{Device, Int, Tensor, TensorData};
use halation_core::categorical::log_one_hot;
use halation_kernels::log_softmax;

use super::generator::{identity, product};
use super::{Generator, Transition};
use crate::ModelError;
use crate::diffusion::schedule::NoiseSchedule;
use crate::head::config_error;

/// Added to probabilities before their logarithm.
const TINY: f64 = 1e-30;

/// `q(x_t | x_(t-1)) = x_(t-1) Q_t` with full matrices `Q_t` (D3PM, Austin et al. 2021).
///
/// All `Q_t` and their products `Q_1 .. Q_t` are kept as `f32`: `8 T K^2` bytes, 6 MB for 27 classes and a thousand
/// steps, 500 MB for 256 classes. A batch uploads two matrices for each sequence.
#[derive(Debug, Clone)]
pub struct Dense {
    classes: usize,
    schedule: NoiseSchedule,
    /// `Q_t` at `t - 1`.
    steps: Vec<Vec<f32>>,
    /// `Q_1 .. Q_t` at `t`; the identity at 0.
    products: Vec<Vec<f32>>,
    /// `Q_1 .. Q_T` in full precision.
    last: Vec<f64>,
}

impl Dense {
    /// Noise by `matrices`, `Q_1` to `Q_T`, row-major `[K, K]`, row = earlier state. The schedule tells no more than what
    /// its levels mean for the caller.
    ///
    /// # Errors
    /// If the number or size of the matrices is wrong, or a row is not a distribution.
    pub fn new(
        classes: usize,
        schedule: NoiseSchedule,
        matrices: impl IntoIterator<Item = Vec<f64>>,
    ) -> Result<Self, ModelError> {
        let mut last = identity(classes);
        let mut products = vec![single(&last)];
        let mut steps = Vec::new();
        for matrix in matrices {
            if classes == 0 || matrix.len() != classes * classes {
                config_error("Dense", "matrices", matrix.len(), "each needs the square of the number of classes")?;
            }
            for row in matrix.chunks(classes) {
                let sum: f64 = row.iter().sum();
                if !((sum - 1.0).abs() < 1e-9 && row.iter().all(|&p| p >= 0.0)) {
                    config_error("Dense", "matrices", sum, "each row must be a distribution that sums to 1")?;
                }
            }
            last = product(&last, &matrix, classes);
            steps.push(single(&matrix));
            products.push(single(&last));
        }
        if steps.len() != schedule.steps() {
            config_error("Dense", "matrices", steps.len(), "one for each step of the schedule is needed")?;
        }
        Ok(Self { classes, schedule, steps, products, last })
    }

    /// Gaussian noise over ordered classes (Austin et al. 2021, appendix A.2.3): off the diagonal
    /// `Q_ij = w(i - j) / sum_n w(n)`, `w(n) = exp(-4 n^2 / ((K - 1)^2 beta_t))`, `n` from `-(K-1)` to `K-1`; the diagonal
    /// takes the rest. Doubly stochastic, so the end is uniform.
    ///
    /// # Errors
    /// If there are fewer than two classes.
    pub fn discretized_gaussian(classes: usize, schedule: NoiseSchedule) -> Result<Self, ModelError> {
        if classes < 2 {
            config_error("Dense", "classes", classes, "an order needs two classes")?;
        }
        let betas: Vec<f64> = (1..=schedule.steps()).map(|t| schedule.beta(t)).collect();
        Self::new(classes, schedule, betas.into_iter().map(|beta| gaussian_step(classes, beta)))
    }

    /// Noise along the rates of `generator`: `Q_t = exp(-ln(alpha_t) R)`, so that the product up to `t` is
    /// `exp(-ln(abar_t) R)`.
    ///
    /// # Errors
    /// None for a valid generator.
    pub fn from_generator(generator: &Generator, schedule: NoiseSchedule) -> Result<Self, ModelError> {
        let exponents: Vec<f64> = (1..=schedule.steps()).map(|t| -schedule.log_alpha(t - 1, t)).collect();
        let matrices = exponents.into_iter().map(|exponent| generator.exponential(exponent));
        Self::new(generator.classes(), schedule, matrices)
    }

    /// `Q_(s+1) .. Q_t`.
    fn between(&self, s: usize, t: usize) -> Vec<f32> {
        assert!(s < t, "a step from {s} to {t}");
        if s == 0 || t == s + 1 {
            return if s == 0 { self.products[t].clone() } else { self.steps[t - 1].clone() };
        }
        let double = |matrix: &[f32]| -> Vec<f64> { matrix.iter().map(|&p| f64::from(p)).collect() };
        let first = double(&self.steps[s]);
        single(&self.steps[s + 1..t].iter().fold(first, |whole, step| product(&whole, &double(step), self.classes)))
    }

    fn upload(&self, matrices: impl Iterator<Item = Vec<f32>>, device: &Device) -> Tensor<3> {
        let values: Vec<f32> = matrices.flatten().collect();
        let k = self.classes;
        let batch = values.len() / (k * k);
        Tensor::from_data(TensorData::new(values, [batch, k, k]), device)
    }
}

impl Transition for Dense {
    fn classes(&self) -> usize {
        self.classes
    }

    fn states(&self) -> usize {
        self.classes
    }

    fn schedule(&self) -> &NoiseSchedule {
        &self.schedule
    }

    fn log_q_t(&self, log_x0: Tensor<3>, t: &[usize]) -> Tensor<3> {
        let matrices = self.upload(t.iter().map(|&t| self.products[t].clone()), &log_x0.device());
        (log_x0.exp().matmul(matrices) + TINY).log()
    }

    fn log_q_step(&self, log_previous: Tensor<3>, t: &[usize]) -> Tensor<3> {
        let matrices = self.upload(t.iter().map(|&t| self.steps[t - 1].clone()), &log_previous.device());
        (log_previous.exp().matmul(matrices) + TINY).log()
    }

    fn log_q_posterior(&self, x_t: Tensor<2, Int>, log_x0: Tensor<3>, s: &[usize], t: &[usize]) -> Tensor<3> {
        assert_eq!(s.len(), t.len(), "two steps for each sequence");
        let mut jumps = BTreeMap::new(); // a sampler asks for the same jump in every sequence
        let pairs: Vec<(usize, usize)> = s.iter().copied().zip(t.iter().copied()).collect();
        let matrices = pairs.iter().map(|&(s, t)| jumps.entry((s, t)).or_insert_with(|| self.between(s, t)).clone());
        let matrices = self.upload(matrices, &log_x0.device());
        let ended = log_one_hot(x_t, self.classes).exp(); // [B, L, K]
        let backward = (ended.matmul(matrices.swap_dims(1, 2)) + TINY).log(); // q(x_t | x_s) for every x_s
        log_softmax(backward + self.log_q_t(log_x0, s), 2)
    }

    fn log_prior(&self) -> Vec<f64> {
        // What a chain that starts with equally frequent classes ends in; uniform for symmetric matrices.
        let k = self.classes;
        let column = |j: usize| self.last.iter().skip(j).step_by(k).sum::<f64>() / k as f64;
        (0..k).map(|j| column(j).max(TINY).ln()).collect()
    }

    fn class_prior_kl(&self) -> Vec<f64> {
        let prior = self.log_prior();
        let kl = |row: &[f64]| row.iter().zip(&prior).filter(|(q, _)| **q > 0.0).map(|(q, p)| q * (q.ln() - p)).sum();
        self.last.chunks(self.classes).map(kl).collect()
    }

    fn change_probability(&self, t: usize) -> f64 {
        let kept: f64 = self.products[t].iter().step_by(self.classes + 1).map(|&p| f64::from(p)).sum();
        1.0 - kept / self.classes as f64
    }
}

fn single(matrix: &[f64]) -> Vec<f32> {
    matrix.iter().map(|&p| p as f32).collect()
}

fn gaussian_step(classes: usize, beta: f64) -> Vec<f64> {
    let width = (classes - 1) as f64;
    let weight = |n: usize| (-4.0 * (n * n) as f64 / (width * width * beta)).exp();
    let total: f64 = 1.0 + 2.0 * (1..classes).map(weight).sum::<f64>();
    let mut matrix: Vec<f64> =
        (0..classes * classes).map(|at| weight((at / classes).abs_diff(at % classes)) / total).collect();
    for i in 0..classes {
        matrix[i * (classes + 1)] = 0.0;
        let moved: f64 = matrix[i * classes..(i + 1) * classes].iter().sum();
        matrix[i * (classes + 1)] = 1.0 - moved;
    }
    matrix
}
