//! Why a body could not be read to its end.

use std::{error::Error, fmt};

use oxkit_core::{ErrorKind, Failure};

/// Why a [`Body`](crate::Body) could not be read to its end.
pub struct BodyError(Reason);

enum Reason {
    TooLarge { limit: u64 },
    Stream(Box<dyn Error + Send + Sync>),
}

impl BodyError {
    /// The body is longer than `limit` bytes.
    #[must_use]
    pub(crate) const fn too_large(limit: u64) -> Self {
        Self(Reason::TooLarge { limit })
    }

    /// The stream behind the body failed: the connection broke, the framing is wrong, or whatever
    /// produces the frames gave up.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Reason::Stream(source.into()))
    }

    /// Whether the body is longer than was allowed.
    #[must_use]
    pub const fn is_too_large(&self) -> bool {
        matches!(self.0, Reason::TooLarge { .. })
    }
}

/// A body that is too large or cut short is the fault of whoever sent it:
/// [`InvalidArgument`](ErrorKind::InvalidArgument). A server answers the first with 413.
impl Failure for BodyError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidArgument
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Reason::TooLarge { .. } => None,
            Reason::Stream(source) => Some(&**source),
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::TooLarge { limit } => write!(f, "the body is larger than {limit} bytes"),
            Reason::Stream(_) => f.write_str("the body could not be read to its end"),
        }
    }
}

impl fmt::Debug for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::TooLarge { limit } => f.debug_struct("TooLarge").field("limit", limit).finish(),
            Reason::Stream(source) => f.debug_tuple("Stream").field(source).finish(),
        }
    }
}
