//! Rate limits.

mod allow;
mod delaying;
mod erroring;
mod gcra;
mod limiter;
mod quota;
mod time;
mod word;

pub use allow::{Allow, AllowFn, Wait, WaitFn, allow_fn, wait_fn};
pub use delaying::{DelayingLimiter, DelayingLimiterEndpoint};
pub use erroring::ErroringLimiter;
pub use limiter::RateLimiter;
pub use quota::Quota;
