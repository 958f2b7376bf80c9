//! A call that waits for its slot, holds it, and gives it back.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use oxkit_core::{Reason, Refusal, future::Elapsed};
use pin_project_lite::pin_project;
use tokio::sync::{AcquireError, SemaphorePermit};

use super::queue::Place;

pin_project! {
    /// `A` waits for the slot, `S` starts the call once it is there, `F` is the call.
    #[project = LimitedProj]
    pub(super) enum Limited<'a, A, S, F, Error> {
        Waiting {
            #[pin]
            turn: A,
            place: Place<'a>,
            start: Option<S>,
        },
        Running {
            #[pin]
            inner: F,
            // After the call, so that its slot is free only once what it held is.
            slot: SemaphorePermit<'a>,
        },
        Refused { error: Option<Error> },
        Done,
    }
}

impl<'a, A, S, F, Error> Limited<'a, A, S, F, Error> {
    pub(super) const fn waiting(turn: A, place: Place<'a>, start: S) -> Self {
        Self::Waiting { turn, place, start: Some(start) }
    }

    pub(super) const fn running(inner: F, slot: SemaphorePermit<'a>) -> Self {
        Self::Running { inner, slot }
    }

    pub(super) const fn refused(error: Error) -> Self {
        Self::Refused { error: Some(error) }
    }
}

impl<'a, A, S, F, Response, Error> Future for Limited<'a, A, S, F, Error>
where
    A: Future<Output = Result<Result<SemaphorePermit<'a>, AcquireError>, Elapsed>>,
    S: FnOnce() -> F,
    F: Future<Output = Result<Response, Error>>,
    Error: From<Refusal>,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        loop {
            match self.as_mut().project() {
                LimitedProj::Waiting { turn, start, .. } => match ready!(turn.poll(task)) {
                    Ok(slot) => {
                        let slot = slot.expect("the semaphore is never closed");
                        let start = start.take().expect("a call is started once");
                        let inner = start();
                        self.set(Self::running(inner, slot));
                    }
                    Err(Elapsed) => {
                        self.set(Self::Done);
                        return Poll::Ready(Err(too_late().into()));
                    }
                },
                LimitedProj::Running { inner, .. } => {
                    let result = ready!(inner.poll(task));
                    // Whoever holds this future on after it is done does not hold the slot.
                    self.set(Self::Done);
                    return Poll::Ready(result);
                }
                LimitedProj::Refused { error } => {
                    return Poll::Ready(Err(error
                        .take()
                        .expect("a future is not polled after it is done")));
                }
                LimitedProj::Done => unreachable!("a future is not polled after it is done"),
            }
        }
    }
}

/// The text tells this from a call that was too slow itself. A call that has waited can afford the
/// allocation.
#[cold]
fn too_late() -> Refusal {
    Refusal::new(Reason::Deadline).with_message("deadline exceeded while waiting for a free slot")
}
