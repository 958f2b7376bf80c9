//! What the server answers in place of a response.

use std::{borrow::Cow, time::Duration};

use oxkit_core::{ErrorKind, Failure};

use crate::{Metadata, Violation, details::Details};

/// The status of a call that failed: its code, its text, and what else the caller should know.
///
/// A server makes one of each [`Failure`] by [`Status::of`]. Where that is not enough, such as for
/// the fields of a request that are wrong, [`Method::errors`](crate::Method::errors) takes a
/// function of one's own.
///
/// ```
/// use oxkit_core::{ErrorKind, Refusal};
/// use oxkit_transport_grpc::Status;
///
/// let error = Refusal::of_kind(ErrorKind::InvalidArgument, "the order is not complete");
/// let status = Status::of(&error).with_violation("items[0].price", "must be positive");
/// assert_eq!(status.kind(), ErrorKind::InvalidArgument);
/// assert_eq!(status.message(), "the order is not complete");
/// ```
#[derive(Debug, Clone)]
#[must_use = "a status does nothing until it is answered"]
pub struct Status {
    kind: ErrorKind,
    message: Cow<'static, str>,
    details: Details,
    metadata: Metadata,
}

impl Status {
    /// A status of this kind and with this text.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            details: Details::default(),
            metadata: Metadata::new(),
        }
    }

    /// The status that stands for a failure: its kind, its
    /// [public message](Failure::public_message), and as `google.rpc.RetryInfo` its advice when to
    /// try again.
    pub fn of(failure: &(dyn Failure + 'static)) -> Self {
        let mut own = Self::new(failure.kind(), failure.public_message().into_owned());
        own.details.retry_after = failure.retry_after();
        own
    }

    /// Replaces the text.
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// Advises when to try again: `google.rpc.RetryInfo`.
    pub const fn with_retry_after(mut self, after: Duration) -> Self {
        self.details.retry_after = Some(after);
        self
    }

    /// Says what is wrong with one field of the request: `google.rpc.BadRequest`.
    pub fn with_violation(
        mut self,
        field: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        let violation = Violation { field: field.into(), description: description.into() };
        self.details.violations.push(violation);
        self
    }

    /// Sends metadata along, as trailers.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The text that the caller sees.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The value of `grpc-status-details-bin`, before it is encoded; empty if there is none.
    pub(crate) fn details(&self) -> Vec<u8> {
        self.details.encode(self.kind.code(), &self.message)
    }

    pub(crate) fn into_parts(self) -> (ErrorKind, Cow<'static, str>, Metadata) {
        (self.kind, self.message, self.metadata)
    }
}
