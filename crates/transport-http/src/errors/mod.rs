//! How a failure is answered: its status, its headers, and the body an [`ErrorEncoder`] gives it.

mod encoders;
mod render;

use http::{Response, StatusCode};
use oxkit_core::Failure;

use crate::Body;

pub use encoders::{GoKit, PlainText, Problem};
pub(crate) use render::render;

/// Turns a failure into a response.
///
/// [`PlainText`] is the default; [`Problem`] and [`GoKit`] are the other two that come with the
/// crate, and any closure of this shape is one:
///
/// ```
/// use http::{Response, StatusCode};
/// use oxkit_core::{Failure, Reason, Refusal};
/// use oxkit_transport_http::{Body, ErrorEncoder};
///
/// let terse = |error: &(dyn Failure + 'static), status: StatusCode| {
///     let mut response = Response::new(Body::from(error.kind().name()));
///     *response.status_mut() = status;
///     response
/// };
/// let response = terse.encode(&Refusal::new(Reason::RateLimited), StatusCode::TOO_MANY_REQUESTS);
/// assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
/// ```
///
/// Show the caller the [public message](Failure::public_message) and nothing else of the error.
/// The headers that do not depend on the form are added afterwards: `Retry-After`, `X-Error-Kind`,
/// and those of a [`Rejection`](crate::Rejection).
pub trait ErrorEncoder: Send + Sync + 'static {
    /// The response for `error`.
    ///
    /// `status` is what the error calls for; the status of the returned response is what is sent.
    /// To look at a domain error's own fields, downcast `error as &dyn std::error::Error`.
    fn encode(&self, error: &(dyn Failure + 'static), status: StatusCode) -> Response<Body>;
}

impl<F> ErrorEncoder for F
where
    F: Fn(&(dyn Failure + 'static), StatusCode) -> Response<Body> + Send + Sync + 'static,
{
    fn encode(&self, error: &(dyn Failure + 'static), status: StatusCode) -> Response<Body> {
        self(error, status)
    }
}
