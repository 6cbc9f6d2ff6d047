//! Averages of weights beside the trained ones: an exponential moving average, and stochastic weight averaging.
//!
//! What does *not* live here: the loop that updates them ([`trainer`](crate::trainer)) and the file that holds them
//! ([`checkpoint`](crate::checkpoint)).

#[expect(clippy::module_inception, reason = "one type per file, named after it")]
mod average;
mod average_spec;
mod blend;
mod detach;
mod ema;
mod ema_config;
mod swa;
mod swa_config;

pub(crate) use average::*;
pub use average_spec::*;
pub use detach::*;
pub use ema::*;
pub use ema_config::*;
pub use swa::*;
pub use swa_config::*;
