//! What a client's finalizer is told.

use std::{fmt, time::Duration};

use http::{HeaderMap, StatusCode};
use oxkit_core::{ErrorKind, Failure};

use super::ClientError;

/// How a call ended, seen from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// There was a result, and its body was let go of. Of a streamed body not all may have been
    /// read.
    Answered,
    /// The call failed.
    Failed,
    /// The call gave its result, a streaming one, and the body broke later.
    BodyFailed,
    /// The future of the call was dropped before it was done.
    Dropped,
    /// A hook or the codec panicked.
    Panicked,
}

/// What came before the body, as it came.
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

/// What a [finalizer](super::Client::finalize) is told of one call.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    pub(super) ended: Ended,
    pub(super) head: Option<&'a Head>,
    pub(super) error: Option<&'a ClientError>,
    pub(super) bytes: u64,
    pub(super) duration: Duration,
}

impl<'a> Report<'a> {
    /// How it ended.
    #[must_use]
    pub const fn ended(&self) -> Ended {
        self.ended
    }

    /// The status the server answered with; `None` if no response came.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.head.map(|head| head.status)
    }

    /// The headers the server answered with, before any [after hook](super::Client::after) changed
    /// them; `None` if no response came.
    #[must_use]
    pub fn headers(&self) -> Option<&'a HeaderMap> {
        self.head.map(|head| &head.headers)
    }

    /// What the call failed with.
    #[must_use]
    pub const fn error(&self) -> Option<&'a ClientError> {
        self.error
    }

    /// The kind of failure, or `None` if all went well.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        match self.ended {
            Ended::Answered => None,
            Ended::Failed => self.error.map(Failure::kind),
            Ended::BodyFailed => Some(ErrorKind::Unavailable),
            Ended::Dropped => Some(ErrorKind::Cancelled),
            Ended::Panicked => Some(ErrorKind::Internal),
        }
    }

    /// How many bytes of the response body came, streamed ones included.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The time from the call until it ended, a streamed response body included.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("ended", &self.ended)
            .field("status", &self.status())
            .field("error", &self.error)
            .field("bytes", &self.bytes)
            .field("duration", &self.duration)
            .finish()
    }
}
