//! Middleware from an async function of context, request and next.

use std::{any::type_name, fmt, marker::PhantomData};

use oxkit_core::{Context, Endpoint, Layer};

use crate::Next;

/// Makes a layer of an async function: `async fn(Context, Request, Next) -> Result<..>`.
///
/// Whatever comes before `next.call(..).await` happens before the call, whatever comes after it
/// happens after it; returning without calling `next` refuses. The request and the response are the
/// inner endpoint's.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Refusal, endpoint_fn};
/// use oxkit_endpoint::{Next, from_fn};
///
/// // Named, for any endpoint:
/// async fn audit<E: Endpoint>(
///     cx: Context,
///     request: E::Request,
///     next: Next<'_, E>,
/// ) -> Result<E::Response, E::Error> {
///     let result = next.call(cx, request).await;
///     if let Err(error) = &result {
///         eprintln!("audit: {error}");
///     }
///     result
/// }
///
/// // As a closure, whose types are inferred. What it looks into needs its type named.
/// let positive = from_fn(async |cx, request: i64, next| {
///     if request < 0 {
///         return Err(Refusal::of_kind(ErrorKind::InvalidArgument, "must not be negative"));
///     }
///     next.call(cx, request).await
/// });
///
/// let root = endpoint_fn(async |_cx, n: i64| Ok::<_, Refusal>(n.isqrt()));
/// let endpoint = (from_fn(audit), positive).layer(root);
///
/// assert_eq!(endpoint.call(Context::new(), 81).await.unwrap(), 9);
/// let refused = endpoint.call(Context::new(), -1).await.unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
/// # }
/// ```
///
/// # What a closure may hold
///
/// A middleware serves many calls at once, so it must be `Fn`, and the futures of its calls would
/// borrow from it. An `async move` closure that *owns* what it captures cannot lend it so, and the
/// compiler says:
///
/// > async closure does not implement `Fn` because it captures state from its environment
///
/// Give the state to [`from_fn_with`](crate::from_fn_with) instead, which lends it to each call:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
/// use oxkit_endpoint::from_fn_with;
///
/// let prefix = "audit: ".to_owned();
/// let audit = from_fn_with(prefix, async |prefix: &String, cx, request, next| {
///     println!("{prefix}called");
///     next.call(cx, request).await
/// });
/// # let endpoint = audit.layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
/// # assert_eq!(endpoint.call(Context::new(), 1).await.unwrap(), 1);
/// # }
/// ```
///
/// One that captures by reference compiles, and the endpoint borrows as long: it cannot be spawned
/// or [boxed](Endpoint::boxed).
///
/// # For several endpoints
///
/// A layer made by `from_fn` is for endpoints of one type: which one is found out where it is
/// first applied, and the compiler then expects that type. A stack that several endpoints share
/// is a function of the endpoint:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
/// use oxkit_endpoint::{CatchPanic, Next, from_fn};
///
/// async fn audit<E: Endpoint>(
///     cx: Context,
///     request: E::Request,
///     next: Next<'_, E>,
/// ) -> Result<E::Response, E::Error> {
///     println!("called");
///     next.call(cx, request).await
/// }
///
/// fn common<E: Endpoint>(
///     endpoint: E,
/// ) -> impl Endpoint<Request = E::Request, Response = E::Response, Error = E::Error> {
///     (CatchPanic::new(), from_fn(audit)).layer(endpoint)
/// }
///
/// let count = common(endpoint_fn(async |_cx, s: &str| Ok::<_, Refusal>(s.len())));
/// let next = common(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n + 1)));
/// assert_eq!(count.call(Context::new(), "abc").await.unwrap(), 3);
/// assert_eq!(next.call(Context::new(), 3).await.unwrap(), 4);
/// # }
/// ```
///
/// What such layers are to share, a limit or a count, is made outside and handed in. A middleware
/// that does not wait is better a [hook](oxkit_core::hook), which fits every endpoint as it is.
///
/// # A fault of the compiler
///
/// Rust 1.95 may stop an *incremental* build with "unstable fingerprints for
/// `evaluate_obligation`" when a chain has an async closure inside of another middleware function
/// ([rust-lang/rust#155740](https://github.com/rust-lang/rust/issues/155740)). Nothing is wrong
/// with the program: `cargo clean -p` of the package, or `CARGO_INCREMENTAL=0`, builds it. Named
/// functions are not affected.
pub const fn from_fn<E, F>(f: F) -> FromFn<F, E>
where
    E: Endpoint,
    F: AsyncFn(Context, E::Request, Next<'_, E>) -> Result<E::Response, E::Error>,
{
    FromFn { f, inner: PhantomData }
}

/// An async function as a layer, made by [`from_fn`].
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct FromFn<F, E> {
    f: F,
    inner: PhantomData<fn(E)>,
}

impl<F: Clone, E> Layer<E> for FromFn<F, E> {
    type Service = FromFnEndpoint<F, E>;

    fn layer(&self, inner: E) -> Self::Service {
        FromFnEndpoint { f: self.f.clone(), inner }
    }
}

impl<F: Clone, E> Clone for FromFn<F, E> {
    fn clone(&self) -> Self {
        Self { f: self.f.clone(), inner: PhantomData }
    }
}

impl<F: Copy, E> Copy for FromFn<F, E> {}

impl<F, E> fmt::Debug for FromFn<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FromFn").field(&type_name::<F>()).finish()
    }
}

/// An endpoint with an async function around it, made by [`from_fn`].
#[derive(Clone, Copy)]
pub struct FromFnEndpoint<F, E> {
    f: F,
    inner: E,
}

impl<F, E> Endpoint for FromFnEndpoint<F, E>
where
    E: Endpoint,
    F: for<'a> MiddlewareFn<'a, E>,
{
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        self.f.run(cx, request, Next::new(&self.inner))
    }
}

impl<F, E: fmt::Debug> fmt::Debug for FromFnEndpoint<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFnEndpoint")
            .field("f", &type_name::<F>())
            .field("inner", &self.inner)
            .finish()
    }
}

/// An async function whose future is known to be `Send`.
///
/// `AsyncFn` lets a caller's closure infer its arguments and cannot say that its future is `Send`;
/// `Fn` with a named future can say so and does not let it infer. Hence one bound on the
/// constructor and another here. It cannot be named outside, so only functions implement it.
///
/// `Lent` says no more than that `E` outlives `'a`. Said as a bound, `for<'a>` would ask for an
/// endpoint that outlives every lifetime, and one could not wrap a borrowed endpoint.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a middleware for `{E}`",
    note = "a middleware is an `async fn(Context, E::Request, Next<'_, E>) -> Result<E::Response, E::Error>`",
    note = "it must be `Send + Sync`, and what it holds across an `.await` must be `Send`"
)]
pub trait MiddlewareFn<'a, E: Endpoint, Lent = &'a E>: Send + Sync {
    /// The future of one call.
    type Future: Future<Output = Result<E::Response, E::Error>> + Send;

    /// Starts one call.
    fn run(&'a self, cx: Context, request: E::Request, next: Next<'a, E>) -> Self::Future;
}

impl<'a, E, F, Answer> MiddlewareFn<'a, E, &'a E> for F
where
    E: Endpoint,
    F: Fn(Context, E::Request, Next<'a, E>) -> Answer + Send + Sync,
    Answer: Future<Output = Result<E::Response, E::Error>> + Send,
{
    type Future = Answer;

    fn run(&'a self, cx: Context, request: E::Request, next: Next<'a, E>) -> Answer {
        self(cx, request, next)
    }
}
