//! The futures the layers are made of, written by hand: an `async` block stores the request once
//! more at every layer, and a chain of ten would pay ten times.

mod map_output;
mod until;

pub(crate) use map_output::map_output;
pub(crate) use until::{now, until};
