//! Middleware for every endpoint: from a plain async function, mapping, timeout, panic boundary,
//! limits, and bridges to and from tower.

mod middleware_fn;
mod nop;

pub use middleware_fn::{
    FromFn, FromFnEndpoint, FromFnWith, FromFnWithEndpoint, Next, from_fn, from_fn_with,
};
pub use nop::{Nop, nop};
