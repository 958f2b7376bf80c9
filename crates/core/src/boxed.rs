//! The erased twin of [`Endpoint`].

use std::{fmt, pin::Pin, sync::Arc};

use crate::{Context, Endpoint, Failure, Refusal};

type Answer<'a, Response, Error> =
    Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>>;

/// An endpoint whose type is known only by its request, response and error.
///
/// For the seams where endpoints of different types meet: the members of a balancer, a router's
/// table, a client handle in a struct. A clone shares the endpoint, and with it every limit inside.
/// Each call allocates once, for its future; put it at the outside of a chain, not between layers.
///
/// ```
/// use oxkit_core::{BoxEndpoint, Context, Endpoint, Refusal, endpoint_fn};
///
/// async fn plus(_: Context, n: i32) -> Result<i32, Refusal> { Ok(n + 1) }
/// async fn minus(_: Context, n: i32) -> Result<i32, Refusal> { Ok(n - 1) }
///
/// let table: [BoxEndpoint<i32, i32, Refusal>; 2] =
///     [endpoint_fn(plus).boxed(), endpoint_fn(minus).boxed()];
/// assert_eq!(table.len(), 2);
/// ```
pub struct BoxEndpoint<Request, Response, Error>(Arc<dyn Erased<Request, Response, Error>>);

trait Erased<Request, Response, Error>: Send + Sync {
    fn call(&self, cx: Context, request: Request) -> Answer<'_, Response, Error>;
}

impl<E: Endpoint> Erased<E::Request, E::Response, E::Error> for E {
    fn call(&self, cx: Context, request: E::Request) -> Answer<'_, E::Response, E::Error> {
        // First the room, and then the future, which the compiler can make there and nowhere else.
        // `Box::pin` copies it from the stack, and the copy waits for what has just been written.
        let room = Box::new_uninit();
        let call = Box::write(room, Endpoint::call(self, cx, request));
        Box::into_pin(call)
    }
}

impl<Request, Response, Error> BoxEndpoint<Request, Response, Error> {
    /// Erases `endpoint`. [`Endpoint::boxed`] reads better at the end of a chain.
    #[must_use]
    pub fn new<E>(endpoint: E) -> Self
    where
        E: Endpoint<Request = Request, Response = Response, Error = Error> + 'static,
    {
        Self(Arc::new(endpoint))
    }
}

impl<Request, Response, Error> Endpoint for BoxEndpoint<Request, Response, Error>
where
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
        self.0.call(cx, request)
    }

    /// Already erased: returns itself, so that erasing twice costs no second allocation a call.
    fn boxed(self) -> Self {
        self
    }
}

impl<Request, Response, Error> Clone for BoxEndpoint<Request, Response, Error> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Request, Response, Error> fmt::Debug for BoxEndpoint<Request, Response, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxEndpoint").finish_non_exhaustive()
    }
}
