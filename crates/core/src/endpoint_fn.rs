//! A closure or an `async fn` as an endpoint.

use std::{any::type_name, fmt, marker::PhantomData};

use crate::{Context, Endpoint, Failure, Refusal};

/// Makes an endpoint of a closure or an `async fn` that takes the context and the request.
///
/// ```
/// use std::sync::Arc;
/// use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn};
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
/// let greet = endpoint_fn(move |_cx: Context, name: String| {
///     let service = service.clone();
///     async move { Ok::<_, Refusal>(service.greet(&name)) }
/// });
/// # fn takes(_: impl Endpoint<Request = String, Response = String>) {}
/// # takes(greet);
/// ```
pub const fn endpoint_fn<F, Request, Answer, Response, Error>(f: F) -> EndpointFn<F, Request>
where
    F: Fn(Context, Request) -> Answer + Send + Sync,
    Answer: Future<Output = Result<Response, Error>> + Send,
    Request: Send,
    Response: Send,
    Error: Failure + From<Refusal>,
{
    EndpointFn { f, request: PhantomData }
}

/// A closure or an `async fn` as an endpoint, made by [`endpoint_fn`].
pub struct EndpointFn<F, Request> {
    f: F,
    request: PhantomData<fn(Request)>,
}

impl<F, Request, Answer, Response, Error> Endpoint for EndpointFn<F, Request>
where
    F: Fn(Context, Request) -> Answer + Send + Sync,
    Answer: Future<Output = Result<Response, Error>> + Send,
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
        (self.f)(cx, request)
    }
}

impl<F: Clone, Request> Clone for EndpointFn<F, Request> {
    fn clone(&self) -> Self {
        Self { f: self.f.clone(), request: PhantomData }
    }
}

impl<F: Copy, Request> Copy for EndpointFn<F, Request> {}

impl<F, Request> fmt::Debug for EndpointFn<F, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EndpointFn").field(&type_name::<F>()).finish()
    }
}
