//! A JSON response that sets its status and headers.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

/// What can be answered as JSON: whatever serde can serialize, and a [`Reply`] around it.
///
/// Not meant to be implemented elsewhere. `Result` is one as well, as serde can serialize it; the
/// servers for JSON refuse it when they are made.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be answered as JSON",
    note = "derive `serde::Serialize` for it, or wrap what has it in a `Reply`",
    note = "for a response that is a `Result<T, DomainError>` use `Server::json_result`"
)]
pub trait JsonReply: Send {
    /// What is serialized.
    type Json: Serialize;

    /// The value, and the status and headers if it brings its own: most bring none, and a map of
    /// headers is not for nothing.
    fn into_parts(self) -> (Self::Json, Option<(StatusCode, HeaderMap)>);
}

impl<T: Serialize + Send> JsonReply for T {
    type Json = T;

    fn into_parts(self) -> (T, Option<(StatusCode, HeaderMap)>) {
        (self, None)
    }
}

impl<T: Serialize + Send> JsonReply for Reply<T> {
    type Json = T;

    fn into_parts(self) -> (T, Option<(StatusCode, HeaderMap)>) {
        (self.body, Some((self.status, self.headers)))
    }
}

/// A JSON response with a status and headers of its own.
///
/// As an endpoint's response it makes the endpoint speak HTTP. To keep it free of that, wrap the
/// response in an [encoder](super::Encode) instead, or set headers in an [after
/// hook](super::Server::after).
///
/// ```
/// use http::{HeaderValue, StatusCode, header::LOCATION};
/// use oxkit_transport_http::Reply;
///
/// let created = Reply::new(7)
///     .with_status(StatusCode::CREATED)
///     .with_header(LOCATION, HeaderValue::from_static("/todos/7"));
/// assert_eq!(created.status, StatusCode::CREATED);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply<T> {
    /// The status: 200 unless set.
    pub status: StatusCode,
    /// Headers to send. A content type here replaces the codec's.
    pub headers: HeaderMap,
    /// The value.
    pub body: T,
}

impl<T> Reply<T> {
    /// A reply with status 200 and no headers of its own.
    #[must_use]
    pub fn new(body: T) -> Self {
        Self { status: StatusCode::OK, headers: HeaderMap::new(), body }
    }

    /// Sets the status.
    #[must_use]
    pub const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds a header; a name may be repeated.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }
}
