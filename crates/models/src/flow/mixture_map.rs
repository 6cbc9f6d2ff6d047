//! A monotone map of single numbers: the distribution function of a mixture of logistics, as a logit, shifted and scaled.

use burn::tensor::{Bool, Tensor, assert_shape};
use halation_core::categorical::log_sum_exp_keepdim;
use halation_kernels::{has_row_form, log_sigmoid, log_softmax, row_map};

use super::ScaleBounds;
use super::mixture_root::MixtureRoot;
use super::scale_bounds::bound_softly;

/// Halvings of the bracket in the inverse: past 2^-30 of it, what an `f32` resolves.
pub(super) const BISECTIONS: usize = 40;

/// Exponents past this are cut: `exp` stays finite in `f32`, and only the sign of a sum is asked for.
pub(super) const LARGEST_EXPONENT: f64 = 85.0;

/// `y = (logit F(x) + shift) exp(log_scale)` with `F(x) = sum_m w_m sigmoid((x - mean_m) exp(-log_scale_m))`
/// (Flow++, Ho et al., 2019), a map of every number of `[B, L, C]` with parameters of its own.
///
/// Everything is computed from `ln F` and `ln (1 - F)`, both as logarithms of sums, so `f32` is enough in the far tails where
/// the published code needs `f64` and clamps. With all parameters zero the map is the identity.
///
/// Not the distribution [`halation_core::dist::LogisticMixture`], which has probabilities and draws of `[N]` scalars: this is a map of
/// tensors with a shift and a scale of its own, and its inverse asks each halving for a sign only.
#[derive(Debug, Clone)]
pub struct MixtureMap {
    /// `t`, `[B, L, C]`.
    pub shift: Tensor<3>,
    /// `s`, `[B, L, C]`.
    pub log_scale: Tensor<3>,
    /// `ln w`, normalised over the last axis, `[B, L, C, M]`.
    pub log_weights: Tensor<4>,
    /// Centres of the components, `[B, L, C, M]`.
    pub means: Tensor<4>,
    /// Logarithms of the components' scales, `[B, L, C, M]`.
    pub log_scales: Tensor<4>,
}

impl MixtureMap {
    /// Numbers that a conditioner has to give for each channel: shift, log-scale, and three for each component.
    pub const fn parameters(mixtures: usize) -> usize {
        2 + 3 * mixtures
    }

    /// The map with what a conditioner gave.
    ///
    /// # Shapes
    /// * `raw`: `[B, L, C, 2 + 3 M]`: shift, log-scale, logits of the weights, means, log-scales, in this order
    /// * `bounds`: tables for `C` channels and `M` components
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn new(raw: Tensor<4>, bounds: &ScaleBounds) -> Self {
        let channels = raw.dims()[2];
        Self::bounded(raw, bounds.channels(0, channels))
    }

    /// As [`new`](Self::new), with tables already cut to the channels.
    pub(super) fn bounded(raw: Tensor<4>, (outer, mixture): (Tensor<1>, Tensor<2>)) -> Self {
        let [batch, length, channels, width] = raw.dims();
        let [_, mixtures] = mixture.dims();
        assert_shape!(outer, [channels]);
        assert_eq!(width, Self::parameters(mixtures), "parameters for {mixtures} components");
        let scalar = |at: usize| raw.clone().narrow(3, at, 1).reshape([batch, length, channels]);
        let part = |index: usize| raw.clone().narrow(3, 2 + index * mixtures, mixtures);
        Self {
            shift: scalar(0),
            log_scale: bound_softly(scalar(1), outer.unsqueeze()),
            log_weights: log_softmax(part(0), 3),
            means: part(1),
            log_scales: bound_softly(part(2), mixture.unsqueeze()),
        }
    }

    /// `x -> (y, ln |dy/dx|)`, number by number: `[B, L, C]` each.
    pub fn forward(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let (log_below, log_above, log_density) = self.log_cdf(x);
        let y = (log_below.clone() - log_above.clone() + self.shift.clone()) * self.log_scale.clone().exp();
        (y, self.log_scale.clone() - log_below - log_above + log_density)
    }

    /// `y -> (x, ln |dx/dy|)`, number by number: `[B, L, C]` each. Always the same 40 halvings, whatever the values.
    ///
    /// At `x_m = mean_m + exp(log_scale_m) g` component `m` alone would reach the logit `g`, so the smallest and the largest
    /// of these enclose the solution, however far out; the published code takes a bracket of 20 scales. Gradients reach
    /// `y` and the parameters by the implicit function theorem.
    pub fn inverse(&self, y: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let target = y * (-self.log_scale.clone()).exp() - self.shift.clone(); // [B, L, C]
        let constant = self.without_autodiff();
        let goal = target.clone().without_autodiff();
        let at = constant.means.clone() + constant.log_scales.clone().exp() * goal.clone().unsqueeze_dim(3);
        let low = at.clone().min_dim(3).squeeze_dim::<3>(3);
        let high = at.max_dim(3).squeeze_dim::<3>(3);
        let side = Side::new(&constant, goal.clone());
        let found = side.root(goal, low.clone(), high.clone()).unwrap_or_else(|| side.halved(low, high));
        let x = if self.shift.is_autodiff() || target.is_autodiff() {
            let (log_below, log_above, log_density) = self.log_cdf(found.clone());
            let slope = (log_density - log_below.clone() - log_above.clone()).without_autodiff().exp();
            let step = (target - (log_below - log_above)) / slope;
            found + step.clone() - step.without_autodiff()
        } else {
            found
        };
        let (_, log_det) = self.forward(x.clone());
        (x, -log_det)
    }

    /// The map of one number of each item, as parameters for `[B, 1, 1]`.
    pub(super) fn at(&self, position: usize, channel: usize) -> Self {
        let scalar = |x: &Tensor<3>| x.clone().narrow(1, position, 1).narrow(2, channel, 1);
        let mixture = |x: &Tensor<4>| x.clone().narrow(1, position, 1).narrow(2, channel, 1);
        Self {
            shift: scalar(&self.shift),
            log_scale: scalar(&self.log_scale),
            log_weights: mixture(&self.log_weights),
            means: mixture(&self.means),
            log_scales: mixture(&self.log_scales),
        }
    }

    /// `ln F`, `ln (1 - F)` and `ln F'`, `[B, L, C]`.
    fn log_cdf(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<3>, Tensor<3>) {
        let z = (x.unsqueeze_dim::<4>(3) - self.means.clone()) * (-self.log_scales.clone()).exp(); // [B, L, C, M]
        let below = log_sigmoid(z.clone());
        let above = below.clone() - z; // ln sigmoid(-z)
        let mix = |terms: Tensor<4>| log_sum_exp_keepdim(terms, 3).squeeze_dim::<3>(3);
        let log_below = mix(self.log_weights.clone() + below.clone());
        let log_above = mix(self.log_weights.clone() + above.clone());
        let log_density = mix(self.log_weights.clone() - self.log_scales.clone() + below + above);
        (log_below, log_above, log_density)
    }

    fn without_autodiff(&self) -> Self {
        Self {
            shift: self.shift.clone().without_autodiff(),
            log_scale: self.log_scale.clone().without_autodiff(),
            log_weights: self.log_weights.clone().without_autodiff(),
            means: self.means.clone().without_autodiff(),
            log_scales: self.log_scales.clone().without_autodiff(),
        }
    }
}

/// On which side of the solution of `logit F(x) = goal` a number lies, by `F exp(-goal) < 1 - F`.
///
/// Both sides are sums of positive terms, multiplied by `exp(min(goal, 0))` so that the terms that decide neither overflow nor
/// vanish. The logit itself would need two logarithms of sums, and take twice the time.
struct Side {
    weights: Tensor<4>,
    means: Tensor<4>,
    inverse_scales: Tensor<4>,
    goal_below: Tensor<4>,
    goal_above: Tensor<4>,
}

impl Side {
    fn new(map: &MixtureMap, goal: Tensor<3>) -> Self {
        let goal = goal.unsqueeze_dim::<4>(3);
        Self {
            weights: map.log_weights.clone().exp(),
            means: map.means.clone(),
            inverse_scales: (-map.log_scales.clone()).exp(),
            goal_below: goal.clone().clamp_max(0.0),
            goal_above: goal.clamp_min(0.0),
        }
    }

    /// The solution between `low` and `high` in one go, where there is a form for that.
    fn root(&self, goal: Tensor<3>, low: Tensor<3>, high: Tensor<3>) -> Option<Tensor<3>> {
        if !has_row_form(&goal) {
            return None;
        }
        let [batch, length, channels, components] = self.means.dims();
        let count = batch * length * channels;
        let number = |x: Tensor<3>| x.reshape([count, 1]);
        let mixture = |x: &Tensor<4>| x.clone().reshape([count, components]);
        let (weights, means, scales) = (mixture(&self.weights), mixture(&self.means), mixture(&self.inverse_scales));
        let rows = Tensor::cat(vec![number(goal), number(low), number(high), weights, means, scales], 1);
        row_map(MixtureRoot, &rows).map(|roots| roots.reshape([batch, length, channels]))
    }

    /// The solution between `low` and `high`, by tensors of all numbers.
    fn halved(&self, mut low: Tensor<3>, mut high: Tensor<3>) -> Tensor<3> {
        for _ in 0..BISECTIONS {
            let middle = (low.clone() + high.clone()) * 0.5;
            let below = self.is_below(middle.clone());
            low = low.mask_where(below.clone(), middle.clone());
            high = middle.mask_where(below, high);
        }
        (low + high) * 0.5
    }

    /// Whether `x` lies below the solution, `[B, L, C]`.
    fn is_below(&self, x: Tensor<3>) -> Tensor<3, Bool> {
        let z = (x.unsqueeze_dim::<4>(3) - self.means.clone()) * self.inverse_scales.clone(); // [B, L, C, M]
        let below = z.clone().clamp_max(0.0);
        let above = z - below.clone();
        // sigmoid(z) = exp(min(z, 0)) / (1 + exp(-|z|)), sigmoid(-z) = exp(-max(z, 0)) / (1 + exp(-|z|))
        let divisor = (below.clone() - above.clone()).exp() + 1.0;
        let of_f = (below - self.goal_below.clone()).clamp_max(LARGEST_EXPONENT).exp();
        let of_rest = (self.goal_above.clone() - above).clamp_max(LARGEST_EXPONENT).exp();
        let balance = ((of_f - of_rest) * self.weights.clone() / divisor).sum_dim(3);
        balance.squeeze_dim::<3>(3).lower_elem(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Side;
    use burn::tensor::{Device, Tensor};

    #[test]
    fn both_forms_of_the_root_find_the_same_number() {
        let device = Device::default();
        // Weights that sum to one, places and scales far apart, and goals up to where one side of the mixture is all but empty.
        let components =
            |values: [f32; 3]| Tensor::<1>::from_floats(values, &device).reshape([1, 1, 1, 3]).expand([1, 5, 1, 3]);
        let goal = Tensor::<1>::from_floats([-40.0, -1.0, 0.0, 2.5, 60.0], &device).reshape([1, 5, 1]);
        let side = Side {
            weights: components([0.5, 0.49, 0.01]),
            means: components([-3.0, 0.5, 8.0]),
            inverse_scales: components([0.2, 5.0, 1.0]),
            goal_below: goal.clone().clamp_max(0.0).unsqueeze_dim(3),
            goal_above: goal.clone().clamp_min(0.0).unsqueeze_dim(3),
        };
        let ends = |value: f32| Tensor::<3>::full([1, 5, 1], value, &device);
        let fast = side.root(goal, ends(-400.0), ends(400.0)).expect("these tensors have the form in one go");
        let slow = side.halved(ends(-400.0), ends(400.0));
        let numbers = |x: Tensor<3>| x.into_data().try_to_vec::<f32>().unwrap();
        for (fast, slow) in numbers(fast).into_iter().zip(numbers(slow)) {
            assert!((fast - slow).abs() <= 1e-5 * (1.0 + slow.abs()), "{fast}, {slow}");
        }
    }
}
