//! How the noise levels of a batch are drawn.

use burn::config::Config;

/// How the noise levels of a batch are drawn; all three are uniform on `(0, 1]` for each sequence.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum TimeDraw {
    /// Each sequence for itself: as many uniforms as levels.
    Independent,
    /// `(u + j / n) mod 1` for level `j` of `n`: one uniform, and the levels spread evenly over the batch (Kingma et al., 2021;
    /// MDLM and MD4).
    Stratified,
    /// Pairs of `t` and `1 - t`: half as many uniforms.
    Antithetic,
}

impl TimeDraw {
    /// How many uniforms `count` levels need.
    pub fn uniforms(self, count: usize) -> usize {
        match self {
            Self::Independent => count,
            Self::Stratified => count.min(1),
            Self::Antithetic => count.div_ceil(2),
        }
    }

    /// `count` noise levels in `(0, 1]`.
    ///
    /// # Shapes
    /// * `uniforms`: [`uniforms(count)`](Self::uniforms) draws from `[0, 1)`
    ///
    /// # Panics
    /// If there are fewer.
    pub fn levels(self, count: usize, uniforms: &[f64]) -> Vec<f64> {
        assert!(uniforms.len() >= self.uniforms(count), "{count} noise levels need {} uniforms", self.uniforms(count));
        // 1 - u turns [0, 1) into (0, 1]: at the level 0 exactly, the weight of the bounds is infinite.
        (0..count)
            .map(|j| match self {
                Self::Independent => 1.0 - uniforms[j],
                Self::Stratified => 1.0 - (uniforms[0] + j as f64 / count as f64).fract(),
                Self::Antithetic if j % 2 == 0 => 1.0 - uniforms[j / 2],
                Self::Antithetic => uniforms[j / 2].max(f64::EPSILON),
            })
            .collect()
    }
}
