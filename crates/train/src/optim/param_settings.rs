//! What groups decided for one parameter.

/// What [`ParamGroups`](super::ParamGroups) decided for one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamSettings {
    /// The parameter's path in the module.
    pub path: String,
    /// Multiplies the learning rate.
    pub lr_factor: f64,
    /// Replaces the optimiser's weight decay.
    pub weight_decay: Option<f64>,
    /// Replaces [`AdamP::rows_are_channels`](super::AdamP::rows_are_channels).
    pub rows_are_channels: Option<bool>,
}
