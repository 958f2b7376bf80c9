//! The two small traits: one refuses, one waits.

use std::{any::type_name, fmt, sync::Arc, time::Instant};

use oxkit_core::Refusal;

/// A limiter that answers at once: yes, or not now.
///
/// Go kit's `Allower`. [`RateLimiter`](crate::RateLimiter) is one, and so is a limiter of the
/// governor crate with the feature `governor`; [`allow_fn`] makes one of a function.
/// [`ErroringLimiter`](crate::ErroringLimiter) puts it around an endpoint.
pub trait Allow: Send + Sync {
    /// Takes a token for a call that starts now.
    ///
    /// # Errors
    ///
    /// There is none. The refusal says when there will be, if that is known
    /// ([`retry_after`](oxkit_core::Failure::retry_after)).
    fn allow(&self) -> Result<(), Refusal>;

    /// Takes a token for a call that came in at `arrival`: the one that was there then, or else one
    /// that is there now.
    ///
    /// It saves reading the clock. By default it is [`allow`](Self::allow).
    ///
    /// # Errors
    ///
    /// There was none then, and there is none now.
    fn allow_arrived(&self, arrival: Instant) -> Result<(), Refusal> {
        let _ = arrival;
        self.allow()
    }
}

/// A limiter that makes its caller wait for its turn.
///
/// Go kit's `Waiter`. [`RateLimiter`](crate::RateLimiter) is one; [`wait_fn`] makes one of a
/// function. [`DelayingLimiter`](crate::DelayingLimiter) puts it around an endpoint.
pub trait Wait: Send + Sync {
    /// Waits for a token, until `deadline` at most.
    ///
    /// # Errors
    ///
    /// There will be none before `deadline`, which should be said at once and not when it has come.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves no trace but for a token that could not be given back.
    fn wait(&self, deadline: Option<Instant>) -> impl Future<Output = Result<(), Refusal>> + Send;
}

macro_rules! forward {
    ($($target:ty),*) => {$(
        impl<L: Allow + ?Sized> Allow for $target {
            fn allow(&self) -> Result<(), Refusal> {
                (**self).allow()
            }

            fn allow_arrived(&self, arrival: Instant) -> Result<(), Refusal> {
                (**self).allow_arrived(arrival)
            }
        }

        impl<L: Wait> Wait for $target {
            fn wait(
                &self,
                deadline: Option<Instant>,
            ) -> impl Future<Output = Result<(), Refusal>> + Send {
                (**self).wait(deadline)
            }
        }
    )*};
}

forward!(&L, Arc<L>);

/// Makes an [`Allow`] of a function.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use oxkit_core::{Reason, Refusal};
/// use oxkit_ratelimit::{Allow, allow_fn};
///
/// static OPEN: AtomicBool = AtomicBool::new(false);
///
/// let gate = allow_fn(|| match OPEN.load(Relaxed) {
///     true => Ok(()),
///     false => Err(Refusal::new(Reason::RateLimited)),
/// });
/// assert!(gate.allow().is_err());
/// OPEN.store(true, Relaxed);
/// assert!(gate.allow().is_ok());
/// ```
pub const fn allow_fn<F>(f: F) -> AllowFn<F>
where
    F: Fn() -> Result<(), Refusal> + Send + Sync,
{
    AllowFn(f)
}

/// A function as an [`Allow`], made by [`allow_fn`].
#[derive(Clone, Copy)]
pub struct AllowFn<F>(F);

impl<F> Allow for AllowFn<F>
where
    F: Fn() -> Result<(), Refusal> + Send + Sync,
{
    fn allow(&self) -> Result<(), Refusal> {
        (self.0)()
    }
}

impl<F> fmt::Debug for AllowFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AllowFn").field(&type_name::<F>()).finish()
    }
}

/// Makes a [`Wait`] of a function that returns a future.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use std::time::{Duration, Instant};
/// use oxkit_ratelimit::{Wait, wait_fn};
///
/// let pause = wait_fn(|_deadline: Option<Instant>| async {
///     tokio::time::sleep(Duration::from_millis(5)).await;
///     Ok(())
/// });
/// assert!(pause.wait(None).await.is_ok());
/// # }
/// ```
pub const fn wait_fn<F, Turn>(f: F) -> WaitFn<F>
where
    F: Fn(Option<Instant>) -> Turn + Send + Sync,
    Turn: Future<Output = Result<(), Refusal>> + Send,
{
    WaitFn(f)
}

/// A function as a [`Wait`], made by [`wait_fn`].
#[derive(Clone, Copy)]
pub struct WaitFn<F>(F);

impl<F, Turn> Wait for WaitFn<F>
where
    F: Fn(Option<Instant>) -> Turn + Send + Sync,
    Turn: Future<Output = Result<(), Refusal>> + Send,
{
    fn wait(&self, deadline: Option<Instant>) -> impl Future<Output = Result<(), Refusal>> + Send {
        (self.0)(deadline)
    }
}

impl<F> fmt::Debug for WaitFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WaitFn").field(&type_name::<F>()).finish()
    }
}
