//! Activations in the form that costs least, and that has the same gradient on every backend.
//!
//! A CPU takes a sigmoid in a fifth of the time of a `tanh` or an error function.

mod gelu;
mod gelu_tanh;
mod tanh;

pub use gelu::gelu;
pub use gelu_tanh::gelu_tanh;
pub use tanh::tanh;
