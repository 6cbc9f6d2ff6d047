//! The error of a gradient that is NaN or infinite.

/// The first parameter, in module order, whose gradient's norm is not a finite number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the gradient of `{parameter}` is not finite")]
pub struct NotFiniteGradient {
    /// The parameter's path in the module, such as `encoder.conv1.weight`.
    pub parameter: String,
}
