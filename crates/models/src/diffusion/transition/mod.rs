//! Which class the noise puts in the place of the clean one.

mod absorbing;
mod dense;
mod generator;
#[allow(clippy::module_inception)] // the trait names its folder
mod transition;
mod transition_kind;
mod uniform;

pub use absorbing::*;
pub use dense::*;
pub use generator::*;
pub use transition::*;
pub use transition_kind::*;
pub use uniform::*;
