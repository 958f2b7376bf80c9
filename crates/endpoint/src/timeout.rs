//! A limit on the time a call may take.

use std::time::Duration;

use oxkit_core::{
    Context, Endpoint, Layer, Reason, Refusal,
    future::{Elapsed, OrRefused},
};

use crate::future::{map_output, now, until};

/// Limits the time a call may take: to a duration, and to the context's deadline if that is
/// earlier.
///
/// The inner endpoint is told: its context's [deadline](Context::deadline) is the earlier of the
/// two, so a client inside passes it on and work that cannot be done in time is not begun. When time
/// runs out the inner future is dropped and the call refused with [`Reason::Deadline`]. A call whose
/// deadline has passed already is refused without calling the inner endpoint.
///
/// An answer that is there wins over a deadline that has passed meanwhile. Timers count in
/// milliseconds: a refusal comes up to one millisecond late, never early.
///
/// No timer is made for a call that is answered without waiting. One that has to wait allocates its
/// timer, so that the futures of all calls are small.
///
/// # Cancel safety
///
/// Dropping the future drops the inner one and the timer.
///
/// # Panics
///
/// A call that has to wait panics outside of a tokio runtime, or in one whose timer is not enabled.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use std::time::Duration;
/// use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
/// use oxkit_endpoint::Timeout;
///
/// let slow = endpoint_fn(async |_cx, (): ()| {
///     tokio::time::sleep(Duration::from_secs(60)).await;
///     Ok::<_, Refusal>(())
/// });
/// let endpoint = Timeout::new(Duration::from_secs(2)).layer(slow);
/// let refused = endpoint.call(Context::new(), ()).await.unwrap_err();
/// assert_eq!(refused.reason(), Reason::Deadline);
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct Timeout {
    limit: Option<Duration>,
    from_arrival: bool,
}

impl Timeout {
    /// Limits each call to `limit`, or to the context's deadline if that is earlier.
    ///
    /// A limit of zero refuses every call; one beyond the end of the clock is none.
    pub const fn new(limit: Duration) -> Self {
        Self { limit: Some(limit), from_arrival: false }
    }

    /// Counts the limit from when the request [arrived](Context::arrival), if the context knows.
    ///
    /// For the outermost layers of a server, where the caller began to wait when its request came
    /// in: what a call waited before it got here, for a slot or for something else, is part of its
    /// time. It also saves reading the clock, which is most of what this layer costs, so a call
    /// whose time is up when it gets here is cut where it first waits and not before it begins: a
    /// [`Shed`](crate::Shed) inside of what calls wait for does that.
    ///
    /// Not for a limit on one attempt of several, or on what is called on the way: both began later
    /// than the request.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// use std::time::Duration;
    /// use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
    /// use oxkit_endpoint::Timeout;
    /// use tokio::time::{Instant, sleep};
    ///
    /// let stuck = endpoint_fn(async |_cx, (): ()| std::future::pending::<Result<(), Refusal>>().await);
    /// let endpoint = Timeout::new(Duration::from_secs(2)).counted_from_arrival().layer(stuck);
    ///
    /// let arrival = Instant::now();
    /// let cx = Context::received(arrival.into_std(), None);
    /// sleep(Duration::from_millis(500)).await;
    /// assert_eq!(endpoint.call(cx, ()).await.unwrap_err().reason(), Reason::Deadline);
    /// assert_eq!(arrival.elapsed(), Duration::from_secs(2));
    /// # }
    /// ```
    pub const fn counted_from_arrival(mut self) -> Self {
        self.from_arrival = true;
        self
    }

    /// Limits each call to the context's deadline, and those without one not at all.
    ///
    /// For a client behind a service that sets the deadline, or before an endpoint that does not
    /// look at it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// use std::time::Duration;
    /// use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
    /// use oxkit_endpoint::Timeout;
    /// use tokio::time::Instant;
    ///
    /// let stuck = endpoint_fn(async |_cx, (): ()| std::future::pending::<Result<(), Refusal>>().await);
    /// let endpoint = Timeout::deadline_only().layer(stuck);
    /// let deadline = Instant::now() + Duration::from_secs(1);
    /// let cx = Context::new().with_deadline(deadline.into_std());
    /// assert_eq!(endpoint.call(cx, ()).await.unwrap_err().reason(), Reason::Deadline);
    /// assert_eq!(Instant::now(), deadline);
    /// # }
    /// ```
    pub const fn deadline_only() -> Self {
        Self { limit: None, from_arrival: false }
    }
}

impl<E> Layer<E> for Timeout {
    type Service = TimeoutEndpoint<E>;

    fn layer(&self, inner: E) -> TimeoutEndpoint<E> {
        TimeoutEndpoint { timeout: *self, inner }
    }
}

/// An endpoint with a limit on the time of a call, made by [`Timeout`].
#[derive(Debug, Clone, Copy)]
pub struct TimeoutEndpoint<E> {
    timeout: Timeout,
    inner: E,
}

impl<E: Endpoint> Endpoint for TimeoutEndpoint<E> {
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    #[inline]
    fn call(
        &self,
        mut cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        let Timeout { limit, from_arrival } = self.timeout;
        let given = cx.deadline();
        let mut deadline = given;
        // Without any limit the clock need not be read.
        if limit.is_some() || given.is_some() {
            let arrival = if from_arrival { cx.arrival() } else { None };
            let began = arrival.unwrap_or_else(now);
            let own = limit.and_then(|limit| began.checked_add(limit));
            if let Some(own) = own
                && given.is_none_or(|given| own < given)
            {
                deadline = Some(own);
                cx = cx.with_deadline(own);
            }
            if deadline.is_some_and(|deadline| deadline <= began) {
                return OrRefused::refused(Refusal::new(Reason::Deadline).into());
            }
        }
        OrRefused::running(map_output(until(deadline, self.inner.call(cx, request)), |result| {
            result.unwrap_or_else(|Elapsed| Err(Refusal::new(Reason::Deadline).into()))
        }))
    }
}
