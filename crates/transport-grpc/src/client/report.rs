//! What a finalizer of a client is told of a call, and who owes it to him.

use std::{fmt, mem, time::Duration};

use oxkit_core::{Context, ErrorKind, Failure, Finalizers, Operation};
use tokio::time::Instant;

use super::settings::Finalizer;
use crate::GrpcError;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// With a response, a stream to its last message.
    Answered,
    /// With an error.
    Failed,
    /// It was dropped before its end.
    Dropped,
    /// A hook or a codec panicked.
    Panicked,
}

/// What a [finalizer](super::Client::finalize) is told of a call.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    ended: Ended,
    operation: &'a Operation,
    error: Option<&'a GrpcError>,
    duration: Duration,
}

impl<'a> Report<'a> {
    /// How the call ended.
    #[must_use]
    pub const fn ended(&self) -> Ended {
        self.ended
    }

    /// The service and the method.
    #[must_use]
    pub const fn operation(&self) -> &'a Operation {
        self.operation
    }

    /// Why there was no response, or why a stream broke off.
    #[must_use]
    pub const fn error(&self) -> Option<&'a GrpcError> {
        self.error
    }

    /// The kind of failure, or `None` if all went well. A call that was dropped is
    /// [`Cancelled`](ErrorKind::Cancelled), and one that panicked [`Internal`](ErrorKind::Internal).
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        match self.ended {
            Ended::Answered => None,
            Ended::Failed => self.error.map(Failure::kind),
            Ended::Dropped => Some(ErrorKind::Cancelled),
            Ended::Panicked => Some(ErrorKind::Internal),
        }
    }

    /// The time from the beginning of the call until it ended, streams included.
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
            .field("error", &self.error)
            .field("duration", &self.duration)
            .finish()
    }
}

/// Owed to the finalizers of one call. Dropping it without a word is an end too.
pub(super) struct Owed {
    finalizers: Finalizers<Finalizer>,
    operation: Operation,
    cx: Context,
    began: Instant,
    owed: bool,
}

impl Owed {
    /// Nothing is owed if nobody listens.
    pub(super) fn new(
        finalizers: &Finalizers<Finalizer>,
        operation: &Operation,
        cx: &Context,
        began: Instant,
    ) -> Option<Self> {
        (!finalizers.is_empty()).then(|| Self {
            finalizers: finalizers.clone(),
            operation: operation.clone(),
            cx: cx.clone(),
            began,
            owed: true,
        })
    }

    pub(super) fn end(&mut self, ended: Ended, error: Option<&GrpcError>) {
        if !mem::replace(&mut self.owed, false) {
            return;
        }
        let duration = self.began.elapsed();
        let report = Report { ended, operation: &self.operation, error, duration };
        self.finalizers.tell(|finalizer| finalizer(&self.cx, &report));
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        // A call is not dropped by what runs after a panic but in it.
        let ended = if std::thread::panicking() { Ended::Panicked } else { Ended::Dropped };
        self.end(ended, None);
    }
}
