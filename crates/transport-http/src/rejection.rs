//! An error that knows its status.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use oxkit_core::{ErrorKind, Failure, Refusal};

use crate::{BodyError, kind_of, status_of};

/// An error that knows its HTTP status: what a decoder, an encoder or a before hook refuses with.
///
/// Its text was written for the caller, so the caller sees it whatever the kind. Put the cause in
/// the [source](Self::with_source), which never leaves the process.
///
/// # In a domain error
///
/// A domain error needs no HTTP in it: its kind gives the status. Where the status or a header must
/// be another one, let it have a `Rejection` anywhere in its chain of [sources](Error::source): the
/// server answers with the status and the headers of the first one it finds there, and with the
/// outer error's kind and text.
///
/// ```
/// use http::{StatusCode, header::WWW_AUTHENTICATE, HeaderValue};
/// use oxkit_core::{ErrorKind, Failure};
/// use oxkit_transport_http::Rejection;
///
/// let rejection = Rejection::new(StatusCode::UNAUTHORIZED, "who are you?")
///     .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
/// assert_eq!(rejection.kind(), ErrorKind::Unauthenticated);
/// assert_eq!(rejection.public_message(), "who are you?");
/// ```
// Boxed: a header map alone is twelve words, and every `Result` on the hot path would carry them.
#[must_use = "a rejection does nothing until it is returned"]
pub struct Rejection(Box<Inner>);

struct Inner {
    status: StatusCode,
    kind: ErrorKind,
    message: Cow<'static, str>,
    headers: HeaderMap,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Rejection {
    /// A rejection with this status and this text for the caller. The kind is the status's
    /// ([`kind_of`]).
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(status, kind_of(status), message.into())
    }

    /// A rejection of this kind with this text for the caller. The status is the kind's
    /// ([`status_of`]).
    ///
    /// ```
    /// use http::StatusCode;
    /// use oxkit_core::ErrorKind;
    /// use oxkit_transport_http::Rejection;
    ///
    /// let rejection = Rejection::of_kind(ErrorKind::NotFound, "no such todo");
    /// assert_eq!(rejection.status(), StatusCode::NOT_FOUND);
    /// ```
    pub fn of_kind(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(status_of(kind), kind, message.into())
    }

    fn of(status: StatusCode, kind: ErrorKind, message: Cow<'static, str>) -> Self {
        Self(Box::new(Inner {
            status,
            kind,
            message,
            headers: HeaderMap::new(),
            retry_after: None,
            source: None,
        }))
    }

    /// Replaces the kind. The status stays.
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Adds a header to the answer. Repeated, a name keeps all its values; one that the error
    /// encoder sets too, such as `Content-Type`, is replaced and not doubled.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    /// Advises when to try again. Sent as `Retry-After`.
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// Adds the cause, for logs: it is the [source](Error::source) and never part of the answer.
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The headers it adds to the answer.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }
}

impl Failure for Rejection {
    fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    fn public_message(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0.message)
    }
}

impl Error for Rejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.0.source.as_ref()?;
        Some(&**source)
    }
}

/// Keeps the kind, the advice and the public text; the refusal itself becomes the source.
impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.public_message().into_owned();
        let mut rejection = Self::of_kind(refusal.kind(), message);
        rejection.0.retry_after = refusal.retry_after();
        rejection.with_source(refusal)
    }
}

/// 413 for a body that is too large, 400 for one that could not be read.
impl From<BodyError> for Rejection {
    fn from(error: BodyError) -> Self {
        let status = status_of_body(&error);
        let message = error.to_string();
        Self::new(status, message).with_source(error)
    }
}

pub(crate) fn status_of_body(error: &BodyError) -> StatusCode {
    if error.is_too_large() { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.message)
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Rejection");
        out.field("status", &self.0.status)
            .field("kind", &self.0.kind)
            .field("message", &self.0.message);
        if !self.0.headers.is_empty() {
            out.field("headers", &self.0.headers);
        }
        if let Some(after) = self.0.retry_after {
            out.field("retry_after", &after);
        }
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish()
    }
}
