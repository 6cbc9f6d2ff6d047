//! One self-contained HTML page per run: text, tables, SVG charts, pictures. No scripts, no fonts, nothing to fetch.
//!
//! What does *not* live here: what a report should say; apps compose it.

mod bar_chart;
mod chart;
mod escape;
mod frame;
mod histogram;
mod line_chart;
mod picture;
mod picture_cell;
mod picture_grid;
#[expect(clippy::module_inception, reason = "one public type per file, named after it")]
mod report;
mod scatter;
mod table;

pub use bar_chart::*;
pub use chart::*;
pub use histogram::*;
pub use line_chart::*;
pub use picture::*;
pub use picture_cell::*;
pub use picture_grid::*;
pub use report::*;
pub use scatter::*;
pub use table::*;
