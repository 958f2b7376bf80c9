//! A call that was let through, or the error it was refused with.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

pin_project! {
    /// The future of a layer that may refuse: the inner call, or the error in its place.
    ///
    /// The two arms of a `match` have one type this way, without a box and without an `async` block
    /// that would store the request once more.
    ///
    /// Polling it after it is done panics, as with any future.
    ///
    /// ```
    /// use oxkit_core::{Context, Endpoint, Reason, Refusal, future::OrRefused};
    ///
    /// struct Closed<E> { inner: E, closed: bool }
    ///
    /// impl<E: Endpoint> Endpoint for Closed<E> {
    ///     type Request = E::Request;
    ///     type Response = E::Response;
    ///     type Error = E::Error;
    ///
    ///     fn call(
    ///         &self,
    ///         cx: Context,
    ///         request: E::Request,
    ///     ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
    ///         if self.closed {
    ///             return OrRefused::refused(Refusal::new(Reason::ShuttingDown).into());
    ///         }
    ///         OrRefused::running(self.inner.call(cx, request))
    ///     }
    /// }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct OrRefused<F, Error> {
        #[pin]
        call: Call<F, Error>,
    }
}

pin_project! {
    #[project = CallProj]
    enum Call<F, Error> {
        Running { #[pin] inner: F },
        Refused { error: Option<Error> },
    }
}

impl<F, Error> OrRefused<F, Error> {
    /// The call was let through: this is it.
    pub const fn running(inner: F) -> Self {
        Self { call: Call::Running { inner } }
    }

    /// The call was refused with `error`.
    pub const fn refused(error: Error) -> Self {
        Self { call: Call::Refused { error: Some(error) } }
    }
}

impl<F, Response, Error> Future for OrRefused<F, Error>
where
    F: Future<Output = Result<Response, Error>>,
{
    type Output = F::Output;

    // As the hooks' own future, which stands around this one.
    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().call.project() {
            CallProj::Running { inner } => inner.poll(task),
            CallProj::Refused { error } => {
                Poll::Ready(Err(error.take().expect("a future is not polled after it is done")))
            }
        }
    }
}

impl<F, Error> fmt::Debug for OrRefused<F, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrRefused").finish_non_exhaustive()
    }
}
