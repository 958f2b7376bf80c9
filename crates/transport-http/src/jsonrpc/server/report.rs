//! What a call finalizer is told.

use std::{fmt, time::Duration};

use oxkit_core::{ErrorKind, Failure};

use crate::{Ended, jsonrpc::Call};

/// What a [call finalizer](super::Server::finalize_call) is told of one call.
#[derive(Clone, Copy)]
pub struct CallReport<'a> {
    pub(super) call: Option<&'a Call>,
    pub(super) ended: Ended,
    pub(super) error: Option<&'a (dyn Failure + 'static)>,
    pub(super) duration: Duration,
}

impl<'a> CallReport<'a> {
    /// What was called. `None` if that could not be read: the body was no JSON, or a message in it
    /// no request.
    #[must_use]
    pub const fn call(&self) -> Option<&'a Call> {
        self.call
    }

    /// How it ended: [`Answered`](Ended::Answered), for a notification too;
    /// [`Panicked`](Ended::Panicked); or [`Disconnected`](Ended::Disconnected) if its future was
    /// dropped before it was done.
    #[must_use]
    pub const fn ended(&self) -> Ended {
        self.ended
    }

    /// What went wrong: an [`Error`](crate::jsonrpc::Error) for what the server itself refused, otherwise the very error
    /// of a hook, the codec or the endpoint.
    #[must_use]
    pub const fn error(&self) -> Option<&'a (dyn Failure + 'static)> {
        self.error
    }

    /// The kind of failure, or `None` if all went well.
    ///
    /// A panic is [`Internal`](ErrorKind::Internal), a disconnect is
    /// [`Cancelled`](ErrorKind::Cancelled).
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        match self.ended {
            Ended::Answered => self.error.map(Failure::kind),
            Ended::Disconnected => Some(ErrorKind::Cancelled),
            Ended::Panicked | Ended::BodyFailed => Some(ErrorKind::Internal),
        }
    }

    /// The time the call took, without its wait for a place among the others of its batch.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }
}

impl fmt::Debug for CallReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallReport")
            .field("call", &self.call)
            .field("ended", &self.ended)
            .field("error", &self.error)
            .field("duration", &self.duration)
            .finish()
    }
}
