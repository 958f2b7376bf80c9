//! A future that stops a panic if it is asked to.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use oxkit_core::{Failure, future::Panic};
use pin_project_lite::pin_project;

use super::stop::Stop;

/// Runs `future`; a panic becomes an error if `armed`, and goes on otherwise.
///
/// One future for both, as the pipeline inside is large and would be laid out twice.
pub(super) const fn guard<F: Future>(armed: bool, future: F) -> Guard<F> {
    Guard { armed, future }
}

/// Runs `f` as [`guard`] runs a future.
pub(super) fn guarded<T>(armed: bool, f: impl FnOnce() -> T) -> Result<T, Panic> {
    if !armed {
        return Ok(f());
    }
    catch_unwind(AssertUnwindSafe(f)).map_err(Panic::new)
}

pin_project! {
    /// The future of [`guard`].
    pub(super) struct Guard<F> {
        armed: bool,
        #[pin]
        future: F,
    }
}

impl<F, T> Future for Guard<F>
where
    F: Future<Output = Result<T, Box<dyn Failure>>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if !*this.armed {
            return this.future.poll(task);
        }
        match catch_unwind(AssertUnwindSafe(|| this.future.poll(task))) {
            Ok(polled) => polled,
            Err(payload) => Poll::Ready(Err(Stop::panicked(Panic::new(payload)))),
        }
    }
}
