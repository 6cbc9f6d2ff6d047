//! A joint distribution over all sequences of a short length, and what noise leaves of it.

use super::NoiseKernel;
use crate::CoreError;
use crate::unit::Nats;

/// The probabilities of all `K^L` sequences of `L` classes.
///
/// A sequence has the index `sum_i x_i K^(L-1-i)`: position 0 is the most significant digit.
#[derive(Debug, Clone, PartialEq)]
pub struct TabularJoint {
    classes: usize,
    length: usize,
    probs: Vec<f64>,
}

impl TabularJoint {
    /// The most sequences that a table may hold.
    pub const MAX_SEQUENCES: usize = 4096;

    /// The distribution proportional to these weights.
    ///
    /// # Shapes
    /// * `weights`: `classes^length` numbers, by index
    ///
    /// # Errors
    /// If there are none or more than 4096 sequences, their number is wrong, a weight is negative or not finite, or all are zero.
    pub fn from_weights(classes: usize, length: usize, weights: &[f64]) -> Result<Self, CoreError> {
        let sequences = sequences(classes, length)?;
        if weights.len() != sequences {
            let expected = format!("{classes}^{length} = {sequences} weights");
            return Err(CoreError::argument("weights", weights.len(), expected));
        }
        if let Some((index, weight)) = weights.iter().enumerate().find(|(_, w)| !w.is_finite() || **w < 0.0) {
            return Err(CoreError::argument(
                "weights",
                format!("{weight} at {index}"),
                "finite numbers of at least zero",
            ));
        }
        let sum: f64 = weights.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return Err(CoreError::argument("weights", format!("a sum of {sum}"), "a positive, finite sum"));
        }
        Ok(Self { classes, length, probs: weights.iter().map(|weight| weight / sum).collect() })
    }

    /// A Markov chain: `P(x) = initial[x_0] prod_i transition[x_(i-1)][x_i]`.
    ///
    /// # Shapes
    /// * `initial`: `K`; `transition`: `K * K`, row-major, the row is the earlier class; both may be unnormalised row by row
    ///
    /// # Errors
    /// As [`from_weights`](Self::from_weights), and if a row has no weight.
    pub fn markov_chain(initial: &[f64], transition: &[f64], length: usize) -> Result<Self, CoreError> {
        let classes = initial.len();
        if transition.len() != classes * classes {
            let expected = format!("{classes} x {classes} weights");
            return Err(CoreError::argument("transition", transition.len(), expected));
        }
        let sequences = sequences(classes, length)?;
        let initial = Self::from_weights(classes, 1, initial)?.probs;
        let mut rows = Vec::with_capacity(classes);
        for row in transition.chunks_exact(classes) {
            rows.push(Self::from_weights(classes, 1, row)?.probs);
        }
        let mut ids = vec![0; length];
        let mut weights = Vec::with_capacity(sequences);
        for index in 0..sequences {
            write_sequence(index, classes, &mut ids);
            let steps = ids.windows(2).map(|pair| rows[pair[0]][pair[1]]);
            weights.push(initial[ids[0]] * steps.product::<f64>());
        }
        Self::from_weights(classes, length, &weights)
    }

    /// Classes `K`.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Positions `L`.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The probability of every sequence, by index.
    pub fn probs(&self) -> &[f64] {
        &self.probs
    }

    /// The sequence with this index.
    pub fn sequence(&self, index: usize) -> Vec<usize> {
        let mut ids = vec![0; self.length];
        write_sequence(index, self.classes, &mut ids);
        ids
    }

    /// The index of a sequence.
    ///
    /// # Panics
    /// If its length is not `L` or a class is out of range.
    pub fn index(&self, ids: &[usize]) -> usize {
        assert_eq!(ids.len(), self.length, "a sequence of another length");
        ids.iter().fold(0, |index, &id| {
            assert!(id < self.classes, "class {id} of {}", self.classes);
            index * self.classes + id
        })
    }

    /// Log-probability of a sequence, in nats; minus infinity where it is impossible.
    ///
    /// # Panics
    /// As [`index`](Self::index).
    pub fn log_prob(&self, ids: &[usize]) -> Nats {
        Nats(self.probs[self.index(ids)].ln())
    }

    /// The entropy of a whole sequence.
    pub fn entropy(&self) -> Nats {
        Nats(self.probs.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum())
    }

    /// `P(x_i = k)` for every class `k`.
    ///
    /// # Panics
    /// If the position is out of range.
    pub fn marginal(&self, position: usize) -> Vec<f64> {
        assert!(position < self.length, "position {position} of {}", self.length);
        let stride = self.classes.pow((self.length - 1 - position) as u32);
        let mut marginal = vec![0.0; self.classes];
        for (index, p) in self.probs.iter().enumerate() {
            marginal[index / stride % self.classes] += p;
        }
        marginal
    }

    /// The sequence whose interval of the cumulative distribution holds `uniform`: a draw, for uniform numbers in `[0, 1)`.
    pub fn sample(&self, uniform: f64) -> Vec<usize> {
        let mut cumulative = 0.0;
        let drawn = self.probs.iter().position(|p| {
            cumulative += p;
            uniform < cumulative
        });
        let last = || self.probs.iter().rposition(|p| *p > 0.0).unwrap_or(0); // what rounding leaves over
        self.sequence(drawn.unwrap_or_else(last))
    }

    /// The probability of a noisy sequence, `q(x_t) = sum_x P(x) prod_i q(x_t_i | x_i)`.
    ///
    /// # Errors
    /// As [`posterior`](Self::posterior), but not if it is zero.
    pub fn noisy_prob(&self, observed: &[usize], kernels: &[NoiseKernel]) -> Result<f64, CoreError> {
        let likelihoods = self.likelihoods(observed, kernels)?;
        let mut ids = vec![0; self.length];
        let term = |(index, p): (usize, &f64)| {
            write_sequence(index, self.classes, &mut ids);
            p * ids.iter().enumerate().map(|(i, id)| likelihoods[i * self.classes + id]).product::<f64>()
        };
        Ok(self.probs.iter().enumerate().map(term).sum())
    }

    /// The exact posterior `p(x_0_i = k | x_t)`: what the noisy sequence, its own position included, says about each position.
    ///
    /// # Shapes
    /// * `observed`: `L` noisy codes; `kernels`: one for all positions, or `L` of them
    /// * returns: `L * K` probabilities, by position
    ///
    /// # Errors
    /// If the number of codes or kernels is wrong, a kernel has other classes, a code is out of range, or the sequence is impossible.
    pub fn posterior(&self, observed: &[usize], kernels: &[NoiseKernel]) -> Result<Vec<f64>, CoreError> {
        self.denoise(observed, kernels, true)
    }

    /// The exact leave-one-out posterior `p(x_0_i = k | x_t without position i)`: what every *other* position says. This is what minimises
    /// the bound of a diffusion model with position-wise noise; multiplied by `q(x_t_i | k)` and normalised it is the
    /// [`posterior`](Self::posterior).
    ///
    /// # Shapes
    /// As [`posterior`](Self::posterior).
    ///
    /// # Errors
    /// As [`posterior`](Self::posterior); for the sequence without position `i`, whichever `i`.
    pub fn leave_one_out(&self, observed: &[usize], kernels: &[NoiseKernel]) -> Result<Vec<f64>, CoreError> {
        self.denoise(observed, kernels, false)
    }

    fn denoise(&self, observed: &[usize], kernels: &[NoiseKernel], own: bool) -> Result<Vec<f64>, CoreError> {
        let likelihoods = self.likelihoods(observed, kernels)?;
        let mut ids = vec![0; self.length];
        let mut table = vec![0.0; self.length * self.classes];
        for (index, p) in self.probs.iter().enumerate() {
            write_sequence(index, self.classes, &mut ids);
            for i in 0..self.length {
                let others = (0..self.length).filter(|&j| own || j != i);
                let evidence: f64 = others.map(|j| likelihoods[j * self.classes + ids[j]]).product();
                table[i * self.classes + ids[i]] += p * evidence;
            }
        }
        for row in table.chunks_exact_mut(self.classes) {
            let sum: f64 = row.iter().sum();
            if sum <= 0.0 {
                return Err(CoreError::argument("observed", format!("{observed:?}"), "a sequence that can occur"));
            }
            row.iter_mut().for_each(|p| *p /= sum);
        }
        Ok(table)
    }

    /// `q(x_t_i | k)` for every position and class.
    fn likelihoods(&self, observed: &[usize], kernels: &[NoiseKernel]) -> Result<Vec<f64>, CoreError> {
        if observed.len() != self.length {
            return Err(CoreError::argument(
                "observed",
                format!("{} codes", observed.len()),
                format!("{}", self.length),
            ));
        }
        if kernels.len() != 1 && kernels.len() != self.length {
            return Err(CoreError::argument("kernels", kernels.len(), format!("one, or {}", self.length)));
        }
        let mut table = Vec::with_capacity(self.length * self.classes);
        for (i, &code) in observed.iter().enumerate() {
            let kernel = &kernels[i % kernels.len()];
            if kernel.classes() != self.classes {
                return Err(CoreError::argument("kernels", kernel.classes(), format!("{} classes", self.classes)));
            }
            if code >= kernel.codes() {
                let expected = format!("codes below {}", kernel.codes());
                return Err(CoreError::argument("observed", format!("code {code} at position {i}"), expected));
            }
            table.extend((0..self.classes).map(|class| kernel.prob(class, code)));
        }
        Ok(table)
    }
}

/// `classes^length`, if a table may hold that many.
fn sequences(classes: usize, length: usize) -> Result<usize, CoreError> {
    let count = u32::try_from(length).ok().and_then(|length| classes.checked_pow(length));
    match count {
        Some(count) if length > 0 && (1..=TabularJoint::MAX_SEQUENCES).contains(&count) => Ok(count),
        _ => {
            let expected = format!("1 to {} sequences of at least one position", TabularJoint::MAX_SEQUENCES);
            Err(CoreError::argument("classes^length", format!("{classes}^{length}"), expected))
        }
    }
}

/// The digits of an index, most significant first.
fn write_sequence(index: usize, classes: usize, ids: &mut [usize]) {
    let mut rest = index;
    for id in ids.iter_mut().rev() {
        *id = rest % classes;
        rest /= classes;
    }
}
