//! A perfect network: the exact posterior of a small joint distribution, by enumeration on the host.
#![allow(dead_code)] // each test binary uses a part

use std::cell::RefCell;
use std::collections::HashMap;

use burn::tensor::{Device, Int, Tensor, TensorData};
use halation_models::diffusion::continuous::{AlphaSchedule, ContinuousBound, NoiseKind};
use halation_models::diffusion::denoiser::Denoiser;

/// A joint distribution of `length` symbols of `classes` classes, `K^L` probabilities, the first symbol most significant.
#[derive(Clone, Debug)]
pub struct Joint {
    pub classes: usize,
    pub length: usize,
    pub p: Vec<f64>,
}

impl Joint {
    pub fn new(classes: usize, length: usize, weights: &[f64]) -> Self {
        assert_eq!(weights.len(), classes.pow(length as u32));
        let sum: f64 = weights.iter().sum();
        Self { classes, length, p: weights.iter().map(|w| w / sum).collect() }
    }

    /// Two symbols that are always equal, all classes alike.
    pub fn twins(classes: usize) -> Self {
        let weights: Vec<f64> = (0..classes * classes).map(|i| f64::from(u8::from(i % (classes + 1) == 0))).collect();
        Self::new(classes, 2, &weights)
    }

    pub fn symbols(&self, index: usize) -> Vec<usize> {
        (0..self.length).rev().map(|l| index / self.classes.pow(l as u32) % self.classes).collect()
    }

    pub fn index(&self, symbols: &[usize]) -> usize {
        symbols.iter().fold(0, |index, symbol| index * self.classes + symbol)
    }

    pub fn entropy(&self) -> f64 {
        self.p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum()
    }

    /// `p(x_0,l = k | the noisy symbols)`, with or without the noisy symbol at `l` itself.
    pub fn guess(&self, noisy: &[usize], at: usize, own: bool, like: &dyn Fn(usize, usize) -> f64) -> Vec<f64> {
        let mut guess = vec![0.0; self.classes];
        for (index, p) in self.p.iter().enumerate() {
            let clean = self.symbols(index);
            let others = (0..self.length).filter(|&l| own || l != at);
            guess[clean[at]] += p * others.map(|l| like(noisy[l], clean[l])).product::<f64>();
        }
        let sum: f64 = guess.iter().sum();
        // what cannot happen has any guess
        guess.iter().map(|g| if sum > 0.0 { g / sum } else { 1.0 / self.classes as f64 }).collect()
    }
}

/// The perfect network of a joint distribution.
pub struct Oracle {
    pub joint: Joint,
    pub noise: NoiseKind,
    pub schedule: AlphaSchedule,
    /// Whether it leaves its own noisy symbol out.
    pub leave_one_out: bool,
    /// The noise levels that it was told.
    pub told: RefCell<Vec<f64>>,
}

impl Oracle {
    pub fn new(joint: &Joint, noise: NoiseKind, schedule: AlphaSchedule) -> Self {
        Self { joint: joint.clone(), noise, schedule, leave_one_out: true, told: RefCell::new(Vec::new()) }
    }

    pub fn posterior(self) -> Self {
        Self { leave_one_out: false, ..self }
    }
}

impl Denoiser for Oracle {
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
        let ([batch, length], device) = (tokens.dims(), tokens.device());
        let classes = self.joint.classes;
        let tokens = tokens.try_into_vec_as::<i64>().unwrap();
        let time = time.try_into_vec_as::<f64>().unwrap();
        self.told.borrow_mut().extend(&time);
        let mut logits: Vec<f32> = Vec::new();
        // A batch of samples holds few different sequences.
        let mut known: HashMap<(&[i64], u64), Vec<f32>> = HashMap::new();
        for (row, &t) in tokens.chunks(length).zip(&time) {
            if let Some(known) = known.get(&(row, t.to_bits())) {
                logits.extend(known);
                continue;
            }
            let alpha = self.schedule.alpha(t);
            let noisy: Vec<usize> = row.iter().map(|&token| token as usize).collect();
            let like = |noisy: usize, clean: usize| {
                let same = f64::from(u8::from(noisy == clean));
                match self.noise {
                    NoiseKind::Mask if noisy == classes => 1.0,
                    NoiseKind::Mask => same,
                    NoiseKind::Uniform => alpha * same + (1.0 - alpha) / classes as f64,
                }
            };
            let guess = |at| self.joint.guess(&noisy, at, !self.leave_one_out, &like);
            let new: Vec<f32> = (0..length).flat_map(guess).map(|p| p.max(1e-30).ln() as f32).collect();
            logits.extend(&new);
            known.insert((row, t.to_bits()), new);
        }
        Tensor::from_data(TensorData::new(logits, [batch, length, classes]), &device)
    }
}

/// The bound's expectation over data and noise, exactly but for the sum over `nodes`, levels with weights: every symbol is kept or replaced
/// by each class, with the probability of that.
pub fn exact_bound<'n>(
    bound: &dyn ContinuousBound<dyn Denoiser + 'n>,
    network: &(dyn Denoiser + 'n),
    joint: &Joint,
    noise: NoiseKind,
    alpha: &dyn Fn(f64) -> f64,
    nodes: &[(f64, f64)],
    device: &Device,
) -> f64 {
    let classes = joint.classes;
    let (mut ids, mut levels, mut uniforms, mut weights) = (vec![], vec![], vec![], vec![]);
    for &(t, node) in nodes {
        let alpha = alpha(t);
        let rest = 1.0 - alpha;
        let mut cases = vec![(alpha * 0.5, alpha)];
        match noise {
            NoiseKind::Mask => cases.push((alpha + rest * 0.5, rest)),
            NoiseKind::Uniform => {
                let class = |c: usize| (alpha + rest * (c as f64 + 0.5) / classes as f64, rest / classes as f64);
                cases.extend((0..classes).map(class));
            }
        }
        for index in (0..joint.p.len()).filter(|&index| joint.p[index] > 0.0) {
            for case in 0..cases.len().pow(joint.length as u32) {
                let chosen = (0..joint.length).map(|l| cases[case / cases.len().pow(l as u32) % cases.len()]);
                let (us, ws): (Vec<f64>, Vec<f64>) = chosen.unzip();
                ids.extend(joint.symbols(index).iter().map(|&symbol| symbol as i64));
                levels.push(t);
                uniforms.extend(us);
                weights.push(joint.p[index] * ws.iter().product::<f64>() * node);
            }
        }
    }
    let x0 = Tensor::from_data(TensorData::new(ids, [levels.len(), joint.length]), device);
    let loss = bound.loss(network, x0, &levels, &uniforms).try_into_vec_as::<f64>().unwrap();
    loss.iter().zip(&weights).map(|(loss, weight)| loss * weight).sum()
}

/// The midpoint rule in `v = sqrt(t)`, levels with weights: bounds go as `t ln t` near 0, which is smooth in `v`.
pub fn midpoints(count: usize) -> Vec<(f64, f64)> {
    let level = |i: usize| (i as f64 + 0.5) / count as f64;
    (0..count).map(|i| (level(i).powi(2), 2.0 * level(i) / count as f64)).collect()
}

/// A source of hashed uniforms that go on where the last draw ended.
pub fn source(seed: u64) -> impl FnMut(usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    move |count| {
        (0..count)
            .map(|_| {
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut z = state;
                z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
            })
            .collect()
    }
}

/// Pearson's statistic of counts against probabilities, with its degrees of freedom; impossible outcomes must not occur.
pub fn chi_square(counts: &[usize], p: &[f64]) -> (f64, usize) {
    let total: usize = counts.iter().sum();
    let mut statistic = 0.0;
    for (&count, &p) in counts.iter().zip(p) {
        if p > 1e-12 {
            statistic += (count as f64 - p * total as f64).powi(2) / (p * total as f64);
        } else {
            assert_eq!(count, 0, "an impossible outcome");
        }
    }
    (statistic, p.iter().filter(|&&p| p > 1e-12).count() - 1)
}

/// Fails where Pearson's statistic is larger than one in about 1e5 would be: five standard deviations, and room for the skew.
#[track_caller]
pub fn assert_law(what: &str, samples: &[Vec<usize>], joint: &Joint) {
    let mut counts = vec![0; joint.p.len()];
    samples.iter().for_each(|sample| counts[joint.index(sample)] += 1);
    let (statistic, freedom) = chi_square(&counts, &joint.p);
    let freedom = freedom as f64;
    assert!(
        statistic < freedom + 5.0 * (2.0 * freedom).sqrt() + 8.0,
        "{what}: chi2 {statistic} of {freedom}, {counts:?}"
    );
}
