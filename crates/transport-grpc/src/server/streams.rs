//! Messages on their way: those that come, and those that are sent.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll, ready},
};

use futures_core::Stream;
use oxkit_core::{Failure, Reason, Refusal, future::Panic};
use pin_project_lite::pin_project;
use prost::Message;
use tonic::codec::Streaming;

use super::{settings::Settings, watch::Caught};
use crate::{GrpcError, wire};

/// Messages of the caller as the endpoint's own type.
pub(super) struct Decoded<P, D> {
    pub(super) messages: Streaming<P>,
    pub(super) limit: usize,
    pub(super) decode: D,
}

impl<P, D> Unpin for Decoded<P, D> {}

impl<P, Q, D, DE> Stream for Decoded<P, D>
where
    D: Fn(P) -> Result<Q, DE>,
    DE: Failure,
{
    type Item = Result<Q, GrpcError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        Pin::new(&mut this.messages).poll_next(task).map(|next| {
            next.map(|read| match read {
                Ok(message) => (this.decode)(message).map_err(GrpcError::of),
                Err(status) => Err(wire::of_request(status, this.limit)),
            })
        })
    }
}

pin_project! {
    /// The endpoint's stream as messages.
    pub(super) struct Encoded<S, N> {
        #[pin]
        items: S,
        encode: N,
        settings: Arc<Settings>,
        // Where panics are caught.
        pub(super) caught: Option<Arc<Caught>>,
    }
}

impl<S, N> Encoded<S, N> {
    pub(super) fn new(items: S, encode: N, settings: Arc<Settings>) -> Self {
        let caught = settings.catches_panics.then(Arc::default);
        Self { items, encode, settings, caught }
    }
}

impl<S, N> Encoded<S, N> {
    /// The next message, whatever it panics with.
    fn poll_message<T, F, M, NE>(
        self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<M, tonic::Status>>>
    where
        S: Stream<Item = Result<T, F>>,
        F: Failure,
        N: Fn(T) -> Result<M, NE>,
        M: Message,
        NE: Failure,
    {
        let this = self.project();
        let settings = &**this.settings;
        Poll::Ready(ready!(this.items.poll_next(task)).map(|next| {
            let item = next.map_err(|failure| settings.ending(&failure))?;
            let message = (this.encode)(item).map_err(|failure| settings.ending(&failure))?;
            wire::fits(&message, settings.send_limit)
                .map_err(|failure| settings.ending(&failure))?;
            Ok(message)
        }))
    }
}

impl<S, N, T, F, M, NE> Stream for Encoded<S, N>
where
    S: Stream<Item = Result<T, F>>,
    F: Failure,
    N: Fn(T) -> Result<M, NE>,
    M: Message,
    NE: Failure,
{
    type Item = Result<M, tonic::Status>;

    // A failure is the last message: whoever asks does not ask again.
    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        if self.caught.is_none() {
            return self.poll_message(task);
        }
        // Here and not around the body, which loses the messages that it has gathered.
        match Panic::catch(|| self.as_mut().poll_message(task)) {
            Ok(polled) => polled,
            Err(panic) => {
                let refusal = Refusal::new(Reason::Panicked).with_source(panic);
                let status = self.settings.status_of_panic(&refusal).into_tonic();
                if let Some(caught) = &self.caught {
                    // Taken only if it had panicked before, and then that is what counts.
                    let _ = caught.set(refusal);
                }
                Poll::Ready(Some(Err(status)))
            }
        }
    }
}
