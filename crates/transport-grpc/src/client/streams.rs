//! Messages on their way: those that are sent, and those that come.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll, ready},
};

use futures_core::Stream;
use oxkit_core::Failure;
use prost::Message;
use tokio::{sync::oneshot, time::Instant};
use tonic::codec::Streaming;

use super::{
    Codec,
    report::{Ended, Owed},
};
use crate::{
    GrpcError, Outgoing,
    limited::{Expire, Limited},
    wire,
};

/// Held for as long as somebody waits for the answer. Dropping it ends what is sent, which HTTP/2
/// would otherwise go on taking.
pub(super) struct Hold {
    _sent: oneshot::Sender<Infallible>,
    broken: oneshot::Receiver<GrpcError>,
}

impl Hold {
    /// Why the call broke off: what is sent may know it better than what came of it.
    pub(super) fn why(&mut self, error: GrpcError) -> GrpcError {
        self.broken.try_recv().unwrap_or(error)
    }
}

/// The caller's stream as messages.
pub(super) struct Encoded<Q, N, D> {
    items: Outgoing<Q>,
    codec: Arc<Codec<N, D>>,
    held: oneshot::Receiver<Infallible>,
    limit: Option<usize>,
    // Taken when there is something to tell.
    broken: Option<oneshot::Sender<GrpcError>>,
}

impl<Q, N, D> Encoded<Q, N, D> {
    pub(super) fn new(
        items: Outgoing<Q>,
        codec: &Arc<Codec<N, D>>,
        limit: Option<usize>,
    ) -> (Self, Hold) {
        let (sent, held) = oneshot::channel();
        let (tell, broken) = oneshot::channel();
        let own = Self { items, codec: Arc::clone(codec), held, limit, broken: Some(tell) };
        (own, Hold { _sent: sent, broken })
    }

    /// Ends the call: it is reset, and the caller is told why.
    fn broken(&mut self, error: GrpcError) -> tonic::Status {
        if let Some(tell) = self.broken.take() {
            // Nobody waits for the answer any more, otherwise.
            let _ = tell.send(error);
        }
        wire::cancelled()
    }
}

impl<Q, N, D, P, NE> Stream for Encoded<Q, N, D>
where
    N: Fn(Q) -> Result<P, NE>,
    P: Message,
    NE: Failure,
{
    type Item = Result<P, tonic::Status>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if Pin::new(&mut this.held).poll(task).is_ready() {
            return Poll::Ready(Some(Err(wire::cancelled())));
        }
        Pin::new(&mut this.items).poll_next(task).map(|next| {
            let message = (this.codec.encode)(next?).map_err(GrpcError::of);
            let message = message.and_then(|message| {
                wire::fits(&message, this.limit)?;
                Ok(message)
            });
            Some(message.map_err(|error| this.broken(error)))
        })
    }
}

/// The server's messages as the caller's own type.
pub(super) struct Decoded<M, N, D> {
    pub(super) messages: Streaming<M>,
    pub(super) limit: usize,
    pub(super) codec: Arc<Codec<N, D>>,
    pub(super) owed: Option<Owed>,
    pub(super) hold: Option<Hold>,
}

impl<M, N, D> Unpin for Decoded<M, N, D> {}

impl<M, N, D> Decoded<M, N, D> {
    fn poll_message<R, DE>(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<R, GrpcError>>>
    where
        D: Fn(M) -> Result<R, DE>,
        DE: Failure,
    {
        let next = ready!(Pin::new(&mut self.messages).poll_next(task));
        Poll::Ready(next.map(|read| match read {
            Ok(message) => (self.codec.decode)(message).map_err(GrpcError::of),
            Err(status) => {
                let error = wire::of_message(status, self.limit);
                Err(match &mut self.hold {
                    Some(hold) => hold.why(error),
                    None => error,
                })
            }
        }))
    }
}

impl<M, N, D, R, DE> Stream for Decoded<M, N, D>
where
    D: Fn(M) -> Result<R, DE>,
    DE: Failure,
{
    type Item = Result<R, GrpcError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.poll_message(task);
        if let (Poll::Ready(next), Some(owed)) = (&polled, &mut self.owed) {
            match next {
                Some(Ok(_)) => {}
                Some(Err(error)) => owed.end(Ended::Failed, Some(error)),
                None => owed.end(Ended::Answered, None),
            }
        }
        polled
    }
}

impl<M: 'static, N, D> Expire for Box<Decoded<M, N, D>>
where
    N: Send + Sync + 'static,
    D: Send + Sync + 'static,
{
    type End = GrpcError;

    fn expire(&mut self) -> GrpcError {
        let error = GrpcError::deadline();
        if let Some(owed) = &mut self.owed {
            owed.end(Ended::Failed, Some(&error));
        }
        error
    }
}

/// Messages until a deadline, at which the call is given up, though nobody asks for more.
pub(super) struct Timed<T: Expire>(Limited<T>);

impl<T: Expire> Timed<T> {
    pub(super) fn new(end: Instant, messages: T) -> Self {
        Self(Limited::new(end, messages))
    }
}

impl<T, R> Stream for Timed<T>
where
    T: Expire<End = GrpcError> + Stream<Item = Result<R, GrpcError>> + Unpin,
{
    type Item = T::Item;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<T::Item>> {
        let asked = self.0.poll(task, |messages, task| Pin::new(messages).poll_next(task));
        asked.map(|asked| asked.unwrap_or_else(|late| late.map(Err)))
    }
}
