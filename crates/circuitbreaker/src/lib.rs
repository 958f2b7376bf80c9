//! Circuit breakers: stop calling an endpoint that fails, and find out when it works again.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! use std::time::Duration;
//! use oxkit_circuitbreaker::{Breaker, FailureRatio, Ratio, State};
//! use oxkit_core::{Context, Endpoint, ErrorKind, Layer, Reason, Refusal, endpoint_fn};
//!
//! // Opens when half of the calls of the last ten seconds failed, if there were at least twenty.
//! let policy = FailureRatio::over_time(Duration::from_secs(10), Ratio::percent(50));
//! let breaker = Breaker::builder(policy.minimum_calls(20))
//!     .name("payments")
//!     .open_for(Duration::from_secs(5))
//!     .probes(3)
//!     .on_change(|change| println!("{:?}: {} -> {}", change.name, change.from, change.to))
//!     .build();
//!
//! let pay = endpoint_fn(async |_cx, (): ()| {
//!     Err::<(), _>(Refusal::of_kind(ErrorKind::Unavailable, "connection refused"))
//! });
//! let pay = breaker.layer(pay);
//!
//! for _ in 0..20 {
//!     let error = pay.call(Context::new(), ()).await.unwrap_err();
//!     assert_eq!(error.reason(), Reason::Other);
//! }
//! let refused = pay.call(Context::new(), ()).await.unwrap_err();
//! assert_eq!(refused.reason(), Reason::CircuitOpen);
//! assert_eq!(breaker.state(), State::Open);
//! # }
//! ```
//!
//! # When to use which
//!
//! | to | use | a good call costs |
//! |---|---|---|
//! | stop at so many failures in a row | [`ConsecutiveFailures`] | three loads |
//! | stop at a share of failures, of the last calls or of the last time | [`FailureRatio`] | an addition to a counter of its own thread; over time, a clock read now and then |
//! | stop at a share of slow calls | [`SlowCallRatio`] | the same, and two clock reads |
//! | send no more than about twice what is accepted | [`Throttle`] | the same |
//! | one breaker for each key of the calls | [`Builder::keyed`] | a map behind a lock, too |
//! | decide by hand, for calls that are no endpoints | [`Circuit`] | |
//!
//! A breaker protects the *caller* from waiting for what will fail, and gives the callee rest. It is
//! for calls that leave the process. Do not put one around an endpoint whose failures depend on the
//! request alone, nor one breaker around instances that fail apart from each other: it would cut off
//! the good ones. Against one client that sends too much use a rate limit, against too many calls
//! at once a concurrency limit.
//!
//! # How it decides
//!
//! ```text
//!                 the policy says: too many failures
//!        +--------+ ------------------------------> +------+
//!        | closed |                                 | open | <-+
//!        +--------+ <------------+                  +------+   | a probe fails
//!                    all probes  |    after open_for,   |      |
//!                    end well    |    the next call     v      |
//!                              +-----------+ <----------+      |
//!                              | half-open | ------------------+
//!                              +-----------+
//! ```
//!
//! * **Closed**, calls pass and their ends are counted. Which ends count is decided by the
//!   [kind of failure](ByKind): what is broken counts, what says no does not, and neither does a
//!   business error in a response or a call the caller gave up, unless asked. A panic always does.
//! * **Open**, calls are refused with [`Reason::CircuitOpen`], which advises to come back when the
//!   breaker will probe.
//! * **Half-open**, a bounded number of calls are let through and the rest refused. If all of those
//!   end well it closes, with nothing counted; if one fails it opens again. A probe that is dropped,
//!   or does not count, frees its place at once, and one that hangs after the time the breaker
//!   stays open: it never sticks.
//!
//! A result counts in the state its call began in. What comes late from an earlier one is left out.
//!
//! Each state can be [forced](Breaker::force_open) and [set free](Breaker::reset), looked at
//! ([`Breaker::snapshot`]) and told of ([`Builder::on_change`]). Names are data: there is no
//! registry.
//!
//! Policies read no clock and never wait: time is given to them. The layers give them tokio's, so a
//! test on the paused clock sees a breaker open and close at once; they need no runtime.
//!
//! # Ordering
//!
//! The first listed is outermost. For a client:
//!
//! 1. metrics and logging, to see refusals too;
//! 2. retries, **outside**, so that each attempt asks the breaker, and an open one ends them;
//! 3. rate and concurrency limits, **outside**: a call that was held back here says nothing about
//!    the endpoint. (A limiter inside refuses with
//!    [`ResourceExhausted`](ErrorKind::ResourceExhausted), which does not count; a concurrency limit
//!    with [`Unavailable`](ErrorKind::Unavailable), which does.)
//! 4. the breaker;
//! 5. the timeout, **inside**, so that the breaker sees its refusal. One outside drops the call,
//!    which does not count unless [asked](ByKind::failure), or measured by a [`SlowCallRatio`];
//! 6. the endpoint.
//!
//! # Defaults
//!
//! | setting | default |
//! |---|---|
//! | failures in a row | [6](ConsecutiveFailures::DEFAULT_LIMIT) |
//! | minimum of calls in a window | [10](FailureRatio::DEFAULT_MINIMUM_CALLS) |
//! | how long it stays open | [60 s](Builder::DEFAULT_OPEN_FOR) |
//! | probes | [1](Builder::DEFAULT_PROBES) |
//! | what counts | [`ByKind`] |
//! | a throttle's multiplier, window and grace | 2, 10 s, 10 calls |
//!
//! # Features
//!
//! None.

mod breaker;
mod builder;
mod circuit;
mod classify;
mod clock;
mod keyed;
mod policy;
mod ratio;
mod state;
mod stripes;
mod sync;
mod throttle;
mod window;

pub use breaker::Breaker;
pub use builder::Builder;
pub use circuit::{Circuit, Permit, Refused};
pub use classify::{ByKind, Classify, ClassifyFn, Verdict, WithBusinessErrors};
pub use keyed::{KeyedBreaker, KeyedPermit};
pub use policy::{ConsecutiveFailures, FailureRatio, Policy, SlowCallRatio};
pub use ratio::Ratio;
pub use state::{Change, Snapshot, State};
pub use throttle::{Throttle, ThrottleBuilder};

#[cfg(doc)]
use oxkit_core::{ErrorKind, Reason};
