//! A deadline that may be absent, on tokio's clock.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use oxkit_core::future::{Elapsed, or_timer};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};

/// The time on tokio's clock, which a test may have paused.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Runs `future` until `deadline`, if there is one. The timer is made only once the future had to
/// wait.
///
/// # Panics
///
/// If it has to wait for a deadline outside of a tokio runtime, or in one whose timer is off.
pub(crate) fn until<F: Future>(
    deadline: Option<Instant>,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    or_timer(future, move || match deadline {
        Some(at) => Timer::At { sleep: Box::pin(sleep_until(at.into())) },
        None => Timer::Never,
    })
}

// Boxed, because only a call that has to wait makes one, and all would carry its room from layer to
// layer.
pin_project! {
    #[project = TimerProj]
    enum Timer {
        At { sleep: Pin<Box<Sleep>> },
        Never,
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        match self.project() {
            TimerProj::At { sleep } => sleep.as_mut().poll(task),
            TimerProj::Never => Poll::Pending,
        }
    }
}
