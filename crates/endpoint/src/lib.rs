//! Middleware for every endpoint: from a plain async function, mapping, timeout, panic boundary,
//! limits, and bridges to and from tower.

mod catch_panic;
mod concurrency_limit;
mod future;
mod map;
mod middleware_fn;
mod nop;
mod shed;
mod timeout;
#[cfg(feature = "tower")]
pub mod tower;

pub use catch_panic::{CatchPanic, CatchPanicEndpoint};
pub use concurrency_limit::{ConcurrencyLimit, ConcurrencyLimitEndpoint};
pub use map::{
    MapError, MapErrorEndpoint, MapRequest, MapRequestEndpoint, MapResponse, MapResponseEndpoint,
    TryMapRequest, TryMapRequestEndpoint, map_error, map_request, map_response, try_map_request,
};
pub use middleware_fn::{
    FromFn, FromFnEndpoint, FromFnWith, FromFnWithEndpoint, Next, from_fn, from_fn_with,
};
pub use nop::{Nop, nop};
pub use shed::Shed;
pub use timeout::{Timeout, TimeoutEndpoint};
