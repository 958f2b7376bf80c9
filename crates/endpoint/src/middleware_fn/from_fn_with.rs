//! Middleware from an async function that is lent a state.

use std::{any::type_name, fmt, marker::PhantomData};

use oxkit_core::{Context, Endpoint, Layer};

use crate::Next;

/// Makes a layer of an async function and a state it is lent at each call:
/// `async fn(&State, Context, Request, Next) -> Result<..>`.
///
/// The state is cloned for each endpoint the layer wraps, and never for a call: what the endpoints
/// share is behind an `Arc`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::sync::{Arc, atomic::{AtomicU32, Ordering::Relaxed}};
/// use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
/// use oxkit_endpoint::from_fn_with;
///
/// let calls = Arc::new(AtomicU32::new(0));
/// let counted = from_fn_with(calls.clone(), async |calls, cx, request, next| {
///     calls.fetch_add(1, Relaxed);
///     next.call(cx, request).await
/// });
///
/// let endpoint = counted.layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
/// assert_eq!(endpoint.call(Context::new(), 7).await.unwrap(), 7);
/// assert_eq!(calls.load(Relaxed), 1);
/// # }
/// ```
///
/// See [`from_fn`](crate::from_fn) for the rest.
pub const fn from_fn_with<S, E, F>(state: S, f: F) -> FromFnWith<S, F, E>
where
    E: Endpoint,
    F: AsyncFn(&S, Context, E::Request, Next<'_, E>) -> Result<E::Response, E::Error>,
{
    FromFnWith { state, f, inner: PhantomData }
}

/// An async function with a state as a layer, made by [`from_fn_with`].
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct FromFnWith<S, F, E> {
    state: S,
    f: F,
    inner: PhantomData<fn(E)>,
}

impl<S: Clone, F: Clone, E> Layer<E> for FromFnWith<S, F, E> {
    type Service = FromFnWithEndpoint<S, F, E>;

    fn layer(&self, inner: E) -> Self::Service {
        FromFnWithEndpoint { state: self.state.clone(), f: self.f.clone(), inner }
    }
}

impl<S: Clone, F: Clone, E> Clone for FromFnWith<S, F, E> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), f: self.f.clone(), inner: PhantomData }
    }
}

impl<S: Copy, F: Copy, E> Copy for FromFnWith<S, F, E> {}

impl<S: fmt::Debug, F, E> fmt::Debug for FromFnWith<S, F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFnWith")
            .field("state", &self.state)
            .field("f", &type_name::<F>())
            .finish()
    }
}

/// An endpoint with an async function and its state around it, made by [`from_fn_with`].
#[derive(Clone, Copy)]
pub struct FromFnWithEndpoint<S, F, E> {
    state: S,
    f: F,
    inner: E,
}

impl<S, F, E> Endpoint for FromFnWithEndpoint<S, F, E>
where
    S: Send + Sync,
    E: Endpoint,
    F: for<'a> StatefulMiddlewareFn<'a, S, E>,
{
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        self.f.run(&self.state, cx, request, Next::new(&self.inner))
    }
}

impl<S: fmt::Debug, F, E: fmt::Debug> fmt::Debug for FromFnWithEndpoint<S, F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFnWithEndpoint")
            .field("state", &self.state)
            .field("f", &type_name::<F>())
            .field("inner", &self.inner)
            .finish()
    }
}

/// An async function whose future is known to be `Send`, and which is lent a state. Not to be named
/// outside, for the reasons given at `MiddlewareFn`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a middleware for `{E}` with a state of `{S}`",
    note = "it is an `async fn(&S, Context, E::Request, Next<'_, E>) -> Result<E::Response, E::Error>`",
    note = "it must be `Send + Sync`, and what it holds across an `.await` must be `Send`"
)]
pub trait StatefulMiddlewareFn<'a, S, E: Endpoint, Lent = (&'a S, &'a E)>: Send + Sync {
    /// The future of one call.
    type Future: Future<Output = Result<E::Response, E::Error>> + Send;

    /// Starts one call.
    fn run(
        &'a self,
        state: &'a S,
        cx: Context,
        request: E::Request,
        next: Next<'a, E>,
    ) -> Self::Future;
}

impl<'a, S, E, F, Answer> StatefulMiddlewareFn<'a, S, E, (&'a S, &'a E)> for F
where
    E: Endpoint,
    F: Fn(&'a S, Context, E::Request, Next<'a, E>) -> Answer + Send + Sync,
    Answer: Future<Output = Result<E::Response, E::Error>> + Send,
{
    type Future = Answer;

    fn run(&'a self, state: &'a S, cx: Context, request: E::Request, next: Next<'a, E>) -> Answer {
        self(state, cx, request, next)
    }
}
