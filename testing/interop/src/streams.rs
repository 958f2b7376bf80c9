//! Streams for the tests.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use futures_core::Stream;
use oxkit_core::{ErrorKind, Refusal};
use oxkit_transport_grpc::{GrpcError, Incoming};
use tokio::sync::mpsc;

/// The numbers from zero on, as fast as they are taken; after the last an error, if there is one.
#[derive(Debug)]
pub struct Numbers {
    next: i64,
    end: i64,
    error: Option<Refusal>,
}

impl Numbers {
    /// The numbers below `end`; of a negative one as many, and then an error.
    #[must_use]
    pub fn below(end: i64) -> Self {
        let error = (end < 0).then(|| Refusal::of_kind(ErrorKind::Aborted, "lost a race"));
        Self { next: 0, end: end.saturating_abs(), error }
    }
}

impl Stream for Numbers {
    type Item = Result<i64, Refusal>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.next == self.end {
            return Poll::Ready(self.error.take().map(Err));
        }
        self.next += 1;
        Poll::Ready(Some(Ok(self.next - 1)))
    }
}

/// The same text again and again, for as long as it is taken.
#[derive(Debug)]
pub struct Texts(String);

impl Texts {
    /// Of so many bytes.
    #[must_use]
    pub fn of(size: usize) -> Self {
        Self("x".repeat(size))
    }
}

impl Stream for Texts {
    type Item = Result<String, Refusal>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(Ok(self.0.clone())))
    }
}

/// The sum of all numbers so far, for each.
#[derive(Debug)]
pub struct Sums {
    numbers: Incoming<i64>,
    sum: i64,
}

impl Sums {
    /// Of these numbers.
    #[must_use]
    pub const fn of(numbers: Incoming<i64>) -> Self {
        Self { numbers, sum: 0 }
    }
}

impl Stream for Sums {
    type Item = Result<i64, GrpcError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.numbers).poll_next(task);
        polled.map_ok(|number| {
            self.sum += number;
            self.sum
        })
    }
}

/// A stream that counts how many of its kind there are, and what was taken of all of them.
#[derive(Debug)]
pub struct Counted<S> {
    inner: S,
    alive: Arc<AtomicU64>,
    taken: Arc<AtomicU64>,
}

impl<S> Counted<S> {
    /// Counts `inner` in `alive` for as long as it lives, and its items in `taken`.
    pub fn new(inner: S, alive: &Arc<AtomicU64>, taken: &Arc<AtomicU64>) -> Self {
        alive.fetch_add(1, Relaxed);
        Self { inner, alive: Arc::clone(alive), taken: Arc::clone(taken) }
    }
}

impl<S> Drop for Counted<S> {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Relaxed);
    }
}

impl<S: Stream + Unpin> Stream for Counted<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let polled = Pin::new(&mut self.inner).poll_next(task);
        if matches!(polled, Poll::Ready(Some(_))) {
            self.taken.fetch_add(1, Relaxed);
        }
        polled
    }
}

/// The receiving half of a channel as a stream.
#[derive(Debug)]
pub struct Queue<T>(pub mpsc::UnboundedReceiver<T>);

impl<T> Stream for Queue<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_recv(task)
    }
}
