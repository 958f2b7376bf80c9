//! How a call ended.

use crate::{CarriesFailure, ErrorKind, Failure};

/// How a call ended, including the two ways that leave no result.
///
/// What a [`Hook`](crate::Hook) or a transport's finalizer is told, exactly once for each call.
///
/// ```
/// use oxkit_core::{ErrorKind, Outcome, Reason, Refusal};
///
/// let refused: Result<(), Refusal> = Err(Reason::Deadline.into());
/// let outcome = Outcome::from(&refused);
/// assert_eq!(outcome.kind(), Some(ErrorKind::DeadlineExceeded));
/// assert_eq!(Outcome::<(), Refusal>::Dropped.kind(), Some(ErrorKind::Cancelled));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome<'a, Response, Error> {
    /// There was a response. It may still carry a business error: see [`CarriesFailure`].
    Response(&'a Response),
    /// The call failed.
    Failure(&'a Error),
    /// The call panicked. The panic goes on after this has been told.
    Panicked,
    /// The future was dropped before it was done: the caller gave up.
    Dropped,
}

impl<Response, Error: Failure> Outcome<'_, Response, Error> {
    /// The kind of failure, or `None` for a response.
    ///
    /// A panic is [`Internal`](ErrorKind::Internal), a dropped call is
    /// [`Cancelled`](ErrorKind::Cancelled). A business error inside a response is not looked at.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Response(_) => None,
            Self::Failure(error) => Some(error.kind()),
            Self::Panicked => Some(ErrorKind::Internal),
            Self::Dropped => Some(ErrorKind::Cancelled),
        }
    }

    /// Whether there was a response.
    #[must_use]
    pub const fn is_response(&self) -> bool {
        matches!(self, Self::Response(_))
    }
}

impl<'a, Response: CarriesFailure, Error> Outcome<'a, Response, Error> {
    /// The business error that the response carries, if there is a response and it carries one.
    #[must_use]
    pub fn business_failure(&self) -> Option<&'a (dyn Failure + 'static)> {
        match self {
            Self::Response(response) => response.failure(),
            _ => None,
        }
    }
}

impl<'a, Response, Error> From<&'a Result<Response, Error>> for Outcome<'a, Response, Error> {
    fn from(result: &'a Result<Response, Error>) -> Self {
        match result {
            Ok(response) => Self::Response(response),
            Err(error) => Self::Failure(error),
        }
    }
}

impl<Response, Error> Clone for Outcome<'_, Response, Error> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Response, Error> Copy for Outcome<'_, Response, Error> {}
