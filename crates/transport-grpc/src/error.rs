//! Why a call gave no result, or a stream of messages broke off.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

#[cfg(feature = "client")]
use oxkit_core::Reason;
use oxkit_core::{ErrorKind, Failure, Refusal};

use crate::{Metadata, Violation, details::Details};

/// The longest text of the other side that is kept, in characters.
#[cfg(any(feature = "client", feature = "server"))]
const MAX_MESSAGE: usize = 1_024;

/// Why a call gave no result, or a stream of messages broke off.
///
/// | what happened | kind |
/// |---|---|
/// | the server answered with a status | the status' own |
/// | no connection could be made, or it broke | `Unavailable` |
/// | the client's timeout or the context's deadline passed | `DeadlineExceeded` |
/// | the caller of a stream went away | `Cancelled` |
/// | a message is larger than the limit | `ResourceExhausted` |
/// | a message cannot be decoded | `Internal` |
/// | a codec or a hook refused | that of the error |
/// | a layer refused | that of the [`Refusal`] |
///
/// Why a connection broke is said as far as it is known. The reason that a server gives when it closes
/// one (`GOAWAY`) is told to the calls that it will not answer; a call that it would have answered,
/// and that broke off when the connection did, learns of that alone.
///
/// What the other side wrote is kept to one line of at most 1,024 characters, without control
/// characters.
///
/// One word long, so that results stay small.
pub struct GrpcError(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    is_told: bool,
    is_public: bool,
    #[cfg(feature = "server")]
    is_of_encoding: bool,
    details: Details,
    metadata: Metadata,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl GrpcError {
    /// An error of this kind, for a codec or a hook.
    ///
    /// ```
    /// use oxkit_core::{ErrorKind, Failure};
    /// use oxkit_transport_grpc::GrpcError;
    ///
    /// let error = GrpcError::of_kind(ErrorKind::Internal, "the answer makes no sense");
    /// assert_eq!(error.kind(), ErrorKind::Internal);
    /// assert!(!error.is_status());
    /// ```
    #[must_use]
    pub fn of_kind(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            is_told: false,
            is_public: false,
            #[cfg(feature = "server")]
            is_of_encoding: false,
            details: Details::default(),
            metadata: Metadata::new(),
            source: None,
        }))
    }

    /// Adds the cause: the [source](Error::source).
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// An error of a codec: its kind, its text, its advice, and itself as the source.
    pub(crate) fn of(error: impl Failure) -> Self {
        let mut own = Self::of_kind(error.kind(), error.to_string());
        own.0.details.retry_after = error.retry_after();
        own.with_source(error)
    }

    /// What the other side told.
    #[cfg(feature = "client")]
    pub(crate) fn told(kind: ErrorKind, message: &str, details: &[u8], metadata: Metadata) -> Self {
        let text = one_line(message);
        let message: Cow<'static, str> =
            if text.is_empty() { kind.description().into() } else { text.into() };
        let mut own = Self::of_kind(kind, message);
        own.0.is_told = true;
        own.0.details = Details::decode(details);
        own.0.metadata = metadata;
        own
    }

    /// Of what the other side sent, so that it may see the text whatever the kind.
    #[cfg(any(feature = "client", feature = "server"))]
    pub(crate) fn public(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let mut own = Self::of_kind(kind, message);
        own.0.is_public = true;
        own
    }

    /// Messages are compressed in a way that is not understood here.
    #[cfg(any(feature = "client", feature = "server"))]
    pub(crate) fn unknown_encoding(name: &str) -> Self {
        let text = format!("messages compressed by {:?} are not understood", one_line(name));
        let own = Self::of_kind(ErrorKind::Unimplemented, text);
        #[cfg(feature = "server")]
        let own = own.of_encoding();
        own
    }

    #[cfg(feature = "server")]
    fn of_encoding(mut self) -> Self {
        self.0.is_of_encoding = true;
        self
    }

    #[cfg(feature = "server")]
    pub(crate) fn is_of_encoding(&self) -> bool {
        self.0.is_of_encoding
    }

    #[cfg(feature = "client")]
    pub(crate) fn deadline() -> Self {
        Self::from(Refusal::new(Reason::Deadline))
    }

    /// Whether the other side answered with a status, as opposed to not being reached or not being
    /// understood.
    #[must_use]
    pub fn is_status(&self) -> bool {
        self.0.is_told
    }

    /// What the server found wrong with fields of the request.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.0.details.violations
    }

    /// The metadata that came with the status.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }
}

impl Failure for GrpcError {
    fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    fn retry_after(&self) -> Option<Duration> {
        self.0.details.retry_after
    }

    fn public_message(&self) -> Cow<'_, str> {
        if self.0.is_public || !self.0.kind.is_confidential() {
            Cow::Borrowed(&self.0.message)
        } else {
            Cow::Borrowed(self.0.kind.description())
        }
    }
}

impl From<Refusal> for GrpcError {
    fn from(refusal: Refusal) -> Self {
        Self::of(refusal)
    }
}

impl Error for GrpcError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.0.source.as_ref()?;
        Some(&**source)
    }
}

impl fmt::Display for GrpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.message)
    }
}

impl fmt::Debug for GrpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut out = f.debug_struct("GrpcError");
        out.field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("is_status", &inner.is_told);
        if inner.details != Details::default() {
            out.field("details", &inner.details);
        }
        if let Some(source) = &inner.source {
            out.field("source", source);
        }
        out.finish()
    }
}

/// The text in one line, without control characters, cut where it gets long.
#[cfg(any(feature = "client", feature = "server"))]
fn one_line(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let kept: String = printable.take(MAX_MESSAGE).collect();
    kept.trim().to_owned()
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::*;

    #[test]
    fn what_the_other_side_writes_is_one_line_of_limited_length() {
        let error = GrpcError::told(ErrorKind::Aborted, "a\r\nb\u{1b}[31m", &[], Metadata::new());
        assert_eq!(error.to_string(), "a  b [31m");
        let long = "x".repeat(5_000);
        let error = GrpcError::told(ErrorKind::Aborted, &long, &[], Metadata::new());
        assert_eq!(error.to_string().len(), MAX_MESSAGE);
    }

    #[test]
    fn a_status_without_text_says_what_its_kind_means() {
        let error = GrpcError::told(ErrorKind::NotFound, "", &[], Metadata::new());
        assert_eq!(error.to_string(), ErrorKind::NotFound.description());
    }
}
