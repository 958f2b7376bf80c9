//! One call of a tower service: wait until it is ready, then call it.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use oxkit_core::{ErrorKind, Failure, Refusal};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::error::{BoxError, restore};

pin_project! {
    /// Readiness belongs to the value that was polled: a permit is in that clone and in no other.
    /// So the clone that became ready is the one that is called.
    pub(super) struct Oneshot<S: Service<R>, R, Error> {
        #[pin]
        state: State<S, R, S::Future>,
        error: PhantomData<fn() -> Error>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, R, F> {
        Preparing { service: S, request: Option<R> },
        Running { #[pin] call: F },
    }
}

impl<S: Service<R>, R, Error> Oneshot<S, R, Error> {
    pub(super) const fn new(service: S, request: R) -> Self {
        Self { state: State::Preparing { service, request: Some(request) }, error: PhantomData }
    }
}

impl<S, R, Error> Future for Oneshot<S, R, Error>
where
    S: Service<R, Error: Into<BoxError> + 'static>,
    Error: Failure + From<Refusal>,
{
    type Output = Result<S::Response, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Preparing { service, request } => {
                    if let Err(error) = ready!(service.poll_ready(task)) {
                        return Poll::Ready(Err(restore(error, ErrorKind::Unavailable)));
                    }
                    let request = request.take().expect("a service is called once");
                    let call = service.call(request);
                    state.set(State::Running { call });
                }
                StateProj::Running { call } => {
                    return call.poll(task).map_err(|error| restore(error, ErrorKind::Unknown));
                }
            }
        }
    }
}
