//! The error a layer gives when it does not let a call through.

use std::{borrow::Cow, error::Error, fmt, num::NonZeroU64, sync::Arc, time::Duration};

use crate::{ErrorKind, Failure};

/// The toolkit's own error: a layer or a transport did not let the call through, or could not
/// finish it.
///
/// Every [`Endpoint::Error`](crate::Endpoint::Error) can be made from one, so a layer refuses with
/// `Err(Refusal::new(Reason::RateLimited).into())` whatever it wraps. It is also a ready error type
/// for endpoints that have none of their own.
///
/// A refusal for one of the fixed [reasons](Reason) allocates nothing: refusing must stay cheap
/// while a service is drowning.
///
/// ```
/// use std::time::Duration;
/// use oxkit_core::{ErrorKind, Failure, Reason, Refusal};
///
/// let refusal = Refusal::new(Reason::RateLimited).with_retry_after(Duration::from_millis(250));
/// assert_eq!(refusal.kind(), ErrorKind::ResourceExhausted);
/// assert_eq!(refusal.retry_after(), Some(Duration::from_millis(250)));
/// assert_eq!(refusal.to_string(), "rate limit exceeded");
///
/// let own = Refusal::of_kind(ErrorKind::PermissionDenied, "tenant 7 is suspended");
/// assert_eq!(own.to_string(), "tenant 7 is suspended");
/// ```
#[derive(Clone)]
#[must_use = "a refusal does nothing until it is returned"]
pub struct Refusal {
    reason: Reason,
    kind: ErrorKind,
    /// Nanoseconds. Zero and absent differ only in what they advise, and "now" advises nothing.
    retry_after: Option<NonZeroU64>,
    detail: Option<Arc<Detail>>,
}

/// The part of a refusal that few have, kept apart so that the others stay three words long.
struct Detail {
    message: Cow<'static, str>,
    /// Shared, because a clone that is given another text keeps the cause.
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// Why a [`Refusal`] was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The deadline passed, or too little of it is left to begin.
    Deadline,
    /// A rate limit has no token left.
    RateLimited,
    /// As many calls as allowed are in flight, or load is being shed.
    Overloaded,
    /// A circuit breaker is open.
    CircuitOpen,
    /// Service discovery knows no instance to call.
    NoInstance,
    /// The service is shutting down.
    ShuttingDown,
    /// The credentials are missing or wrong.
    Unauthenticated,
    /// The caller may not do this.
    PermissionDenied,
    /// The call was cancelled.
    Cancelled,
    /// The inner endpoint panicked.
    Panicked,
    /// Another reason: see the kind and the text.
    Other,
}

impl Reason {
    /// The kind of failure a refusal for this reason is.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::Deadline => ErrorKind::DeadlineExceeded,
            Self::RateLimited => ErrorKind::ResourceExhausted,
            Self::Overloaded | Self::CircuitOpen | Self::NoInstance | Self::ShuttingDown => {
                ErrorKind::Unavailable
            }
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::PermissionDenied => ErrorKind::PermissionDenied,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Panicked => ErrorKind::Internal,
            Self::Other => ErrorKind::Unknown,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Deadline => "deadline exceeded",
            Self::RateLimited => "rate limit exceeded",
            Self::Overloaded => "too many requests in flight",
            Self::CircuitOpen => "circuit breaker is open",
            Self::NoInstance => "no endpoints available",
            Self::ShuttingDown => "shutting down",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission denied",
            Self::Cancelled => "the call was cancelled",
            Self::Panicked => "the endpoint panicked",
            Self::Other => "unknown error",
        }
    }
}

impl Refusal {
    /// A refusal for one of the toolkit's reasons, with its kind and its text.
    pub const fn new(reason: Reason) -> Self {
        Self { reason, kind: reason.kind(), retry_after: None, detail: None }
    }

    /// A refusal of any kind, with a text of its own. Its reason is [`Reason::Other`].
    pub fn of_kind(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, ..Self::new(Reason::Other) }.with_message(message)
    }

    /// Advises when to try again. Zero is the same as no advice.
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        // 584 years is as good as never.
        let nanos = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        self.retry_after = NonZeroU64::new(nanos);
        self
    }

    /// Replaces the text. The reason, the kind and the cause stay.
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        let source = self.detail.take().and_then(|detail| detail.source.clone());
        self.detail = Some(Arc::new(Detail { message: message.into(), source }));
        self
    }

    /// Adds the cause, for logs: it is the [source](Error::source) and never part of the text.
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let message = self
            .detail
            .as_ref()
            .map_or(Cow::Borrowed(self.reason.text()), |detail| detail.message.clone());
        self.detail = Some(Arc::new(Detail { message, source: Some(Arc::from(source.into())) }));
        self
    }

    /// Why the call was refused.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl Failure for Refusal {
    fn kind(&self) -> ErrorKind {
        self.kind
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after.map(|nanos| Duration::from_nanos(nanos.get()))
    }

    /// Its [reason](Refusal::reason), always.
    fn refused_for(&self) -> Option<Reason> {
        Some(self.reason)
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.detail.as_ref()?.source.as_ref()?;
        Some(&**source)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.detail.as_ref().map_or(self.reason.text(), |detail| &*detail.message))
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Refusal");
        out.field("reason", &self.reason).field("kind", &self.kind);
        if let Some(after) = self.retry_after() {
            out.field("retry_after", &after);
        }
        if let Some(detail) = &self.detail {
            out.field("message", &detail.message);
            if let Some(source) = &detail.source {
                out.field("source", source);
            }
        }
        out.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::future::Panic;

    #[test]
    fn stays_three_words_so_that_results_stay_small() {
        assert_eq!(size_of::<Refusal>(), 24);
        assert_eq!(size_of::<Result<(), Refusal>>(), 24);
    }

    #[test]
    fn message_and_source_can_be_given_in_either_order() {
        let cause = || std::io::Error::other("disk on fire");
        let a = Refusal::new(Reason::Overloaded).with_message("busy").with_source(cause());
        let b = Refusal::new(Reason::Overloaded).with_source(cause()).with_message("busy");
        for refusal in [a, b] {
            assert_eq!(refusal.to_string(), "busy");
            assert_eq!(refusal.source().map(ToString::to_string).as_deref(), Some("disk on fire"));
            assert_eq!(refusal.reason(), Reason::Overloaded);
        }
    }

    #[test]
    fn a_clone_with_another_text_has_the_same_cause() {
        let first = Refusal::new(Reason::Overloaded).with_source("disk on fire");
        let second = first.clone().with_message("busy");
        for (refusal, text) in [(first, "too many requests in flight"), (second, "busy")] {
            assert_eq!(refusal.to_string(), text);
            assert_eq!(refusal.source().map(ToString::to_string).as_deref(), Some("disk on fire"));
        }
    }

    #[test]
    fn the_text_of_a_panic_is_said_once() {
        let panic = Panic::new(Box::new("division by zero"));
        let refusal = Refusal::new(Reason::Panicked).with_source(panic);
        assert_eq!(refusal.to_string(), "the endpoint panicked");
        let source = refusal.source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("division by zero"));
    }

    #[test]
    fn a_cause_alone_keeps_the_text_of_the_reason() {
        let refusal = Refusal::new(Reason::NoInstance).with_source("registry is down");
        assert_eq!(refusal.to_string(), "no endpoints available");
    }

    #[test]
    fn no_advice_is_given_for_zero_and_none_is_lost_for_ages() {
        let refusal = Refusal::new(Reason::RateLimited);
        assert_eq!(refusal.clone().with_retry_after(Duration::ZERO).retry_after(), None);
        let ages = refusal.with_retry_after(Duration::MAX).retry_after();
        assert!(ages > Some(Duration::from_secs(500 * 365 * 86_400)));
    }
}
