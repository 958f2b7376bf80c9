//! Middleware that never waits: something before the call, something after it.

mod both;
mod end;
mod future;

use std::mem;

use crate::{Context, Endpoint, Layer, Outcome};

pub use end::End;
pub use future::HookFuture;
use future::{OnUnwind, Pending};

/// Middleware that never waits: something before the call, and something after it.
///
/// Logging, measuring, limiting, breaking and checking a deadline all have this shape. A hook is
/// plain synchronous code, so ten of them share one hand-written future each a few words long,
/// where ten `async fn`s are ten state machines. Use `async fn call` (see
/// [`Endpoint`]) when the middleware itself must wait.
///
/// # Exactly once
///
/// For every call that [`before`](Self::before) let through, [`after`](Self::after) is called
/// exactly once, whichever way the call ended: with a response, with an error, by a panic (in the
/// inner `call` itself or while its future is polled), or because its future was dropped. What must
/// be given back (a permit, an in-flight gauge) is given back there, or by the `Drop` of the state.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
/// use std::sync::Arc;
/// use oxkit_core::{Context, Endpoint, Hook, Layer, Outcome, Refusal, endpoint_fn, hook};
///
/// /// Counts the calls in flight.
/// #[derive(Clone, Default)]
/// struct InFlight(Arc<AtomicUsize>);
///
/// impl<E: Endpoint> Hook<E> for InFlight {
///     type State = ();
///
///     fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
///         self.0.fetch_add(1, Relaxed);
///         Ok(())
///     }
///
///     fn after(&self, _: (), _: Outcome<'_, E::Response, E::Error>) {
///         self.0.fetch_sub(1, Relaxed);
///     }
/// }
///
/// let in_flight = InFlight::default();
/// let endpoint = hook(in_flight.clone()).layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
///
/// let call = endpoint.call(Context::new(), 1);
/// assert_eq!(in_flight.0.load(Relaxed), 1);
/// drop(call);
/// assert_eq!(in_flight.0.load(Relaxed), 0);
/// ```
///
/// # Several
///
/// Each may be a layer of its own. Two in a tuple are one hook, the first outermost: they share one
/// future and, if both tell the time, [one look at the clock](Self::after_at).
pub trait Hook<E: Endpoint>: Send + Sync {
    /// What `before` hands to `after`, such as a start time or a permit.
    type State: Send;

    /// Runs before the call, as part of [`Endpoint::call`] itself.
    ///
    /// It may change the context and the request.
    ///
    /// # Errors
    ///
    /// Refuses the call: the inner endpoint is not called, nor is [`after`](Self::after).
    fn before(&self, cx: &mut Context, request: &mut E::Request) -> Result<Self::State, E::Error>;

    /// Runs once the call ended, however it ended.
    ///
    /// A panic of its own is a panic of the call. If a panic is unwinding already, that one goes on
    /// and this one ends here, once the panic hook of the process has shown it: two at once would
    /// end the process.
    fn after(&self, state: Self::State, outcome: Outcome<'_, E::Response, E::Error>);

    /// As [`after`](Self::after), where several hooks share one look at the clock. Called in place
    /// of it, and by itself does the same.
    ///
    /// For a hook that tells how long a call took, which does its work here and has `after` call
    /// this with an [`End::new`]. Two hooks in a tuple are one hook that tells both of them the same
    /// `end`: a clock costs 20 to 30 ns to read.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use std::sync::{Arc, Mutex};
    /// use oxkit_core::{Context, End, Endpoint, Hook, Layer, Outcome, Refusal, endpoint_fn, hook};
    ///
    /// /// Tells how long calls took.
    /// #[derive(Clone, Default)]
    /// struct Took(Arc<Mutex<Vec<Duration>>>);
    ///
    /// impl<E: Endpoint> Hook<E> for Took {
    ///     type State = Instant;
    ///
    ///     fn before(&self, cx: &mut Context, _: &mut E::Request) -> Result<Instant, E::Error> {
    ///         Ok(cx.arrival().unwrap_or_else(Instant::now))
    ///     }
    ///
    ///     fn after(&self, began: Instant, outcome: Outcome<'_, E::Response, E::Error>) {
    ///         Hook::<E>::after_at(self, began, outcome, &End::new());
    ///     }
    ///
    ///     fn after_at(&self, began: Instant, _: Outcome<'_, E::Response, E::Error>, end: &End) {
    ///         self.0.lock().unwrap().push(end.since(began));
    ///     }
    /// }
    ///
    /// let (one, other) = (Took::default(), Took::default());
    /// let endpoint = hook((one.clone(), other.clone()))
    ///     .layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
    /// # fn at_once<F: Future>(f: F) -> F::Output {
    /// #     let mut f = std::pin::pin!(f);
    /// #     match f.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
    /// #         std::task::Poll::Ready(out) => out,
    /// #         std::task::Poll::Pending => panic!("pending"),
    /// #     }
    /// # }
    /// at_once(endpoint.call(Context::received(Instant::now(), None), 1)).unwrap();
    /// assert_eq!(*one.0.lock().unwrap(), *other.0.lock().unwrap());
    /// ```
    #[inline]
    fn after_at(&self, state: Self::State, outcome: Outcome<'_, E::Response, E::Error>, end: &End) {
        let _ = end;
        self.after(state, outcome);
    }
}

/// Makes a [`Layer`] of a [`Hook`].
///
/// Each endpoint the layer is applied to gets a clone of the hook, so a hook that holds state holds
/// it behind an `Arc`.
pub const fn hook<H>(hook: H) -> HookLayer<H> {
    HookLayer(hook)
}

/// A [`Hook`] as a layer, made by [`hook`].
#[derive(Debug, Clone, Copy)]
pub struct HookLayer<H>(H);

impl<H: Clone, E> Layer<E> for HookLayer<H> {
    type Service = Hooked<H, E>;

    fn layer(&self, inner: E) -> Hooked<H, E> {
        Hooked { hook: self.0.clone(), inner }
    }
}

/// An endpoint with a [`Hook`] around it.
#[derive(Debug, Clone, Copy)]
pub struct Hooked<H, E> {
    hook: H,
    inner: E,
}

impl<H, E> Hooked<H, E> {
    /// Puts `hook` around `inner`.
    pub const fn new(hook: H, inner: E) -> Self {
        Self { hook, inner }
    }
}

impl<H: Hook<E>, E: Endpoint> Endpoint for Hooked<H, E> {
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    #[inline]
    fn call(
        &self,
        mut cx: Context,
        mut request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        let state = match self.hook.before(&mut cx, &mut request) {
            Ok(state) => state,
            Err(error) => return HookFuture::refused(error),
        };
        let mut pending = Pending::new(&self.hook, state);
        // Not by a closure: it would copy the request and the context once more.
        let on_unwind = OnUnwind(&mut pending);
        let inner = self.inner.call(cx, request);
        mem::forget(on_unwind);
        HookFuture::running(inner, pending)
    }
}
