//! A monotone map of single numbers: a spline of rational quadratics on an interval, the identity outside.

use burn::tensor::Tensor;
use halation_kernels::{softmax, softplus};

/// Least width and height of a bin, as a part of the interval, and least derivative at a knot.
const LEAST: f64 = 1e-3;

/// A spline with `K` bins on `[-bound, bound]` for every number of `[B, L, C]`, continued by the identity with derivative 1 at the
/// ends (neural spline flows, Durkan et al., 2019). With all parameters zero the map is the identity.
#[derive(Debug, Clone)]
pub struct RationalQuadratic {
    /// Knots on the side of `x`, `[B, L, C, K + 1]`.
    x: Tensor<4>,
    /// Knots on the side of `y`, `[B, L, C, K + 1]`.
    y: Tensor<4>,
    /// Derivatives at the knots, `[B, L, C, K + 1]`.
    derivative: Tensor<4>,
    bound: f64,
}

/// The bin of each number: left knots, width, height, derivatives at both ends, all `[B, L, C]`.
struct Bin {
    x: Tensor<3>,
    y: Tensor<3>,
    width: Tensor<3>,
    height: Tensor<3>,
    left: Tensor<3>,
    right: Tensor<3>,
}

impl RationalQuadratic {
    /// Numbers that a conditioner has to give for each channel: widths, heights, inner derivatives.
    pub const fn parameters(bins: usize) -> usize {
        3 * bins - 1
    }

    /// The map with what a conditioner gave.
    ///
    /// # Shapes
    /// * `raw`: `[B, L, C, 3 K - 1]`: `K` logits of widths, `K` of heights, `K - 1` raw derivatives at the inner knots
    pub fn new(raw: Tensor<4>, bound: f64) -> Self {
        let [batch, length, channels, width] = raw.dims();
        let bins = width.div_ceil(3);
        let knots = |logits: Tensor<4>| {
            let parts = softmax(logits, 3) * (1.0 - LEAST * bins as f64) + LEAST;
            // The ends are constants, so that the map meets the identity there to the last bit.
            let inner = parts.cumsum(3).narrow(3, 0, bins - 1) * (2.0 * bound) - bound;
            let end = |value: f64| Tensor::<4>::full([batch, length, channels, 1], value, &inner.device());
            Tensor::cat(vec![end(-bound), inner.clone(), end(bound)], 3)
        };
        let x = knots(raw.clone().narrow(3, 0, bins));
        let y = knots(raw.clone().narrow(3, bins, bins));
        let one = Tensor::<4>::ones([batch, length, channels, 1], &raw.device());
        let derivative = if bins > 1 {
            // softplus(ln(e - 1)) = 1
            let inner = softplus(raw.narrow(3, 2 * bins, bins - 1) + (1.0_f64.exp() - 1.0).ln());
            Tensor::cat(vec![one.clone(), inner * (1.0 - LEAST) + LEAST, one], 3)
        } else {
            Tensor::cat(vec![one.clone(), one], 3)
        };
        Self { x, y, derivative, bound }
    }

    /// `x -> (y, ln |dy/dx|)`, number by number: `[B, L, C]` each.
    pub fn forward(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let inside = x.clone().clamp(-self.bound, self.bound);
        let bin = self.bin(&self.x, inside.clone());
        let t = (inside - bin.x.clone()) / bin.width.clone();
        let slope = bin.height.clone() / bin.width.clone();
        let product = t.clone() * (-t.clone() + 1.0);
        let curve = bin.left.clone() + bin.right.clone() - slope.clone() * 2.0;
        let below = slope.clone() + curve * product.clone();
        let above = bin.height.clone() * (slope * t.clone().square() + bin.left.clone() * product);
        let y = bin.y.clone() + above / below;
        let log_det = bin.log_derivative(t);
        self.outside(x, y, log_det)
    }

    /// `y -> (x, ln |dx/dy|)`, number by number: `[B, L, C]` each, the root of a quadratic.
    pub fn inverse(&self, y: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let inside = y.clone().clamp(-self.bound, self.bound);
        let bin = self.bin(&self.y, inside.clone());
        let slope = bin.height.clone() / bin.width.clone();
        let rise = inside - bin.y.clone();
        let curve = bin.left.clone() + bin.right.clone() - slope.clone() * 2.0;
        let a = bin.height.clone() * (slope.clone() - bin.left.clone()) + rise.clone() * curve.clone();
        let b = bin.height.clone() * bin.left.clone() - rise.clone() * curve;
        let c = -slope * rise;
        let root = (b.clone().square() - a * c.clone() * 4.0).clamp_min(0.0).sqrt();
        let t = c * 2.0 / (-b - root); // no cancellation, whatever the sign of a
        let x = t.clone() * bin.width.clone() + bin.x.clone();
        let log_det = -bin.log_derivative(t);
        self.outside(y, x, log_det)
    }

    /// The identity where the argument lies outside the interval.
    fn outside(&self, argument: Tensor<3>, value: Tensor<3>, log_det: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let outside = argument.clone().abs().greater_equal_elem(self.bound);
        (value.mask_where(outside.clone(), argument), log_det.mask_fill(outside, 0.0))
    }

    /// The bin that holds each number, by the knots of one side.
    fn bin(&self, knots: &Tensor<4>, at: Tensor<3>) -> Bin {
        let bins = knots.dims()[3] - 1;
        let inner = knots.clone().without_autodiff().narrow(3, 1, bins - 1);
        let at = at.without_autodiff().unsqueeze_dim::<4>(3);
        let index = at.greater_equal(inner).int().sum_dim(3); // [B, L, C, 1]
        let pick = |table: &Tensor<4>, step: i64| table.clone().gather(3, index.clone() + step).squeeze_dim::<3>(3);
        let (x, y) = (pick(&self.x, 0), pick(&self.y, 0));
        Bin {
            width: pick(&self.x, 1) - x.clone(),
            height: pick(&self.y, 1) - y.clone(),
            left: pick(&self.derivative, 0),
            right: pick(&self.derivative, 1),
            x,
            y,
        }
    }
}

impl Bin {
    /// `ln dy/dx` at the part `t` of the bin.
    fn log_derivative(&self, t: Tensor<3>) -> Tensor<3> {
        let slope = self.height.clone() / self.width.clone();
        let rest = -t.clone() + 1.0;
        let product = t.clone() * rest.clone();
        let curve = self.left.clone() + self.right.clone() - slope.clone() * 2.0;
        let below = slope.clone() + curve * product.clone();
        let above = self.right.clone() * t.square() + slope.clone() * product * 2.0 + self.left.clone() * rest.square();
        (slope.log() - below.log()) * 2.0 + above.log()
    }
}
