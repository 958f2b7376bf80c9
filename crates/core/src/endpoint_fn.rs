//! A closure or an `async fn` as an endpoint.

use std::{any::type_name, fmt, marker::PhantomData};

use crate::{Context, Endpoint, Failure, Refusal};

/// Makes an endpoint of a closure or an `async fn` that takes the context and the request.
///
/// ```
/// use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn};
///
/// async fn count(_: Context, s: String) -> Result<usize, Refusal> {
///     Ok(s.chars().count())
/// }
///
/// let named = endpoint_fn(count);
/// let closure = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s.to_uppercase()));
/// # fn takes<T>(_: impl Endpoint<Request = String, Response = T>) {}
/// # takes(named);
/// # takes(closure);
/// ```
///
/// An async closure can be called many times at once only if it captures nothing. What a method
/// needs, its service above all, is handed to [`endpoint_fn_with`](crate::endpoint_fn_with).
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
