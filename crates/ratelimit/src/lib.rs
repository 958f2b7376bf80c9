//! Limits for oxkit endpoints: on the rate of calls, for all together or for each key, on the calls
//! in flight, and on what is served under overload.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! use std::{num::NonZeroU32, time::Duration};
//! use oxkit_core::{Context, Endpoint, Failure, Layer, Refusal, endpoint_fn};
//! use oxkit_ratelimit::{ErroringLimiter, Quota, RateLimiter};
//!
//! const HUNDRED: NonZeroU32 = NonZeroU32::new(100).unwrap();
//! const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();
//!
//! let limiter = RateLimiter::new(Quota::per_second(HUNDRED).burst(TWO));
//! let endpoint = ErroringLimiter::new(limiter)
//!     .layer(endpoint_fn(async |_cx, name: String| Ok::<_, Refusal>(format!("Hello, {name}"))));
//!
//! let call = async || endpoint.call(Context::new(), "Ann".to_owned()).await;
//! assert_eq!(call().await.unwrap(), "Hello, Ann");
//! assert!(call().await.is_ok());
//! let refused = call().await.unwrap_err();
//! assert_eq!(refused.retry_after(), Some(Duration::from_millis(10)));
//! # }
//! ```
//!
//! # When to use which
//!
//! | to | use | refuses with |
//! |---|---|---|
//! | keep a server to a rate | [`ErroringLimiter`] | [`RateLimited`](Reason::RateLimited), and when to come back |
//! | keep each caller to a rate | [`PerKey`] | the same |
//! | keep all processes of a service together to a rate | `RedisLimiter`, with the feature `redis` | the same |
//! | keep a client to somebody's quota, spread a worker's load | [`DelayingLimiter`] | the same at once, if the turn would come after the deadline |
//! | bound the calls in flight without knowing how many are right | [`AdaptiveLimit`] with [`Gradient`] or [`Aimd`] | [`Overloaded`](Reason::Overloaded) |
//! | leave unserved what hurts least | [`CriticalityShed`] | [`Overloaded`](Reason::Overloaded) |
//!
//! A rate limit keeps one caller from taking what belongs to others, and a client within its
//! contract. It does not keep a server from overload: how many calls a second are too many changes
//! with every call. A limit on the calls in flight does.
//!
//! The limits are those of this process, but for `RedisQuota`'s, which all processes share that use
//! the same Redis server. Without such a server [divide](Quota::divided_by) the quota by the number
//! of the processes.
//!
//! # How it decides
//!
//! [`RateLimiter`] keeps one number, the instant at which the next call would come if calls came
//! evenly, and compares it with the clock (the GCRA, ITU-T I.371): a token bucket with nothing to
//! refill.
//!
//! ```text
//!                 burst - 1 intervals           one interval
//!            |<-------------------------->|<----------------->|
//!   ---------+----------------------------+-------------------+--------> time
//!         earliest                     expected            expected
//!      for the next call                 before              after one more
//!
//!   now < earliest: refused, come back then      now >= earliest: let through
//! ```
//!
//! It is pure and driven by a given instant; the layers read tokio's clock, so tests run on a paused
//! one, unless a limiter was given [another](RateLimiter#which-clock). Between threads it is one
//! compare-and-swap. [`Allow`] and [`Wait`] are the seams for limiters of another make, as in Go kit.
//!
//! Clones of a limiter or a layer, and all endpoints made with them, share the limit.
//!
//! # Ordering
//!
//! The first listed is outermost. From the outside in, after logging, metrics and a panic boundary:
//!
//! 1. [`ErroringLimiter`] and [`PerKey`]: what is refused should cost nothing more; and inside of
//!    them, because it asks over the network, `RedisLimiter`;
//! 2. [`CriticalityShed`], outside of the limit it looks at;
//! 3. [`AdaptiveLimit`], outside of timeouts, so that it sees those that ran into one, and outside of
//!    a circuit breaker, whose refusals it [does not take for overload](AdaptiveLimit#what-a-call-tells);
//! 4. a circuit breaker, and in it a timeout;
//! 5. [`DelayingLimiter`], within the timeout, so that the time of waiting counts. On a client, inside
//!    of retries, so that each attempt takes a token.
//!
//! # Defaults
//!
//! | setting | default |
//! |---|---|
//! | [burst](Quota::burst) | as many as the rate's count |
//! | [clock](RateLimiter#which-clock) | tokio's |
//! | calls that may [wait](RateLimiter::with_max_waiting) | [1024](RateLimiter::DEFAULT_MAX_WAITING) |
//! | [keys](KeyedLimiter::bounded) remembered | [65,536](KeyedLimiter::DEFAULT_MAX_KEYS) |
//! | how long a call waits for Redis at most, and how long it is left alone once lost | 20 ms, 1 s |
//! | first limit of [`Gradient`] and [`Aimd`], least, most | 20, 1, 1000 |
//! | utilisation from which each level is [shed](Thresholds) | 0.7, 0.8, 0.95, never |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `governor` | [`Allow`] for the direct limiters of the governor crate, for programs that have one already or want its clocks |
//! | `quanta` | `with_processor_clock` for [`RateLimiter`] and [`KeyedLimiter`]: the processor's counter for a clock, read in half the time |
//! | `redis` | `RedisQuota` and `RedisLimiter`: a quota that processes share through a Redis server, with a local limiter for when it is away |
//!
//! No feature is on by default.

mod adaptive;
mod after;
mod allow;
mod clock;
mod delaying;
mod erroring;
mod gcra;
mod keyed;
mod limiter;
#[cfg(feature = "governor")]
mod of_governor;
mod quota;
#[cfg(feature = "redis")]
mod redis_quota;
mod shed;
mod time;
mod word;

pub use adaptive::{AdaptiveLimit, Aimd, Gradient, LimitLaw, Sample};
pub use allow::{Allow, AllowFn, Wait, WaitFn, allow_fn, wait_fn};
pub use delaying::{DelayingLimiter, DelayingLimiterEndpoint};
pub use erroring::ErroringLimiter;
pub use keyed::{KeyedLimiter, PerKey};
pub use limiter::RateLimiter;
pub use quota::Quota;
#[cfg(feature = "redis")]
pub use redis_quota::{
    InvalidRedisUrl, RedisLimiter, RedisLimiterEndpoint, RedisQuota, RedisQuotaBuilder, RedisState,
    RedisStats, RedisUnavailable,
};
pub use shed::{CriticalityShed, Thresholds};

#[cfg(doc)]
use oxkit_core::Reason;
