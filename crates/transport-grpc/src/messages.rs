//! Streams of messages: those that come in, and those that are sent.

use std::{
    any::type_name,
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use crate::GrpcError;

/// The messages that the other side sends, decoded one by one as they are asked for.
///
/// The request of a method whose caller streams, and the response of a client whose server streams.
/// It is a [`Stream`] of results; [`next`](Self::next) takes one without a crate of combinators.
///
/// The other side is held back when nobody asks: at most what HTTP/2's flow control allows is
/// buffered. Dropping it tells the other side to stop. After an error or the end there is nothing
/// more.
///
/// ```
/// use oxkit_transport_grpc::Incoming;
///
/// # async fn example() -> Result<(), oxkit_transport_grpc::GrpcError> {
/// // As it would come from the network; a test makes one like this.
/// let mut numbers = Incoming::of([1, 2, 3]);
/// let mut sum = 0;
/// while let Some(number) = numbers.next().await? {
///     sum += number;
/// }
/// assert_eq!(sum, 6);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
pub struct Incoming<T>(Option<Boxed<Result<T, GrpcError>>>);

type Boxed<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

impl<T> Incoming<T> {
    /// Of a stream, for a test of what takes one or for an endpoint between two others.
    pub fn new(messages: impl Stream<Item = Result<T, GrpcError>> + Send + 'static) -> Self {
        Self(Some(Box::pin(messages)))
    }

    /// Of messages that are at hand.
    pub fn of<I>(messages: I) -> Self
    where
        I: IntoIterator<Item = T, IntoIter: Send + 'static>,
        T: 'static,
    {
        Self::new(Ready(messages.into_iter().map(Ok)))
    }

    /// The next message, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Why the stream broke off: the status of the other side, the deadline, or a message that
    /// could not be decoded.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no message.
    pub async fn next(&mut self) -> Result<Option<T>, GrpcError> {
        poll_fn(|task| self.poll_message(task)).await.transpose()
    }

    fn poll_message(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<T, GrpcError>>> {
        let Some(messages) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let polled = messages.as_mut().poll_next(task);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.0 = None;
        }
        polled
    }
}

impl<T> Stream for Incoming<T> {
    type Item = Result<T, GrpcError>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_message(task)
    }
}

impl<T> fmt::Debug for Incoming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("message", &type_name::<T>())
            .field("has_ended", &self.0.is_none())
            .finish()
    }
}

/// The messages that a client sends, encoded one by one as the other side takes them.
///
/// The request of a client of a method whose caller streams. It is pulled only as fast as HTTP/2's
/// flow control allows.
///
/// ```
/// use oxkit_transport_grpc::Outgoing;
///
/// let numbers = Outgoing::of([1, 2, 3]);
/// # drop(numbers);
/// ```
pub struct Outgoing<T>(Boxed<T>);

impl<T> Outgoing<T> {
    /// Of a stream.
    pub fn new(messages: impl Stream<Item = T> + Send + 'static) -> Self {
        Self(Box::pin(messages))
    }

    /// Of messages that are at hand.
    pub fn of<I>(messages: I) -> Self
    where
        I: IntoIterator<Item = T, IntoIter: Send + 'static>,
    {
        Self::new(Ready(messages.into_iter()))
    }
}

impl<T> Stream for Outgoing<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<T>> {
        self.get_mut().0.as_mut().poll_next(task)
    }
}

impl<T> fmt::Debug for Outgoing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Outgoing").field(&type_name::<T>()).finish()
    }
}

/// A stream of what an iterator gives.
pub(crate) struct Ready<I>(pub(crate) I);

// Nothing is pinned in it.
impl<I> Unpin for Ready<I> {}

impl<I: Iterator> Stream for Ready<I> {
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.0.next())
    }
}

#[cfg(test)]
mod tests {
    use oxkit_core::ErrorKind;

    use super::*;

    #[tokio::test]
    async fn after_an_error_there_is_nothing_more() {
        let broken = || Err(GrpcError::of_kind(ErrorKind::Unavailable, "gone"));
        let mut messages = Incoming::new(Ready(vec![Ok(1), broken(), Ok(2)].into_iter()));
        assert_eq!(messages.next().await.unwrap(), Some(1));
        assert!(messages.next().await.is_err());
        assert_eq!(messages.next().await.unwrap(), None);
    }
}
