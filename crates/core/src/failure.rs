//! What an error must say to travel over any transport.

use std::{borrow::Cow, convert::Infallible, error::Error, time::Duration};

use crate::{ErrorKind, Reason, Refusal};

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

    /// Which [`Refusal`] it is, if a layer of this process gave it instead of letting the call
    /// through.
    ///
    /// The kind alone does not tell a backend that is away from a breaker that spares it:
    /// both are [`Unavailable`](ErrorKind::Unavailable). Layers that learn from failures ask for it,
    /// such as the adaptive limit of `oxkit-ratelimit`. What another process was refused for is
    /// none of this one's reasons.
    ///
    /// By default it is found where the error's [source](Error::source) is the refusal. A variant
    /// that is transparent, or keeps no source, says it itself:
    ///
    /// ```
    /// use std::fmt;
    /// use oxkit_core::{ErrorKind, Failure, Reason, Refusal};
    ///
    /// #[derive(Debug)]
    /// struct Transparent(Refusal);
    ///
    /// impl fmt::Display for Transparent {
    ///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    ///         self.0.fmt(f)
    ///     }
    /// }
    ///
    /// impl std::error::Error for Transparent {}
    ///
    /// impl Failure for Transparent {
    ///     fn kind(&self) -> ErrorKind {
    ///         self.0.kind()
    ///     }
    ///
    ///     fn refused_for(&self) -> Option<Reason> {
    ///         self.0.refused_for()
    ///     }
    /// }
    ///
    /// let error = Transparent(Refusal::new(Reason::CircuitOpen));
    /// assert_eq!(error.refused_for(), Some(Reason::CircuitOpen));
    /// ```
    fn refused_for(&self) -> Option<Reason> {
        self.source()?.downcast_ref::<Refusal>().map(Refusal::reason)
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
#[diagnostic::on_unimplemented(
    message = "a response of type `{Self}` carries no business error",
    label = "its response does not implement `CarriesFailure`",
    note = "implement `CarriesFailure` for it, or answer with a `Result<T, E>`, which implements it where `E: Failure`",
    note = "`with_business_errors` of a layer asks for it: leave that away where all failures are errors of the endpoint"
)]
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
    fn a_refusal_says_why_and_so_does_an_error_whose_source_it_is() {
        #[derive(Debug)]
        struct Wraps<E>(E);
        impl<E: Error> std::fmt::Display for Wraps<E> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("wraps another")
            }
        }
        impl<E: Error + 'static> Error for Wraps<E> {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        impl<E: Error + Send + Sync + 'static> Failure for Wraps<E> {
            fn kind(&self) -> ErrorKind {
                ErrorKind::Unavailable
            }
        }

        let open = || Refusal::new(Reason::CircuitOpen);
        assert_eq!(open().refused_for(), Some(Reason::CircuitOpen));
        assert_eq!(Wraps(open()).refused_for(), Some(Reason::CircuitOpen));
        assert_eq!(Wraps(std::fmt::Error).refused_for(), None);
        assert_eq!(Wraps(Wraps(open())).refused_for(), None, "that call did more than be refused");
    }

    #[test]
    fn a_result_carries_its_error() {
        let good: Result<(), Refusal> = Ok(());
        assert!(good.failure().is_none());
        let bad: Result<(), Refusal> = Err(Refusal::of_kind(ErrorKind::Aborted, "lost"));
        assert_eq!(bad.failure().map(Failure::kind), Some(ErrorKind::Aborted));
    }
}
