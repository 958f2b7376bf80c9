//! An async function that is lent a state as an endpoint.

use std::{any::type_name, fmt, marker::PhantomData};

use crate::{Context, Endpoint, Failure, Refusal};

/// Makes an endpoint of an async function and a state it is lent at each call:
/// `async fn(&State, Context, Request) -> Result<Response, Error>`.
///
/// The state is most often the service, and a method of it is all there is to call. Lending it
/// costs nothing, where a closure that owns it would clone it for each call. What several endpoints
/// share is behind an `Arc`.
///
/// ```
/// use std::sync::Arc;
/// use oxkit_core::{Refusal, endpoint_fn_with};
///
/// struct Greeter { greeting: String }
///
/// impl Greeter {
///     fn greet(&self, name: &str) -> String {
///         format!("{}, {name}", self.greeting)
///     }
/// }
///
/// let service = Arc::new(Greeter { greeting: "Hello".to_owned() });
/// let greet = endpoint_fn_with(service, async |service: &Arc<Greeter>, _cx, name: String| {
///     Ok::<_, Refusal>(service.greet(&name))
/// });
/// # use oxkit_core::Endpoint;
/// # fn takes(_: impl Endpoint<Request = String, Response = String>) {}
/// # takes(greet);
/// ```
///
/// A closure given to it captures nothing: everything it needs is in the state.
pub const fn endpoint_fn_with<S, F, Request, Response, Error>(
    state: S,
    f: F,
) -> EndpointFnWith<S, F, Request, Response, Error>
where
    F: AsyncFn(&S, Context, Request) -> Result<Response, Error>,
{
    EndpointFnWith { state, f, types: PhantomData }
}

/// An async function with a state as an endpoint, made by [`endpoint_fn_with`].
#[must_use = "an endpoint does nothing until it is called"]
pub struct EndpointFnWith<S, F, Request, Response, Error> {
    state: S,
    f: F,
    types: PhantomData<fn(Request) -> Result<Response, Error>>,
}

impl<S, F, Request, Response, Error> Endpoint for EndpointFnWith<S, F, Request, Response, Error>
where
    S: Send + Sync,
    F: for<'a> StatefulFn<'a, S, Request, Response, Error>,
    Request: Send,
    Response: Send,
    Error: Failure + From<Refusal>,
{
    type Request = Request;
    type Response = Response;
    type Error = Error;

    fn call(
        &self,
        cx: Context,
        request: Request,
    ) -> impl Future<Output = Result<Response, Error>> + Send {
        self.f.run(&self.state, cx, request)
    }
}

/// An async function whose future is known to be `Send`.
///
/// `AsyncFn` lets a closure infer its arguments and cannot say that its future is `Send`; `Fn` with
/// a named future can say so and does not let it infer. Hence one bound on the constructor and
/// another here. It cannot be named outside, so only functions implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an endpoint with a state of `{S}`",
    note = "it is an `async fn(&S, Context, Request) -> Result<Response, Error>` that captures nothing",
    note = "it must be `Send + Sync`, and what it holds across an `.await` must be `Send`"
)]
pub trait StatefulFn<'a, S, Request, Response, Error>: Send + Sync {
    /// The future of one call.
    type Future: Future<Output = Result<Response, Error>> + Send;

    /// Starts one call.
    fn run(&'a self, state: &'a S, cx: Context, request: Request) -> Self::Future;
}

impl<'a, S, F, Request, Answer, Response, Error> StatefulFn<'a, S, Request, Response, Error> for F
where
    S: 'a,
    F: Fn(&'a S, Context, Request) -> Answer + Send + Sync,
    Answer: Future<Output = Result<Response, Error>> + Send,
{
    type Future = Answer;

    fn run(&'a self, state: &'a S, cx: Context, request: Request) -> Answer {
        self(state, cx, request)
    }
}

impl<S: Clone, F: Clone, Request, Response, Error> Clone
    for EndpointFnWith<S, F, Request, Response, Error>
{
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), f: self.f.clone(), types: PhantomData }
    }
}

impl<S: fmt::Debug, F, Request, Response, Error> fmt::Debug
    for EndpointFnWith<S, F, Request, Response, Error>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointFnWith")
            .field("state", &self.state)
            .field("f", &type_name::<F>())
            .finish()
    }
}
