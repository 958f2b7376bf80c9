//! A future that gives up when a timer fires first.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{MadeWhenPolled, made_when_polled};

/// Runs `future` until a timer fires, which is armed only if the future was not ready at once.
///
/// Most calls that are answered from memory never make a timer, and making one costs as much as
/// such a call. `arm` is called at most once, after the first poll of `future`.
///
/// The future is polled before the timer, so an answer that is there wins over a deadline that has
/// passed.
///
/// # Cancel safety
///
/// Dropping it drops both. When the timer fires first, `future` is dropped with this one.
///
/// ```
/// use oxkit_core::future::{Elapsed, or_timer};
///
/// # fn poll_once<F: Future>(f: F) -> F::Output {
/// #     let mut f = std::pin::pin!(f);
/// #     let mut task = std::task::Context::from_waker(std::task::Waker::noop());
/// #     match f.as_mut().poll(&mut task) {
/// #         std::task::Poll::Ready(out) => out,
/// #         std::task::Poll::Pending => panic!("pending"),
/// #     }
/// # }
/// let ready = or_timer(async { 7 }, || -> std::future::Pending<()> { unreachable!("not armed") });
/// assert_eq!(poll_once(ready), Ok(7));
///
/// let never = or_timer(std::future::pending::<u8>(), || std::future::ready(()));
/// assert_eq!(poll_once(never), Err(Elapsed));
/// ```
pub const fn or_timer<F, M, T>(future: F, arm: M) -> OrTimer<F, M, T>
where
    F: Future,
    M: FnOnce() -> T,
    T: Future<Output = ()>,
{
    OrTimer { future, timer: made_when_polled(arm) }
}

pin_project! {
    /// The future of [`or_timer`].
    #[must_use = "futures do nothing unless polled"]
    pub struct OrTimer<F, M, T> {
        #[pin]
        future: F,
        #[pin]
        timer: MadeWhenPolled<M, T>,
    }
}

impl<F, M, T> Future for OrTimer<F, M, T>
where
    F: Future,
    M: FnOnce() -> T,
    T: Future<Output = ()>,
{
    type Output = Result<F::Output, Elapsed>;

    // As the hooks' own future, which stands around this one in most services.
    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.future.poll(task) {
            return Poll::Ready(Ok(output));
        }
        this.timer.poll(task).map(|()| Err(Elapsed))
    }
}

impl<F, M, T> fmt::Debug for OrTimer<F, M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrTimer").finish_non_exhaustive()
    }
}

/// The timer of [`or_timer`] fired before the future was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("time ran out")
    }
}

impl Error for Elapsed {}
