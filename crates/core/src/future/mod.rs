//! The two ways, besides its own end, that a call's future may end: time runs out, or it panics.
//!
//! Both are needed by layers and by transports alike, and neither needs a runtime: a timer is any
//! future the caller brings.

mod catch_panic;
mod or_timer;

pub use catch_panic::{CatchPanic, Panic, catch_panic};
pub use or_timer::{Elapsed, OrTimer, or_timer};
