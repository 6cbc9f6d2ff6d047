//! A cubic curve through points that never overshoots them.

/// Piecewise cubic Hermite interpolation with limited slopes (Fritsch and Carlson, 1980); constant past both ends.
pub(super) struct MonotoneCubic {
    points: Vec<(f64, f64)>,
    slopes: Vec<f64>,
}

impl MonotoneCubic {
    /// Through `(x, y)` with rising `x`; at least one point.
    pub(super) fn new(points: Vec<(f64, f64)>) -> Self {
        let secants: Vec<f64> =
            points.windows(2).map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)).collect();
        let slopes = (0..points.len())
            .map(|index| match (index.checked_sub(1).map(|i| secants[i]), secants.get(index)) {
                // The harmonic mean is below three times the smaller secant, which is what keeps the curve monotone.
                (Some(left), Some(&right)) if left * right > 0.0 => 2.0 * left * right / (left + right),
                (Some(_), Some(_)) | (None, None) => 0.0,
                (Some(left), None) => left,
                (None, Some(&right)) => right,
            })
            .collect();
        Self { points, slopes }
    }

    /// The curve at `x`.
    pub(super) fn at(&self, x: f64) -> f64 {
        let above = self.points.partition_point(|point| point.0 < x);
        if above == 0 {
            return self.points[0].1;
        }
        let (Some(&(x1, y1)), (x0, y0)) = (self.points.get(above), self.points[above - 1]) else {
            return self.points[above - 1].1;
        };
        let (width, u) = (x1 - x0, (x - x0) / (x1 - x0));
        let (m0, m1) = (self.slopes[above - 1] * width, self.slopes[above] * width);
        let (u2, u3) = (u * u, u * u * u);
        (2.0 * u3 - 3.0 * u2 + 1.0) * y0 + (u3 - 2.0 * u2 + u) * m0 + (3.0 * u2 - 2.0 * u3) * y1 + (u3 - u2) * m1
    }
}
