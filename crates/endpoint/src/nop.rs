//! The endpoint that does nothing.

use std::{fmt, future::ready, marker::PhantomData};

use oxkit_core::{Context, Endpoint, Failure, Refusal};

/// An endpoint that does nothing and answers with the default response.
///
/// A stand-in for tests and for a method that is not written yet. Its request can be of any type.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use oxkit_core::{Context, Endpoint, Refusal};
/// use oxkit_endpoint::nop;
///
/// let endpoint = nop::<&str, (), Refusal>();
/// assert!(endpoint.call(Context::new(), "anything").await.is_ok());
/// # }
/// ```
pub const fn nop<Request, Response, Error>() -> Nop<Request, Response, Error>
where
    Request: Send,
    Response: Default + Send,
    Error: Failure + From<Refusal>,
{
    Nop(PhantomData)
}

/// The endpoint that does nothing, made by [`nop`].
#[must_use = "an endpoint does nothing until it is called"]
pub struct Nop<Request = (), Response = (), Error = Refusal>(
    PhantomData<Signature<Request, Response, Error>>,
);

/// A function's, so that the endpoint is `Send + Sync` whatever it speaks of.
type Signature<Request, Response, Error> = fn(Request) -> Result<Response, Error>;

impl<Request, Response, Error> Endpoint for Nop<Request, Response, Error>
where
    Request: Send,
    Response: Default + Send,
    Error: Failure + From<Refusal>,
{
    type Request = Request;
    type Response = Response;
    type Error = Error;

    fn call(&self, _: Context, _: Request) -> impl Future<Output = Result<Response, Error>> + Send {
        ready(Ok(Response::default()))
    }
}

impl<Request, Response, Error> Clone for Nop<Request, Response, Error> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Request, Response, Error> Copy for Nop<Request, Response, Error> {}

impl<Request, Response, Error> fmt::Debug for Nop<Request, Response, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nop")
    }
}
