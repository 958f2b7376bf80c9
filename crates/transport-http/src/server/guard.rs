//! Stopping a panic, if that is asked for.

use std::panic::{AssertUnwindSafe, catch_unwind};

use oxkit_core::future::Panic;

/// Runs `f`; a panic becomes an error if `armed`, and goes on otherwise.
#[inline]
pub(super) fn guarded<T>(armed: bool, f: impl FnOnce() -> T) -> Result<T, Panic> {
    if !armed {
        return Ok(f());
    }
    catch_unwind(AssertUnwindSafe(f)).map_err(Panic::new)
}
