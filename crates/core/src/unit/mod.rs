//! Amounts of information, by unit: a number of nats cannot be printed as bits by mistake.
//!
//! What does *not* live here: how they are averaged over a data set ([`bound`](crate::bound)).

mod bits;
mod nats;

pub use bits::*;
pub use nats::*;
