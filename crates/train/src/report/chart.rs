//! What all charts have in common.

/// A figure of a report.
pub trait Chart {
    /// The figure: title, legend and SVG, as HTML.
    fn to_html(&self) -> String;
}
