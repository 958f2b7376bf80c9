//! What an error must say to travel over any transport.

use std::{borrow::Cow, convert::Infallible, error::Error, time::Duration};

use crate::ErrorKind;

/// An error that says what kind of failure it is.
///
/// This is all a transport, a breaker or a log line needs to know about an error, so one
/// implementation on the domain's error type serves them all. Where the type is also the error of
/// an [`Endpoint`](crate::Endpoint) it must in addition be [`From<Refusal>`](crate::Refusal).
///
/// The trait is object safe: `&dyn Failure` is what error encoders and [`CarriesFailure`] hand
/// around.
///
/// ```
/// use oxkit_core::{ErrorKind, Failure, Refusal};
///
/// #[derive(Debug)]
/// enum TodoError {
///     NotFound(u64),
///     Refused(Refusal),
/// }
///
/// impl std::fmt::Display for TodoError {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         match self {
///             Self::NotFound(id) => write!(f, "no todo {id}"),
///             Self::Refused(refusal) => refusal.fmt(f),
///         }
///     }
/// }
///
/// impl std::error::Error for TodoError {}
///
/// impl Failure for TodoError {
///     fn kind(&self) -> ErrorKind {
///         match self {
///             Self::NotFound(_) => ErrorKind::NotFound,
///             Self::Refused(refusal) => refusal.kind(),
///         }
///     }
/// }
///
/// impl From<Refusal> for TodoError {
///     fn from(refusal: Refusal) -> Self {
///         Self::Refused(refusal)
///     }
/// }
///
/// assert_eq!(TodoError::NotFound(7).public_message(), "no todo 7");
/// ```
///
/// An error of another crate is mapped, to one of one's own or to a [`Refusal`](crate::Refusal):
///
/// ```
/// use oxkit_core::{ErrorKind, Failure, Refusal};
///
/// fn stored(result: std::io::Result<()>) -> Result<(), Refusal> {
///     result.map_err(|error| {
///         Refusal::of_kind(ErrorKind::Unavailable, "the store is away").with_source(error)
///     })
/// }
///
/// let error = stored(Err(std::io::Error::other("disk on fire"))).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Unavailable);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what kind of failure it is",
    label = "does not implement `Failure`",
    note = "implement `Failure` for it, and `From<Refusal>` where it is the error of an endpoint",
    note = "an error of another crate is mapped, to one of your own or to `Refusal`: `Refusal::of_kind(kind, message).with_source(error)`"
)]
pub trait Failure: Error + Send + Sync + 'static {
    /// What kind of failure it is.
    fn kind(&self) -> ErrorKind;

    /// How long to wait before it makes sense to try again, if that is known.
    ///
    /// Becomes `Retry-After` over HTTP and `google.rpc.RetryInfo` over gRPC.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// The text the other side may see.
    ///
    /// By default the error's own text (`Display`), never its [sources](Error::source); and for
    /// the kinds that tend to carry inner details
    /// ([`is_confidential`](ErrorKind::is_confidential)) only the kind's
    /// [description](ErrorKind::description). The full error is for logs.
    fn public_message(&self) -> Cow<'_, str> {
        let kind = self.kind();
        if kind.is_confidential() {
            Cow::Borrowed(kind.description())
        } else {
            Cow::Owned(self.to_string())
        }
    }
}

impl Failure for Infallible {
    fn kind(&self) -> ErrorKind {
        match *self {}
    }
}

/// A response that may itself carry a failure.
///
/// This is the first of the two styles of error: the call succeeded as far as breakers and retries
/// are concerned, and the answer is a business error. A transport's encoder asks for it to render
/// the right status; a layer that was told to look at business errors counts or logs them.
///
/// `Result<T, E>` implements it, which is the simplest way to use it: an endpoint with
/// `Response = Result<T, DomainError>`.
///
/// ```
/// use oxkit_core::{CarriesFailure, ErrorKind, Failure, Reason, Refusal};
///
/// let answer: Result<u32, Refusal> = Err(Refusal::new(Reason::RateLimited));
/// assert_eq!(answer.failure().map(|f| f.kind()), Some(ErrorKind::ResourceExhausted));
///
/// /// A response in the style of Go kit: the error is a field.
/// struct UppercaseResponse { v: String, err: Option<Refusal> }
///
/// impl CarriesFailure for UppercaseResponse {
///     fn failure(&self) -> Option<&(dyn Failure + 'static)> {
///         self.err.as_ref().map(|err| err as _)
///     }
/// }
/// ```
pub trait CarriesFailure {
    /// The failure this response carries, if it carries one.
    fn failure(&self) -> Option<&(dyn Failure + 'static)>;
}

impl<T, E: Failure> CarriesFailure for Result<T, E> {
    fn failure(&self) -> Option<&(dyn Failure + 'static)> {
        self.as_ref().err().map(|error| error as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;

    #[test]
    fn the_text_of_a_confidential_kind_stays_inside() {
        for kind in ErrorKind::ALL {
            let refusal = Refusal::of_kind(kind, "secret");
            let shown = refusal.public_message().into_owned();
            if kind.is_confidential() {
                assert_eq!(shown, kind.description());
            } else {
                assert_eq!(shown, "secret");
            }
        }
    }

    #[test]
    fn a_result_carries_its_error() {
        let good: Result<(), Refusal> = Ok(());
        assert!(good.failure().is_none());
        let bad: Result<(), Refusal> = Err(Refusal::of_kind(ErrorKind::Aborted, "lost"));
        assert_eq!(bad.failure().map(Failure::kind), Some(ErrorKind::Aborted));
    }
}
