//! A monotone map of single numbers with one bend: linear plus an inverse square.

use burn::tensor::{Tensor, assert_shape};
use halation_kernels::tanh;

/// Steps of the bisection in the inverse: from its bracket down to the resolution of f32.
const BISECTIONS: usize = 40;

/// `8 sqrt(3) / 9`, the largest `|c| d / b` for which the map is monotone, less the published 0.05 that keeps its slope off zero.
const STEEPEST: f64 = 1.539_600_717_839_002 - 0.05;

/// `x = a + b y + c / (1 + (d y + f)^2)` with `b, d > 0` and `|c| < 8 sqrt(3) / 9 b / d`: the non-linear squared map of Ziegler and Rush (2019),
/// number by number. One map can make two modes of one.
///
/// From five raw numbers `r`, as in the published code: `a = r_0`, `b = e^(0.4 r_1)`, `d = e^(0.4 r_3)`,
/// `c = tanh(0.3 r_2) (8 sqrt(3) / 9 - 0.05) b / d`, `f = r_4`.
#[derive(Debug, Clone)]
pub struct NonlinearSquared {
    a: Tensor<2>,
    b: Tensor<2>,
    c: Tensor<2>,
    d: Tensor<2>,
    f: Tensor<2>,
}

impl NonlinearSquared {
    /// Raw numbers of a map.
    pub const PARAMETERS: usize = 5;

    /// The maps with these raw numbers.
    ///
    /// # Shapes
    /// * `raw`: `[N, D, 5]`
    pub fn new(raw: Tensor<3>) -> Self {
        assert_shape!(raw, [_, _, 5]);
        let part = |index| raw.clone().narrow(2, index, 1).squeeze_dim::<2>(2);
        let (log_b, log_d) = (part(1) * 0.4, part(3) * 0.4);
        let c = tanh(part(2) * 0.3) * (log_b.clone() - log_d.clone()).exp() * STEEPEST;
        Self { a: part(0), b: log_b.exp(), c, d: log_d.exp(), f: part(4) }
    }

    /// `y -> (x, ln dx/dy)`, `[N, D]` each.
    pub fn forward(&self, y: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let bend = self.d.clone() * y.clone() + self.f.clone();
        let width = (bend.clone().square() + 1.0).recip();
        let x = self.a.clone() + self.b.clone() * y + self.c.clone() * width.clone();
        let slope = self.b.clone() - self.c.clone() * self.d.clone() * bend * width.square() * 2.0;
        (x, slope.log())
    }

    /// `x -> y`, `[N, D]` each, without a gradient.
    ///
    /// Forty bisections: the inverse square lies between 0 and `c`, so `y` lies between `(x - a) / b` and `(x - a - c) / b`. The published code
    /// solves the cubic in f64, which not every device has.
    pub fn inverse(&self, x: Tensor<2>) -> Tensor<2> {
        let still = Self {
            a: self.a.clone().detach(),
            b: self.b.clone().detach(),
            c: self.c.clone().detach(),
            d: self.d.clone().detach(),
            f: self.f.clone().detach(),
        };
        let (x, inverse_b) = (x.detach(), still.b.clone().recip());
        let linear = (x.clone() - still.a.clone()) * inverse_b.clone();
        let bent = linear.clone() - still.c.clone() * inverse_b;
        let mut low = linear.clone().min_pair(bent.clone());
        let mut high = linear.max_pair(bent);
        for _ in 0..BISECTIONS {
            let middle = low.clone() + (high.clone() - low.clone()) * 0.5;
            let below = still.forward(middle.clone()).0.lower(x.clone());
            low = low.mask_where(below.clone(), middle.clone());
            high = middle.mask_where(below, high);
        }
        (low.clone() + (high - low) * 0.5).detach()
    }
}
