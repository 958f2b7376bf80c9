//! The two things a boxed body is made of: another body, or a stream.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::BodyError;

pin_project! {
    /// A body of another type, with our error.
    pub(super) struct Foreign<B> {
        #[pin]
        inner: B,
    }
}

impl<B> Foreign<B> {
    pub(super) const fn new(inner: B) -> Self {
        Self { inner }
    }
}

impl<B> HttpBody for Foreign<B>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.project()
            .inner
            .poll_frame(task)
            .map(|frame| frame.map(|frame| frame.map_err(BodyError::new)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

pin_project! {
    /// A stream of chunks as a body. It is not polled again after its end or its first error.
    pub(super) struct Streamed<S> {
        #[pin]
        stream: S,
        done: bool,
    }
}

impl<S> Streamed<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, done: false }
    }
}

impl<S, E> HttpBody for Streamed<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.project();
        if *this.done {
            return Poll::Ready(None);
        }
        let chunk = ready!(this.stream.poll_next(task));
        *this.done = !matches!(chunk, Some(Ok(_)));
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data).map_err(BodyError::new)))
    }

    fn is_end_stream(&self) -> bool {
        self.done
    }
}
