//! Middleware for every endpoint: from a plain async function, mapping, timeout, panic boundary,
//! limits, and bridges to and from tower.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use std::time::Duration;
//! use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
//! use oxkit_endpoint::{CatchPanic, ConcurrencyLimit, Next, Timeout, from_fn};
//!
//! /// A middleware of one's own is an async function.
//! async fn trace<E: Endpoint>(
//!     cx: Context,
//!     request: E::Request,
//!     next: Next<'_, E>,
//! ) -> Result<E::Response, E::Error> {
//!     println!("calling {:?}", cx.operation());
//!     next.call(cx, request).await
//! }
//!
//! let uppercase = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s.to_uppercase()));
//! let endpoint = (
//!     CatchPanic::new(),
//!     from_fn(trace),
//!     Timeout::new(Duration::from_secs(2)),
//!     ConcurrencyLimit::new(100),
//! )
//!     .layer(uppercase);
//!
//! let answer = endpoint.call(Context::new(), "hello".to_owned()).await;
//! assert_eq!(answer.unwrap(), "HELLO");
//! # }
//! ```
//!
//! # When to use which
//!
//! | to | use | refuses with |
//! |---|---|---|
//! | write a middleware that awaits | [`from_fn`], [`from_fn_with`] | what you like |
//! | change a type on its way | [`map_request`], [`try_map_request`], [`map_response`], [`map_error`] | the error of your function |
//! | bound the time of a call | [`Timeout`] | [`Deadline`](Reason::Deadline) |
//! | survive a panic | [`CatchPanic`] | [`Panicked`](Reason::Panicked) |
//! | bound the calls in flight | [`ConcurrencyLimit`] | [`Overloaded`](Reason::Overloaded), [`Deadline`](Reason::Deadline) |
//! | not begin what cannot be done in time | [`Shed`] | [`Deadline`](Reason::Deadline) |
//! | begin a call to another service | [`ForOperation`] | nothing |
//! | stand in for an endpoint | [`nop`] | nothing |
//! | meet tower | `tower`, a feature | |
//!
//! A middleware that only looks on before and after a call, and never awaits, is a
//! [hook](oxkit_core::hook): it takes less time and a smaller future than an async function.
//!
//! A `ConcurrencyLimit` bounds what is in flight *here*. How many calls a client makes in a second,
//! and when it stops calling a server that fails, are matters of rate limits and circuit breakers,
//! which are crates of their own.
//!
//! # How a call passes
//!
//! Each layer holds the endpoint inside of it and calls it with a context. Types are static all the
//! way; nothing is boxed, and nothing allocated but the timer of a call that has to wait under a
//! limit, and the error's details where a call was refused late. Time is tokio's: a test on the
//! paused clock sees every deadline at once. Only a layer that must wait needs the runtime.
//!
//! Clones of a layer, and all endpoints made with them, share what the layer counts: a limit is
//! never multiplied by cloning.
//!
//! # Ordering
//!
//! The first listed is outermost. A sound order for a server, from the outside in:
//!
//! 1. logging and metrics, to see every outcome, refusals too;
//! 2. [`CatchPanic`], inside of those so that they see a panic as an error;
//! 3. [`Timeout`], so that the time of waiting counts;
//! 4. [`ConcurrencyLimit`], where calls wait;
//! 5. [`Shed`], where the waiting is over and what is left of the time is known;
//! 6. the endpoint.
//!
//! Around a client [`ForOperation`] is outermost, so that all of the others see which operation is
//! called and when that began.
//!
//! # Defaults
//!
//! Nothing is installed unless it is listed: no timeout, no limit, and a panic unwinds.
//!
//! | setting | default |
//! |---|---|
//! | calls that may wait for a [`ConcurrencyLimit`] | [1024](ConcurrencyLimit::DEFAULT_MAX_WAITING) |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `tower` | the module `tower`: an endpoint as a tower service, a tower service as an endpoint, a tower layer around one |
//!
//! No feature is on by default.

mod catch_panic;
mod concurrency_limit;
mod for_operation;
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
pub use for_operation::ForOperation;
pub use map::{
    MapError, MapErrorEndpoint, MapRequest, MapRequestEndpoint, MapResponse, MapResponseEndpoint,
    TryMapRequest, TryMapRequestEndpoint, map_error, map_request, map_response, try_map_request,
};
pub use middleware_fn::{
    FromFn, FromFnEndpoint, FromFnWith, FromFnWithEndpoint, Next, from_fn, from_fn_with,
};
pub use nop::{Nop, nop};
pub use shed::{AdaptiveShed, Shed};
pub use timeout::{Timeout, TimeoutEndpoint};

#[cfg(doc)]
use oxkit_core::Reason;
