//! Panics of what has no say in a call.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

/// Runs `f`; a panic ends here, once the panic hook of the process has shown it.
pub(crate) fn contained(f: impl FnOnce()) {
    // What it was told of is as safe as in any call that panics.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        // Its own `drop` might panic, too.
        mem::forget(payload);
    }
}

/// Runs `f` from within a `drop`, such as that of a future which tells somebody of its end.
///
/// Where a panic is unwinding already, one of `f` ends here, once the panic hook of the process has
/// shown it: if it left the `drop` it would end the process, and the first is the one to hear of.
/// At any other time it goes on.
///
/// ```
/// use std::panic::catch_unwind;
/// use oxkit_core::future::in_drop;
///
/// struct Telling;
///
/// impl Drop for Telling {
///     fn drop(&mut self) {
///         in_drop(|| panic!("second"));
///     }
/// }
///
/// # std::panic::set_hook(Box::new(|_| {}));
/// let first = catch_unwind(|| {
///     let _telling = Telling;
///     panic!("first");
/// });
/// assert_eq!(first.unwrap_err().downcast_ref(), Some(&"first"));
///
/// let alone = catch_unwind(|| drop(Telling));
/// assert_eq!(alone.unwrap_err().downcast_ref(), Some(&"second"));
/// ```
pub fn in_drop(f: impl FnOnce()) {
    if thread::panicking() { contained(f) } else { f() }
}
