//! The trait at the centre: one RPC method.

use std::sync::Arc;

use crate::{BoxEndpoint, Context, Failure, Refusal};

/// One RPC method: a typed request in, a typed response or error out.
///
/// The same trait serves both sides. On a server an endpoint wraps a method of the business
/// service; on a client it *is* the remote method, and calling it performs the request. Everything
/// that decorates a call (logging, limits, retries, balancing) is an endpoint around an endpoint.
///
/// # The contract
///
/// * **`&self`, always ready.** There is no readiness protocol: whoever must hold a caller back
///   does so inside [`call`](Self::call), and gives up when the deadline of the [`Context`] says
///   so. An endpoint is shared by reference and serves any number of calls at once.
/// * **`Send` futures.** A call may move between threads. `async fn call` in an implementation
///   satisfies this when everything it holds across an `.await` is `Send`.
/// * **Dropping the future cancels the call.** An implementation leaves no state behind that a
///   drop at any `.await` could corrupt.
/// * **Work may begin when `call` is called**, before the future is first polled; nothing is
///   promised until it is polled to completion.
/// * **The error takes refusals.** [`Error`](Self::Error) can be made from a [`Refusal`], so every
///   layer fits every endpoint without a bound of its own.
///
/// # Writing a middleware
///
/// Call the inner endpoint *inside* the async body, as below, or return its future unchanged.
/// Building the inner future first and awaiting it in an `async move` block stores it twice and
/// doubles the size of the future at every layer.
///
/// ```
/// use oxkit_core::{Context, Endpoint, Layer};
///
/// #[derive(Clone, Copy)]
/// struct Twice;
///
/// impl<E> Layer<E> for Twice {
///     type Service = CallTwice<E>;
///     fn layer(&self, inner: E) -> CallTwice<E> {
///         CallTwice(inner)
///     }
/// }
///
/// struct CallTwice<E>(E);
///
/// impl<E: Endpoint<Request: Clone + Sync>> Endpoint for CallTwice<E> {
///     type Request = E::Request;
///     type Response = (E::Response, E::Response);
///     type Error = E::Error;
///
///     async fn call(&self, cx: Context, request: E::Request) -> Result<Self::Response, E::Error> {
///         let first = self.0.call(cx.clone(), request.clone()).await?;
///         let second = self.0.call(cx, request).await?;
///         Ok((first, second))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an endpoint",
    note = "an `async fn(Context, Request) -> Result<Response, Error>` or such a closure becomes one with `endpoint_fn`",
    note = "its error type must implement `Failure` and `From<Refusal>`; use `Refusal` itself if you have none"
)]
pub trait Endpoint: Send + Sync {
    /// What the caller sends, in domain types.
    type Request: Send;
    /// What the caller gets, in domain types.
    type Response: Send;
    /// Why there is no response.
    type Error: Failure + From<Refusal>;

    /// Performs one call.
    ///
    /// # Errors
    ///
    /// Whatever the method fails with, or a [`Refusal`] from a layer that did not let the call
    /// through.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the call. Whether a remote side has already acted on it is for
    /// the transport to say.
    fn call(
        &self,
        cx: Context,
        request: Self::Request,
    ) -> impl Future<Output = Result<Self::Response, Self::Error>> + Send;

    /// Erases the type, for a seam where endpoints of different types are held together.
    ///
    /// See [`BoxEndpoint`] for what it costs.
    fn boxed(self) -> BoxEndpoint<Self::Request, Self::Response, Self::Error>
    where
        Self: Sized + 'static,
    {
        BoxEndpoint::new(self)
    }
}

macro_rules! forward {
    ($($target:ty),*) => {$(
        impl<E: Endpoint> Endpoint for $target {
            type Request = E::Request;
            type Response = E::Response;
            type Error = E::Error;

            fn call(
                &self,
                cx: Context,
                request: E::Request,
            ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
                (**self).call(cx, request)
            }
        }
    )*};
}

forward!(&E, Box<E>, Arc<E>);
