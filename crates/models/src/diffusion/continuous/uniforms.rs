//! Where evaluations and samplers get their random numbers from.

/// Where evaluations and samplers get their random numbers from: a function that returns as many fresh draws from `[0, 1)`, in f64, as
/// it is asked for.
///
/// Draws of f32 would make events rarer than 2^-24 impossible and act like a lower temperature (Zheng et al., 2024).
pub type Uniforms<'a> = &'a mut dyn FnMut(usize) -> Vec<f64>;
