//! Middleware from a plain async function: with and without state.

mod from_fn;
mod from_fn_with;
mod next;

pub use from_fn::{FromFn, FromFnEndpoint, from_fn};
pub use from_fn_with::{FromFnWith, FromFnWithEndpoint, from_fn_with};
pub use next::Next;
