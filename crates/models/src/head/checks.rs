//! Checks that the settings of heads share.

use crate::ModelError;

/// A setting that cannot work.
pub(crate) fn config_error(
    config: &'static str,
    field: &'static str,
    found: impl ToString,
    expected: &'static str,
) -> Result<(), ModelError> {
    Err(ModelError::Config { config, field, found: found.to_string(), expected })
}

/// Bounds that a log scale is clamped to must leave something between them.
pub(crate) fn check_clamp(
    config: &'static str,
    field: &'static str,
    clamp: Option<[f64; 2]>,
) -> Result<(), ModelError> {
    match clamp {
        Some([low, high]) if low.is_nan() || high.is_nan() || low >= high => {
            config_error(config, field, format!("[{low}, {high}]"), "the lower bound must be below the upper one")
        }
        _ => Ok(()),
    }
}
