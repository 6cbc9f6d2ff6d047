//! The step between categories and numbers that every flow on categories holds.

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData, assert_shape};

use super::{
    ArgmaxInverse, ConditionalNetwork, Decoded, Dequantization, DigitCodec, NoiseLaw, SurjectionMethod, UnusedPolicy,
    dequantize, dequantize_sigmoid, gumbel_argmax, gumbel_threshold, sign_softplus, softplus_threshold,
};
use crate::ModelError;
use crate::flow::tensors::{conditional_normal, sum_items};

/// A deterministic map from points to categories, and a distribution `q(v | x)` over the points of each: what turns a density `p(v)` into a
/// bound `ln P(x) >= E_q [ln p(v) - ln q(v | x)]` (Argmax Flows, Hoogeboom et al., 2021; SurVAE Flows, Nielsen et al., 2020).
///
/// Each of `d` digits of a class has `M` numbers, one for each value, or a single one whose sign it is.
#[derive(Module, Debug)]
pub struct Surjection {
    /// The parameters of `q(v | x)`, if it has any.
    pub network: Option<ConditionalNetwork>,
    /// How points are drawn.
    #[module(skip)]
    pub method: SurjectionMethod,
    /// The code of the classes.
    #[module(skip)]
    pub codec: DigitCodec,
    /// What a code without a class is read as.
    #[module(skip)]
    pub unused: UnusedPolicy,
}

impl Surjection {
    /// Dimensions `D` of a position: `d M`, or `d` for signs.
    pub fn width(&self) -> usize {
        self.codec.digits() * self.values_per_digit()
    }

    /// Numbers of noise that a position takes.
    pub fn noise_width(&self) -> usize {
        self.width()
    }

    /// The noise that [`forward`](Self::forward) takes.
    pub fn noise_law(&self) -> NoiseLaw {
        self.method.noise_law()
    }

    /// Draws a point for each sequence: `v ~ q(v | x)` and `ln q(v | x)` in nats, summed over positions.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`, below `K`; `noise`: `[B, L, D]`, draws of [`noise_law`](Self::noise_law)
    /// * returns: `[B, L, D]` and `[B]`
    ///
    /// # Panics
    /// If the noise has another shape; in the backend, if an id is not below `K`.
    pub fn forward(&self, ids: Tensor<2, Int>, noise: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let ([batch, length], width) = (ids.dims(), self.width());
        assert_shape!(noise, [batch, length, width]);
        let digits = self.codec.encode(ids.clone()); // [B, L, d]
        let mut parameters = match &self.network {
            Some(network) => network.forward(ids, width),
            None => Vec::new(),
        };
        let (v, terms) = match (self.method, parameters.len()) {
            (SurjectionMethod::Dequantization(Dequantization::Uniform), _) => {
                let v = self.flat(dequantize(digits.unsqueeze_dim(3), self.by_digit(noise)));
                let terms = v.zeros_like();
                (v, terms)
            }
            (SurjectionMethod::Argmax(ArgmaxInverse::Gumbel), 1..) => {
                let locations = self.by_digit(parameters.swap_remove(0));
                let (v, terms) = gumbel_argmax(digits.unsqueeze_dim(3), locations, self.by_digit(noise));
                (self.flat(v), self.flat(terms))
            }
            (method, 2..) => self.bend_normal(method, digits, parameters, noise),
            (method, count) => unreachable!("{method:?} with a network of {count} parameters"),
        };
        (v, sum_items(terms))
    }

    /// The classes of points, by the policy for codes without one. Reads their number back from the device.
    ///
    /// # Shapes
    /// * `v`: `[B, L, D]`
    /// * returns: ids `[B, L]`
    ///
    /// # Errors
    /// [`ModelError::UnusedCode`] under [`UnusedPolicy::Error`] at the first code without a class.
    ///
    /// # Panics
    /// If `v` has another shape.
    pub fn decode(&self, v: Tensor<3>) -> Result<Decoded, ModelError> {
        let width = self.width();
        assert_shape!(v, [_, _, width]);
        let digits = match self.method {
            SurjectionMethod::Argmax(ArgmaxInverse::Sign) => v.greater_elem(0.0).int(),
            _ => self.by_digit(v).argmax(3).squeeze_dim(3),
        };
        let codes = self.codec.decode(digits); // [B, L]
        if self.codec.unused() == 0 {
            return Ok(Decoded { ids: codes, unused: 0, unused_rows: Vec::new() });
        }
        let [_, length] = codes.dims();
        let is_unused = codes.clone().greater_equal_elem(self.codec.classes() as i64);
        let values: Vec<i64> = codes.to_data_as::<i64>().try_to_vec().unwrap_or_else(|error| panic!("{error}"));
        let class_count = self.codec.classes();
        let places: Vec<usize> = (0..values.len()).filter(|&place| values[place] as usize >= class_count).collect();
        let instead = match (self.unused, places.first()) {
            (UnusedPolicy::MapTo(class), _) => class,
            (UnusedPolicy::Resample, _) | (UnusedPolicy::Error, None) => 0,
            (UnusedPolicy::Error, Some(&place)) => {
                let (row, position) = (place / length, place % length);
                return Err(ModelError::UnusedCode {
                    row,
                    position,
                    code: values[place] as usize,
                    classes: class_count,
                });
            }
        };
        let mut unused_rows: Vec<usize> = places.iter().map(|place| place / length).collect();
        unused_rows.dedup();
        Ok(Decoded { ids: codes.mask_fill(is_unused, instead as i64), unused: places.len(), unused_rows })
    }

    /// [`decode`](Self::decode), but rows with a code without a class are replaced by new ones, whatever the policy: a sample of `P` given
    /// that all codes are used.
    ///
    /// `redraw(n)` gives `n` new points `[n, L, D]`; it is called at most `tries` times. Returns the classes and the leak of the first
    /// draw.
    ///
    /// # Errors
    /// [`ModelError::UnusedCode`] if a row still has such a code after that.
    pub fn decode_or_redraw(
        &self,
        v: Tensor<3>,
        tries: usize,
        mut redraw: impl FnMut(usize) -> Tensor<3>,
    ) -> Result<Decoded, ModelError> {
        let policy = |unused| Self { unused, ..self.clone() };
        let lenient = policy(UnusedPolicy::Resample);
        let mut decoded = lenient.decode(v)?;
        let mut rows = decoded.unused_rows.clone();
        for attempt in 1..=tries {
            if rows.is_empty() {
                break;
            }
            let points = redraw(rows.len());
            let last = if attempt == tries { policy(UnusedPolicy::Error) } else { lenient.clone() };
            let again = last.decode(points)?;
            let index = Tensor::<1, Int>::from_data(
                TensorData::from(rows.iter().map(|&row| row as i64).collect::<Vec<_>>().as_slice()),
                &decoded.ids.device(),
            );
            let old = decoded.ids.clone().select(0, index.clone());
            decoded.ids = decoded.ids.select_assign(0, index, again.ids - old, burn::tensor::IndexingUpdateOp::Add);
            rows = again.unused_rows.iter().map(|&row| rows[row]).collect();
        }
        Ok(decoded)
    }

    /// The methods whose noise is a conditional normal.
    fn bend_normal(
        &self,
        method: SurjectionMethod,
        digits: Tensor<3, Int>,
        parameters: Vec<Tensor<3>>,
        noise: Tensor<3>,
    ) -> (Tensor<3>, Tensor<3>) {
        let mut parameters = parameters.into_iter();
        let mut next = || parameters.next().unwrap_or_else(|| unreachable!("{method:?} with too few parameters"));
        let (u, normal_terms) = conditional_normal(next(), next(), noise);
        let (v, terms) = match method {
            SurjectionMethod::Argmax(ArgmaxInverse::Sign) => {
                let (v, log_volume) = sign_softplus(digits, u);
                (v, -log_volume)
            }
            SurjectionMethod::Argmax(ArgmaxInverse::SoftplusThreshold) => {
                let (v, log_volume) = softplus_threshold(digits.unsqueeze_dim(3), self.by_digit(u));
                (self.flat(v), -self.flat(log_volume))
            }
            SurjectionMethod::Argmax(_) => {
                let locations = self.by_digit(next());
                let (v, terms) = gumbel_threshold(digits.unsqueeze_dim(3), locations, self.by_digit(u));
                (self.flat(v), self.flat(terms))
            }
            SurjectionMethod::Dequantization(_) => {
                let (v, log_volume) = dequantize_sigmoid(digits.unsqueeze_dim(3), self.by_digit(u));
                (self.flat(v), -self.flat(log_volume))
            }
        };
        (v, normal_terms + terms)
    }

    fn values_per_digit(&self) -> usize {
        match self.method {
            SurjectionMethod::Argmax(ArgmaxInverse::Sign) => 1,
            _ => self.codec.base(),
        }
    }

    /// `[B, L, d M] -> [B, L, d, M]`.
    fn by_digit(&self, values: Tensor<3>) -> Tensor<4> {
        let [batch, length, _] = values.dims();
        values.reshape([batch, length, self.codec.digits(), self.values_per_digit()])
    }

    /// `[B, L, d, M] -> [B, L, d M]`.
    fn flat(&self, values: Tensor<4>) -> Tensor<3> {
        let [batch, length, digits, count] = values.dims();
        values.reshape([batch, length, digits * count])
    }
}
