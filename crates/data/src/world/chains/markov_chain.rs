//! A Markov chain over a few symbols, with everything about it exact.

use crate::DataError;
use crate::world::draw::{Purpose, stream, unit};

/// A first-order Markov chain over the symbols `0..K`: where it starts, and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkovChain {
    initial: Vec<f64>,    // [K]
    transition: Vec<f64>, // [K, K]
}

/// How far a row of probabilities may be from summing to 1.
const SUM: f64 = 1e-9;

impl MarkovChain {
    /// The chain that starts with `initial` and goes on by the rows of `transition`.
    ///
    /// # Shapes
    /// * `initial`: `[K]`; `transition`: `[K, K]` row-major, row `i` is the distribution after symbol `i`
    ///
    /// # Errors
    /// [`DataError::Invalid`] unless K is 1 to 65,536, the shapes fit, and every row is a distribution (not negative,
    /// sum within 1e-9 of 1).
    pub fn new(initial: Vec<f64>, transition: Vec<f64>) -> Result<Self, DataError> {
        let classes = initial.len();
        let invalid = |problem: String, help: &str| {
            Err(DataError::Invalid { what: "a Markov chain".into(), problem, help: help.into() })
        };
        if !(1..=1 << 16).contains(&classes) || transition.len() != classes * classes {
            let problem = format!("{classes} initial and {} transition probabilities", transition.len());
            return invalid(problem, "give K and K x K, K from 1 to 65536");
        }
        for (index, row) in std::iter::once(&initial[..]).chain(transition.chunks_exact(classes)).enumerate() {
            let sum: f64 = row.iter().sum();
            if row.iter().any(|&p| !(0.0..=1.0).contains(&p)) || (sum - 1.0).abs() > SUM {
                let which = if index == 0 { "the start".to_owned() } else { format!("symbol {}", index - 1) };
                return invalid(format!("the probabilities of {which} sum to {sum}"), "give distributions");
            }
        }
        Ok(Self { initial, transition })
    }

    /// A chain that stays with probability `stay`, else goes to one of the other symbols, all equally likely; uniform
    /// start.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if `stay` is no probability, or is not 1 for a single symbol; else as [`new`](Self::new).
    pub fn sticky(classes: usize, stay: f64) -> Result<Self, DataError> {
        Self::shifted(classes, 0, stay)
    }

    /// A ring: the next symbol (the first after the last) with probability `next`, else one of the other symbols, the
    /// present one included, all equally likely; uniform start.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if `next` is no probability, or is not 1 for a single symbol; else as [`new`](Self::new).
    pub fn ring(classes: usize, next: f64) -> Result<Self, DataError> {
        Self::shifted(classes, 1, next)
    }

    /// From `i` to `i + shift` modulo K with probability `likely`, else uniform over the others; the uniform start is
    /// stationary.
    fn shifted(classes: usize, shift: usize, likely: f64) -> Result<Self, DataError> {
        if !(0.0..=1.0).contains(&likely) || (classes == 1 && likely != 1.0) || classes > 1 << 16 {
            return Err(DataError::Invalid {
                what: "a Markov chain".into(),
                problem: format!("probability {likely} of the likely step among {classes} symbols"),
                help: "give a probability, 1 if there is a single symbol, and at most 65536 symbols".into(),
            });
        }
        let other = (1.0 - likely) / (classes.max(2) - 1) as f64;
        let mut transition = vec![other; classes * classes];
        for from in 0..classes {
            transition[from * classes + (from + shift) % classes] = likely;
        }
        Self::new(vec![1.0 / classes as f64; classes], transition)
    }

    /// Number of symbols, K.
    pub fn classes(&self) -> usize {
        self.initial.len()
    }

    /// The distribution of the first symbol, `[K]`.
    pub fn initial(&self) -> &[f64] {
        &self.initial
    }

    /// The transition matrix, `[K, K]` row-major.
    pub fn transition(&self) -> &[f64] {
        &self.transition
    }

    /// The distribution after symbol `from`, `[K]`.
    ///
    /// # Panics
    /// If `from` is not below K.
    pub fn row(&self, from: u16) -> &[f64] {
        &self.transition[usize::from(from) * self.classes()..][..self.classes()]
    }

    /// Sequence `index` of `seed`: `length` symbols.
    pub fn sample(&self, seed: u64, index: u64, length: usize) -> Vec<u16> {
        let mut rng = stream(seed, Purpose::Chain, index, 0);
        let mut symbols: Vec<u16> = Vec::with_capacity(length);
        for _ in 0..length {
            let law = symbols.last().map_or(&self.initial[..], |&last| self.row(last));
            let mut left = unit(&mut rng);
            let drawn = law.iter().position(|&p| {
                left -= p;
                left < 0.0
            });
            // Rounding may leave a sum just below 1: the last possible symbol.
            let last_possible = || law.iter().rposition(|&p| p > 0.0).expect("a distribution has mass");
            symbols.push(drawn.unwrap_or_else(last_possible) as u16);
        }
        symbols
    }

    /// `ln P(symbols)`, nats; 0 for no symbol, minus infinity for an impossible sequence.
    ///
    /// # Panics
    /// If a symbol is not below K.
    pub fn log_prob(&self, symbols: &[u16]) -> f64 {
        let start = symbols.first().map_or(0.0, |&first| self.initial[usize::from(first)].ln());
        start + symbols.windows(2).map(|pair| self.row(pair[0])[usize::from(pair[1])].ln()).sum::<f64>()
    }

    /// The mean entropy of a symbol in sequences of `length`, bits:
    /// `(H(x_1) + sum over t = 2..L of H(x_t | x_{t-1})) / L`.
    ///
    /// No model of such sequences can have fewer bits per symbol on average.
    ///
    /// # Panics
    /// If `length` is 0.
    pub fn entropy_per_symbol(&self, length: usize) -> f64 {
        assert!(length > 0, "no symbol has no entropy");
        let rows = self.row_entropies();
        let mut at = self.initial.clone();
        let mut total = entropy(&at);
        for _ in 1..length {
            total += dot(&at, &rows);
            at = self.step(&at);
        }
        total / length as f64
    }

    /// The entropy of a symbol given all before it, far from the start, bits: the limit of
    /// [`entropy_per_symbol`](Self::entropy_per_symbol).
    pub fn entropy_rate(&self) -> f64 {
        dot(&self.long_run(), &self.row_entropies())
    }

    /// The distribution of a symbol between `left` and `right`, `[K]`: `P(m | left) P(right | m)`, normalised.
    ///
    /// It ignores what stands there: the best guess at a symbol that may be wrong, from neighbours that are right.
    /// `None` is the end of the sequence. Zeros if no symbol can stand there.
    ///
    /// # Panics
    /// If a neighbour is not below K.
    pub fn leave_one_out(&self, left: Option<u16>, right: Option<u16>) -> Vec<f64> {
        let mut law = left.map_or_else(|| self.initial.clone(), |left| self.row(left).to_vec());
        if let Some(right) = right {
            for (middle, p) in law.iter_mut().enumerate() {
                *p *= self.row(middle as u16)[usize::from(right)];
            }
        }
        let sum: f64 = law.iter().sum();
        if sum > 0.0 {
            law.iter_mut().for_each(|p| *p /= sum);
        }
        law
    }

    /// One step of the chain from the distribution `at`.
    fn step(&self, at: &[f64]) -> Vec<f64> {
        let mut next = vec![0.0; at.len()];
        for (from, &p) in at.iter().enumerate() {
            for (to, &q) in next.iter_mut().zip(self.row(from as u16)) {
                *to += p * q;
            }
        }
        next
    }

    /// How often the chain is at each symbol in the long run.
    ///
    /// The lazy chain `(P + I) / 2` has the same long-run shares and always converges, a periodic chain included; its
    /// matrix is squared 64 times, which is more steps than any computer takes.
    fn long_run(&self) -> Vec<f64> {
        let classes = self.classes();
        let mut lazy: Vec<f64> = self.transition.iter().map(|p| p / 2.0).collect();
        for symbol in 0..classes {
            lazy[symbol * classes + symbol] += 0.5;
        }
        for _ in 0..64 {
            let mut squared = vec![0.0; classes * classes];
            for from in 0..classes {
                let row = &mut squared[from * classes..][..classes];
                for (between, &p) in lazy[from * classes..][..classes].iter().enumerate() {
                    if p > 0.0 {
                        row.iter_mut().zip(&lazy[between * classes..][..classes]).for_each(|(to, q)| *to += p * q);
                    }
                }
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|p| *p /= sum);
            }
            let moved = squared.iter().zip(&lazy).map(|(new, old)| (new - old).abs()).fold(0.0, f64::max);
            lazy = squared;
            if moved < 1e-15 {
                break;
            }
        }
        let mut shares = vec![0.0; classes];
        for (from, &p) in self.initial.iter().enumerate() {
            shares.iter_mut().zip(&lazy[from * classes..][..classes]).for_each(|(share, q)| *share += p * q);
        }
        shares
    }

    fn row_entropies(&self) -> Vec<f64> {
        self.transition.chunks_exact(self.classes()).map(entropy).collect()
    }
}

/// `-sum p log2 p`, bits.
fn entropy(law: &[f64]) -> f64 {
    -law.iter().filter(|&&p| p > 0.0).map(|&p| p * p.log2()).sum::<f64>()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}
