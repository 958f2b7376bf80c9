//! What a finalizer is told of a call.

use std::{fmt, time::Duration};

use oxkit_core::{ErrorKind, Failure, Operation};

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// It was answered to the end, with a response or with a status. A stream whose deadline has
    /// passed is, whether its caller has taken that status yet or not.
    Answered,
    /// The caller went away before the end.
    Disconnected,
    /// Something panicked.
    Panicked,
}

/// What a [finalizer](super::Method::finalize) is told of a call.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    pub(super) ended: Ended,
    pub(super) operation: Option<&'a Operation>,
    pub(super) kind: Option<ErrorKind>,
    pub(super) error: Option<&'a (dyn Failure + 'static)>,
    pub(super) bytes: u64,
    pub(super) duration: Duration,
}

impl<'a> Report<'a> {
    /// How the call ended.
    #[must_use]
    pub const fn ended(&self) -> Ended {
        self.ended
    }

    /// The service and the method.
    #[must_use]
    pub const fn operation(&self) -> Option<&'a Operation> {
        self.operation
    }

    /// The kind of failure, or `None` if all went well: that of the status that was answered,
    /// [`Cancelled`](ErrorKind::Cancelled) if the caller went away, and
    /// [`Internal`](ErrorKind::Internal) after a panic.
    #[must_use]
    pub const fn kind(&self) -> Option<ErrorKind> {
        match self.ended {
            Ended::Answered => self.kind,
            Ended::Disconnected => Some(ErrorKind::Cancelled),
            Ended::Panicked => Some(ErrorKind::Internal),
        }
    }

    /// What went wrong before the first message of the response: a refusal of a hook, the error of
    /// a codec or of the endpoint, the deadline; and at any time a panic that was
    /// [caught](super::Method::catch_panics). A stream that broke off later has a [kind](Self::kind)
    /// alone.
    #[must_use]
    pub const fn error(&self) -> Option<&'a (dyn Failure + 'static)> {
        self.error
    }

    /// How many bytes of messages were handed to the transport, with their prefixes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The time from the arrival of the call's head until it ended, streams included.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("ended", &self.ended)
            .field("operation", &self.operation)
            .field("kind", &self.kind())
            .field("error", &self.error)
            .field("bytes", &self.bytes)
            .field("duration", &self.duration)
            .finish()
    }
}
