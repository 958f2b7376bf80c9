//! A future that stops a panic if it is asked to.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use oxkit_core::future::Panic;
use pin_project_lite::pin_project;

/// Runs `future`; a panic becomes an error if `armed`, and goes on otherwise.
///
/// One future for both, as the pipeline inside is large and would be laid out twice.
pub(super) const fn guard<F: Future>(armed: bool, future: F) -> Guard<F> {
    Guard { armed, future }
}

pin_project! {
    /// The future of [`guard`].
    pub(super) struct Guard<F> {
        armed: bool,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Guard<F> {
    type Output = Result<F::Output, Panic>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if !*this.armed {
            return this.future.poll(task).map(Ok);
        }
        match catch_unwind(AssertUnwindSafe(|| this.future.poll(task))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(Panic::new(payload))),
        }
    }
}
