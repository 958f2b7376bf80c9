//! A call that was let through, or the error it was refused with.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

pin_project! {
    /// A call that was let through, or the error it was refused with.
    #[project = OrRefusedProj]
    pub(crate) enum OrRefused<F, Error> {
        Running { #[pin] inner: F },
        Refused { error: Option<Error> },
    }
}

impl<F, Error> OrRefused<F, Error> {
    pub(crate) const fn running(inner: F) -> Self {
        Self::Running { inner }
    }

    pub(crate) const fn refused(error: Error) -> Self {
        Self::Refused { error: Some(error) }
    }
}

impl<F, Response, Error> Future for OrRefused<F, Error>
where
    F: Future<Output = Result<Response, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            OrRefusedProj::Running { inner } => inner.poll(task),
            OrRefusedProj::Refused { error } => {
                Poll::Ready(Err(error.take().expect("a future is not polled after it is done")))
            }
        }
    }
}
