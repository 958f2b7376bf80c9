//! Rate limits.

mod adaptive;
mod allow;
mod delaying;
mod erroring;
mod gcra;
mod keyed;
mod limiter;
#[cfg(feature = "governor")]
mod of_governor;
mod quota;
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
pub use shed::{CriticalityShed, Thresholds};
