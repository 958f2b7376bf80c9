//! Messages on their way: those that are sent, and those that come.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll},
};

use futures_core::Stream;
use oxkit_core::Failure;
use prost::Message;
use tokio::{
    sync::oneshot,
    time::{Instant, Sleep, sleep_until},
};
use tonic::codec::Streaming;

use super::{
    Codec,
    report::{Ended, Owed},
};
use crate::{GrpcError, Outgoing, wire};

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

/// The server's messages as the caller's own type, until the deadline.
pub(super) struct Decoded<M, N, D> {
    pub(super) messages: Streaming<M>,
    pub(super) codec: Arc<Codec<N, D>>,
    pub(super) end: Option<Instant>,
    // Only a stream that has to wait makes one.
    pub(super) timer: Option<Pin<Box<Sleep>>>,
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
        // Of a server that always has a message no timer would ever be asked.
        if self.end.is_some_and(|end| end <= Instant::now()) {
            return Poll::Ready(Some(Err(GrpcError::deadline())));
        }
        match Pin::new(&mut self.messages).poll_next(task) {
            Poll::Ready(next) => Poll::Ready(next.map(|read| match read {
                Ok(message) => (self.codec.decode)(message).map_err(GrpcError::of),
                Err(status) => {
                    let error = wire::of_answer(status);
                    Err(match &mut self.hold {
                        Some(hold) => hold.why(error),
                        None => error,
                    })
                }
            })),
            Poll::Pending => {
                let Some(end) = self.end else {
                    return Poll::Pending;
                };
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
                timer.as_mut().poll(task).map(|()| Some(Err(GrpcError::deadline())))
            }
        }
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
