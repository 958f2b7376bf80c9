//! The other ways, besides its own end, that a call's future may end: it was refused, time ran out,
//! or it panicked. And one more way to begin: when it is polled.
//!
//! They are needed by layers and by transports alike, and none needs a runtime: a timer is any
//! future the caller brings.

mod catch_panic;
mod contained;
mod made_when_polled;
mod or_refused;
mod or_timer;

pub use catch_panic::{CatchPanic, Panic, catch_panic};
pub(crate) use contained::contained;
pub use contained::in_drop;
pub use made_when_polled::{MadeWhenPolled, made_when_polled};
pub use or_refused::OrRefused;
pub use or_timer::{Elapsed, OrTimer, or_timer};
