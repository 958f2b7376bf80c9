//! Why a body could not be read to its end.

use std::{error::Error, fmt};

use oxkit_core::{ErrorKind, Failure};

/// Why a [`Body`](crate::Body) could not be read to its end.
pub struct BodyError {
    reason: Reason,
    received: bool,
}

enum Reason {
    TooLarge { limit: u64 },
    Stream(Box<dyn Error + Send + Sync>),
}

impl BodyError {
    /// The body is longer than `limit` bytes.
    #[must_use]
    pub(crate) const fn too_large(limit: u64) -> Self {
        Self { reason: Reason::TooLarge { limit }, received: false }
    }

    /// The stream behind the body failed: the connection broke, the framing is wrong, or whatever
    /// produces the frames gave up.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { reason: Reason::Stream(source.into()), received: false }
    }

    /// Marks an error of a request's body.
    pub(crate) const fn received_if(mut self, received: bool) -> Self {
        self.received |= received;
        self
    }

    /// Whether the body is that of a request to a server, and not one that was read on its behalf,
    /// such as an upstream's answer.
    #[cfg(feature = "server")]
    pub(crate) const fn is_received(&self) -> bool {
        self.received
    }

    /// Whether the body is longer than was allowed.
    #[must_use]
    pub const fn is_too_large(&self) -> bool {
        matches!(self.reason, Reason::TooLarge { .. })
    }
}

/// A body that is too large or cut short is the fault of whoever sent it:
/// [`InvalidArgument`](ErrorKind::InvalidArgument).
///
/// A server answers with 413 and 400 if the body is the request's, however the error is wrapped.
/// Wrapped around the error of another body, such as an upstream's answer, an error is answered by
/// its own kind.
impl Failure for BodyError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidArgument
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            Reason::TooLarge { .. } => None,
            Reason::Stream(source) => Some(&**source),
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::TooLarge { limit } => write!(f, "the body is larger than {limit} bytes"),
            Reason::Stream(_) => f.write_str("the body could not be read to its end"),
        }
    }
}

impl fmt::Debug for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::TooLarge { limit } => f.debug_struct("TooLarge").field("limit", limit).finish(),
            Reason::Stream(source) => f.debug_tuple("Stream").field(source).finish(),
        }
    }
}
