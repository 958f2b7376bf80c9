//! A limit on the calls in flight.

mod future;
mod queue;

use std::{fmt, sync::Arc};

use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal};
use tokio::sync::{Semaphore, TryAcquireError};

use crate::future::until;
use future::Limited;
use queue::Queue;

/// Limits how many calls are in flight at once.
///
/// A call beyond the limit waits for its turn, first come first served, until its context's
/// deadline; a bounded number may wait. Or it does not wait at all:
/// [`without_waiting`](Self::without_waiting).
///
/// Clones and all endpoints made with them share the one limit. A slot is given back when the call
/// is done, however it ended: with an answer, by a panic, or because its future was dropped.
///
/// | a call finds | it is |
/// |---|---|
/// | a free slot | let through, at the cost of two atomic operations |
/// | no free slot, room to wait | let through in its turn, or refused with [`Reason::Deadline`] when its deadline passes first |
/// | no free slot, no room to wait | refused with [`Reason::Overloaded`] |
///
/// | setting | default |
/// |---|---|
/// | calls that may wait | [1024](Self::DEFAULT_MAX_WAITING) |
///
/// Put a [`Timeout`](crate::Timeout) outside of it to limit the time of waiting and serving
/// together, inside to limit the serving alone. A call without deadline waits for as long as it
/// takes.
///
/// # Cancel safety
///
/// Dropping the future of a call that waits gives up its place in the queue; who comes later moves
/// up.
///
/// # Panics
///
/// A call that has a deadline and must wait panics outside of a tokio runtime, or in one whose
/// timer is not enabled.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
/// use oxkit_endpoint::ConcurrencyLimit;
///
/// let limit = ConcurrencyLimit::new(1).without_waiting();
/// let endpoint = limit.layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
///
/// let first = endpoint.call(Context::new(), 1);
/// let second = endpoint.call(Context::new(), 2).await;
/// assert_eq!(second.unwrap_err().reason(), Reason::Overloaded);
/// assert_eq!(first.await.unwrap(), 1);
/// assert_eq!(limit.in_flight(), 0);
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct ConcurrencyLimit {
    shared: Arc<Shared>,
    max_waiting: usize,
}

struct Shared {
    limit: usize,
    slots: Semaphore,
    queue: Queue,
}

impl ConcurrencyLimit {
    /// How many calls may wait unless something else was said.
    pub const DEFAULT_MAX_WAITING: usize = 1024;

    /// At most `limit` calls at once.
    ///
    /// A limit of 0 lets nothing through: every call is refused at once. One beyond what the
    /// semaphore can count (2^61 on a 64-bit machine) is that.
    pub fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self {
            shared: Arc::new(Shared { limit, slots: Semaphore::new(limit), queue: Queue::new() }),
            max_waiting: Self::DEFAULT_MAX_WAITING,
        }
    }

    /// Lets at most `calls` wait for a slot.
    ///
    /// As many calls as wait may each wait for about `waiting / limit` times the time of a call, so
    /// a long queue serves late answers.
    ///
    /// The number is of this handle, the queue is shared: an endpoint that may wait behind ten and
    /// one that may wait behind a hundred can share one limit.
    pub const fn with_max_waiting(mut self, calls: usize) -> Self {
        self.max_waiting = calls;
        self
    }

    /// Refuses a call beyond the limit at once.
    pub const fn without_waiting(self) -> Self {
        self.with_max_waiting(0)
    }

    /// How many calls are in flight now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.limit - self.shared.slots.available_permits()
    }

    /// How many calls wait for a slot now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.queue.len()
    }
}

impl fmt::Debug for ConcurrencyLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyLimit")
            .field("limit", &self.shared.limit)
            .field("max_waiting", &self.max_waiting)
            .field("in_flight", &self.in_flight())
            .field("waiting", &self.waiting())
            .finish()
    }
}

impl<E> Layer<E> for ConcurrencyLimit {
    type Service = ConcurrencyLimitEndpoint<E>;

    fn layer(&self, inner: E) -> ConcurrencyLimitEndpoint<E> {
        ConcurrencyLimitEndpoint { limit: self.clone(), inner }
    }
}

/// An endpoint with a limit on the calls in flight, made by [`ConcurrencyLimit`].
#[derive(Debug, Clone)]
pub struct ConcurrencyLimitEndpoint<E> {
    limit: ConcurrencyLimit,
    inner: E,
}

impl<E: Endpoint> Endpoint for ConcurrencyLimitEndpoint<E> {
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        let Shared { limit, slots, queue } = &*self.limit.shared;
        let deadline = cx.deadline();
        let start = move || self.inner.call(cx, request);
        // Nobody is overtaken: while calls wait, a slot given back goes to the first of them and is
        // never free.
        match slots.try_acquire() {
            Ok(slot) => return Limited::running(start(), slot),
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {}
        }
        match queue.enter(self.limit.max_waiting) {
            Some(place) if *limit > 0 => {
                Limited::waiting(until(deadline, slots.acquire()), place, start)
            }
            _ => Limited::refused(Refusal::new(Reason::Overloaded).into()),
        }
    }
}
