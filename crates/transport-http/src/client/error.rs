//! Why a remote call gave no result.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use http::StatusCode;
use hyper_util::client::legacy;
use oxkit_core::{ErrorKind, Failure, Reason, Refusal};

use super::text::one_line;
use crate::BodyError;

/// Why a remote call gave no result.
///
/// | what happened | kind |
/// |---|---|
/// | the server answered with an error status | the one the server named, else the one its status [stands for](crate::kind_of) |
/// | no connection could be made | `Unavailable` |
/// | the connection broke before the response was complete | `Unavailable` |
/// | the client's timeout or the context's deadline passed | `DeadlineExceeded` |
/// | the response is not HTTP, is too large or cannot be decoded | `Internal` |
/// | the request could not be encoded, or a hook refused | that of the error |
/// | a layer refused | that of the [`Refusal`] |
///
/// A broken connection says nothing of whether the server acted on the request. Only
/// [`is_connect`](Self::is_connect) is sure: nothing was sent.
///
/// What the other side wrote is kept to one line of at most 1,024 characters, without control
/// characters.
///
/// One word long, so that results stay small.
// A response that is too large would come again, so it is not `ResourceExhausted`, which is
// transient and invites a retry.
pub struct ClientError(Box<Inner>);

struct Inner {
    what: What,
    kind: ErrorKind,
    message: Cow<'static, str>,
    status: Option<StatusCode>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Connect,
    Broken,
    Timeout,
    Malformed,
    Status,
    Other,
}

impl ClientError {
    /// An error of this kind, for a codec or a hook.
    ///
    /// ```
    /// use oxkit_core::{ErrorKind, Failure};
    /// use oxkit_transport_http::ClientError;
    ///
    /// let error = ClientError::of_kind(ErrorKind::Internal, "the answer makes no sense");
    /// assert_eq!(error.kind(), ErrorKind::Internal);
    /// assert_eq!(error.status(), None);
    /// ```
    #[must_use]
    pub fn of_kind(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(What::Other, kind, message.into())
    }

    fn new(what: What, kind: ErrorKind, message: Cow<'static, str>) -> Self {
        Self(Box::new(Inner { what, kind, message, status: None, retry_after: None, source: None }))
    }

    /// Adds the cause: the [source](Error::source).
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// An error of a codec: its kind, its text, and itself as the source.
    pub(super) fn codec(error: impl Failure) -> Self {
        let message = error.to_string();
        let mut own = Self::new(What::Other, error.kind(), message.into());
        own.0.retry_after = error.retry_after();
        own.with_source(error)
    }

    pub(super) fn status_of(
        status: StatusCode,
        kind: ErrorKind,
        message: String,
        retry_after: Option<Duration>,
    ) -> Self {
        let mut own = Self::new(What::Status, kind, message.into());
        own.0.status = Some(status);
        own.0.retry_after = retry_after;
        own
    }

    pub(super) fn timeout() -> Self {
        let text = "the call was not done before its deadline";
        Self::new(What::Timeout, ErrorKind::DeadlineExceeded, text.into())
    }

    pub(crate) fn undecodable(error: impl Error + Send + Sync + 'static) -> Self {
        // Such an error quotes what it did not expect.
        let message = one_line(&format!("the response could not be decoded: {error}"));
        Self::new(What::Malformed, ErrorKind::Internal, message.into()).with_source(error)
    }

    /// A response that is not what its protocol says it is.
    #[cfg(feature = "jsonrpc")]
    pub(crate) fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        let message = match message.into() {
            Cow::Borrowed(fixed) => Cow::Borrowed(fixed),
            // It may quote the peer.
            Cow::Owned(text) => one_line(&text).into(),
        };
        Self::new(What::Malformed, ErrorKind::Internal, message)
    }

    /// What the other side told of a failure, in the form of its protocol.
    #[cfg(feature = "jsonrpc")]
    pub(crate) fn told(failure: &dyn Failure) -> Self {
        let message = one_line(&failure.to_string());
        let mut own = Self::new(What::Other, failure.kind(), message.into());
        own.0.retry_after = failure.retry_after();
        own
    }

    /// Whether no connection could be made, so that nothing was sent.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.0.what == What::Connect
    }

    /// Whether this side's time ran out. A server that says so of itself is a
    /// [status](Self::status).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.what == What::Timeout
    }

    /// Whether the response is not what the protocol or the decoder expects.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.0.what == What::Malformed
    }

    /// The status the server answered with, if that is the error.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }
}

impl From<legacy::Error> for ClientError {
    fn from(error: legacy::Error) -> Self {
        let broken = |what, kind, text: &'static str| Self::new(what, kind, text.into());
        if error.is_connect() {
            return broken(What::Connect, ErrorKind::Unavailable, "the connection failed")
                .with_source(error);
        }
        let cause = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
        if cause.is_some_and(|cause| cause.is_parse() && !cause.is_incomplete_message()) {
            return broken(What::Malformed, ErrorKind::Internal, "the response is not HTTP")
                .with_source(error);
        }
        if cause.is_some_and(hyper::Error::is_user) || cause.is_none() {
            return broken(What::Other, ErrorKind::Internal, "the request could not be sent")
                .with_source(error);
        }
        broken(
            What::Broken,
            ErrorKind::Unavailable,
            "the connection broke before the response came",
        )
        .with_source(error)
    }
}

/// A response that could not be read to its end.
impl From<BodyError> for ClientError {
    fn from(error: BodyError) -> Self {
        let (what, kind, message) = if error.is_too_large() {
            (What::Malformed, ErrorKind::Internal, format!("the response is too large: {error}"))
        } else {
            let text = "the connection broke before the response was complete";
            (What::Broken, ErrorKind::Unavailable, text.to_owned())
        };
        Self::new(what, kind, message.into()).with_source(error)
    }
}

impl From<Refusal> for ClientError {
    fn from(refusal: Refusal) -> Self {
        let what = match refusal.reason() {
            Reason::Deadline => What::Timeout,
            _ => What::Other,
        };
        let mut own = Self::new(what, refusal.kind(), refusal.to_string().into());
        own.0.retry_after = refusal.retry_after();
        own.with_source(refusal)
    }
}

impl Failure for ClientError {
    fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl Error for ClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.0.source.as_ref()?;
        Some(&**source)
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.message)
    }
}

impl fmt::Debug for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("ClientError");
        out.field("what", &self.0.what)
            .field("kind", &self.0.kind)
            .field("message", &self.0.message);
        if let Some(status) = self.0.status {
            out.field("status", &status);
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
