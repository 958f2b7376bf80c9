//! A call that begins when something else is done.

use std::{
    pin::Pin,
    task::{self, Poll, ready},
};

use oxkit_core::Refusal;
use pin_project_lite::pin_project;

pin_project! {
    /// Written by hand because an `async` block would store the request once more. `T` waits, `S`
    /// starts the call, `F` is the call.
    #[project = AfterProj]
    pub(crate) enum After<T, S, F> {
        Waiting { #[pin] turn: T, start: Option<S> },
        Running { #[pin] inner: F },
        Refused,
    }
}

impl<T, S, F> After<T, S, F> {
    /// Waits for `turn`; then the call is what `start` makes.
    pub(crate) const fn new(turn: T, start: S) -> Self {
        Self::Waiting { turn, start: Some(start) }
    }
}

impl<T, S, F, Response, Error> Future for After<T, S, F>
where
    T: Future<Output = Result<(), Refusal>>,
    S: FnOnce() -> F,
    F: Future<Output = Result<Response, Error>>,
    Error: From<Refusal>,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        loop {
            match self.as_mut().project() {
                AfterProj::Waiting { turn, start } => match ready!(turn.poll(task)) {
                    Ok(()) => {
                        let start = start.take().expect("a call is started once");
                        let inner = start();
                        self.set(Self::Running { inner });
                    }
                    Err(refusal) => {
                        self.set(Self::Refused);
                        return Poll::Ready(Err(refusal.into()));
                    }
                },
                AfterProj::Running { inner } => return inner.poll(task),
                AfterProj::Refused => unreachable!("a future is not polled after it is done"),
            }
        }
    }
}
