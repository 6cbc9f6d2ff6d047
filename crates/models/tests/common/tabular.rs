//! A distribution over short sequences as a table, and the exact denoisers under noise on it, by enumeration in f64.

use burn::tensor::{Int, Tensor, TensorData};
use halation_models::diffusion::denoiser::Denoiser;
use halation_models::diffusion::schedule::NoiseSchedule;

/// Sequences and their probabilities, with noise that hits each position by itself.
pub struct Tabular {
    pub classes: usize,
    pub support: Vec<(Vec<usize>, f64)>,
    /// `q(x_t | x_0)` at each `t`, row-major `[K, S]`.
    pub kernels: Vec<Vec<f64>>,
}

/// What the denoiser conditions on.
#[derive(Clone, Copy, PartialEq)]
pub enum View {
    /// All positions but the one that is guessed: `p(x_0^i | x_t^-i)`.
    LeaveOneOut,
    /// All positions: `p(x_0^i | x_t)`.
    Everything,
}

/// Levels of a schedule, `t = 0..=T`.
fn levels(schedule: &NoiseSchedule) -> Vec<f64> {
    (0..=schedule.steps()).map(|t| schedule.abar(t)).collect()
}

/// The kernels of uniform noise, by their formula.
pub fn uniform_kernels(classes: usize, schedule: &NoiseSchedule) -> Vec<Vec<f64>> {
    let cell = |a: f64, i: usize| if i.is_multiple_of(classes + 1) { a } else { 0.0 } + (1.0 - a) / classes as f64;
    levels(schedule).into_iter().map(|a| (0..classes * classes).map(|i| cell(a, i)).collect()).collect()
}

/// The kernels of masks, by their formula.
pub fn mask_kernels(classes: usize, schedule: &NoiseSchedule) -> Vec<Vec<f64>> {
    let states = classes + 1;
    let cell = |a: f64, i: usize, x: usize| match x {
        x if x == i => a,
        x if x == classes => 1.0 - a,
        _ => 0.0,
    };
    let kernel = |a: f64| (0..classes * states).map(|at| cell(a, at / states, at % states)).collect();
    levels(schedule).into_iter().map(kernel).collect()
}

/// All sequences of `length` digits below `base`, the first digit slowest.
pub fn sequences(base: usize, length: usize) -> Vec<Vec<usize>> {
    let digit = |number: usize, place: usize| number / base.pow((length - 1 - place) as u32) % base;
    (0..base.pow(length as u32)).map(|number| (0..length).map(|place| digit(number, place)).collect()).collect()
}

/// Sequences as a tensor, `[B, L]`.
pub fn batch(rows: &[Vec<usize>], device: &burn::tensor::Device) -> Tensor<2, Int> {
    let values: Vec<i64> = rows.iter().flatten().map(|&x| x as i64).collect();
    Tensor::from_data(TensorData::new(values, [rows.len(), rows[0].len()]), device)
}

impl Tabular {
    pub fn states(&self) -> usize {
        self.kernels[0].len() / self.classes
    }

    /// `q(x_t | x_0)` of one position.
    pub fn kernel(&self, t: usize, x_0: usize, x_t: usize) -> f64 {
        self.kernels[t][x_0 * self.states() + x_t]
    }

    /// `p(x_0^i = . | what is seen of x_t)`.
    pub fn guess(&self, x_t: &[usize], position: usize, t: usize, view: View) -> Vec<f64> {
        let mut guess = vec![0.0; self.classes];
        for (x_0, p) in &self.support {
            let seen = |&i: &usize| view == View::Everything || i != position;
            let likelihood: f64 = (0..x_t.len()).filter(seen).map(|i| self.kernel(t, x_0[i], x_t[i])).product();
            guess[x_0[position]] += p * likelihood;
        }
        let sum: f64 = guess.iter().sum();
        guess.iter().map(|g| if sum > 0.0 { g / sum } else { 1.0 / self.classes as f64 }).collect()
    }

    /// The exact denoiser.
    pub fn denoiser(&self, view: View) -> Exact<'_> {
        Exact { table: self, view }
    }
}

/// A denoiser that knows the table.
pub struct Exact<'a> {
    table: &'a Tabular,
    view: View,
}

impl Denoiser for Exact<'_> {
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
        let ([rows, length], device) = (tokens.dims(), tokens.device());
        let tokens: Vec<i64> = tokens.into_data().convert::<i64>().try_to_vec().unwrap();
        let time = time.into_data().try_to_vec::<f32>().unwrap();
        let steps = (self.table.kernels.len() - 1) as f32;
        let mut logits = Vec::new();
        for (row, time) in tokens.chunks(length).zip(time) {
            let x_t: Vec<usize> = row.iter().map(|&x| x as usize).collect();
            for position in 0..length {
                let guess = self.table.guess(&x_t, position, (time * steps).round() as usize, self.view);
                logits.extend(guess.into_iter().map(|p| p.max(1e-30).ln() as f32));
            }
        }
        Tensor::from_data(TensorData::new(logits, [rows, length, self.table.classes]), &device)
    }
}
