//! Draws from categorical distributions.

/// The class that the uniform `u` picks from weights that need not sum to 1: never one of weight 0, unless all are.
pub(super) fn categorical(weights: &[f64], u: f64) -> usize {
    let mut left = u * weights.iter().sum::<f64>();
    for (class, &weight) in weights.iter().enumerate() {
        if left < weight {
            return class;
        }
        left -= weight;
    }
    // u close to 1 and rounding
    weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0)
}

/// One uniform from a source.
pub(super) fn one(uniforms: &mut dyn FnMut(usize) -> Vec<f64>) -> f64 {
    uniforms(1)[0]
}
