//! By the kind of failure.

use std::fmt;

use oxkit_core::{CarriesFailure, Endpoint, ErrorKind, Outcome};

use super::{Classify, Verdict};

/// Classifies by [`ErrorKind`].
///
/// A breaker is to tell a broken endpoint from one that says no. So, by default:
///
/// | end of the call | counts as | because |
/// |---|---|---|
/// | a response | success | also one that [carries](CarriesFailure) a business error, see [`with_business_errors`](Self::with_business_errors) |
/// | [`Unavailable`](ErrorKind::Unavailable), [`DeadlineExceeded`](ErrorKind::DeadlineExceeded) | failure | it is not there, or too slow to be of use |
/// | [`Internal`](ErrorKind::Internal), [`DataLoss`](ErrorKind::DataLoss) | failure | it is broken |
/// | [`Unknown`](ErrorKind::Unknown) | failure | foreign errors are of this kind, broken connections among them |
/// | a panic | failure | always, whatever is said of the kinds |
/// | [`ResourceExhausted`](ErrorKind::ResourceExhausted) | nothing | a limit, often the caller's own, said no; one caller's quota must not cut off the others, and a limiter says itself when to come back |
/// | [`Cancelled`](ErrorKind::Cancelled), and a call that was dropped | nothing | the caller gave up, which says nothing about the endpoint |
/// | [`Unimplemented`](ErrorKind::Unimplemented) | success | it answered, and will answer the same after any wait |
/// | every other kind | success | it answered; the fault is with the request |
///
/// A success is more than nothing: it ends a row of failures and lets a probe pass.
///
/// ```
/// use oxkit_circuitbreaker::{ByKind, Verdict};
/// use oxkit_core::ErrorKind;
///
/// const KINDS: ByKind = ByKind::new()
///     .failure(ErrorKind::ResourceExhausted)
///     .ignored(ErrorKind::Unknown);
///
/// assert_eq!(KINDS.verdict(ErrorKind::ResourceExhausted), Verdict::Failure);
/// assert_eq!(KINDS.verdict(ErrorKind::Unknown), Verdict::Ignored);
/// assert_eq!(KINDS.verdict(ErrorKind::NotFound), Verdict::Success);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a classification does nothing until a breaker is built with it"]
pub struct ByKind {
    /// One bit a kind, by its code.
    failures: u32,
    ignored: u32,
}

impl ByKind {
    /// The table above.
    pub const fn new() -> Self {
        Self { failures: 0, ignored: 0 }
            .failure(ErrorKind::Unavailable)
            .failure(ErrorKind::DeadlineExceeded)
            .failure(ErrorKind::Internal)
            .failure(ErrorKind::DataLoss)
            .failure(ErrorKind::Unknown)
            .ignored(ErrorKind::ResourceExhausted)
            .ignored(ErrorKind::Cancelled)
    }

    /// Counts `kind` as a failure.
    ///
    /// For [`Cancelled`](ErrorKind::Cancelled) that goes for dropped calls too, which is how a
    /// timeout *outside* of the breaker ends a call.
    pub const fn failure(self, kind: ErrorKind) -> Self {
        let bit = 1 << kind.code();
        Self { failures: self.failures | bit, ignored: self.ignored & !bit }
    }

    /// Counts `kind` as a success.
    pub const fn success(self, kind: ErrorKind) -> Self {
        let bit = 1 << kind.code();
        Self { failures: self.failures & !bit, ignored: self.ignored & !bit }
    }

    /// Does not count `kind` at all.
    pub const fn ignored(self, kind: ErrorKind) -> Self {
        let bit = 1 << kind.code();
        Self { failures: self.failures & !bit, ignored: self.ignored | bit }
    }

    /// What a failure of `kind` counts as.
    #[must_use]
    pub const fn verdict(self, kind: ErrorKind) -> Verdict {
        let bit = 1 << kind.code();
        if self.failures & bit != 0 {
            Verdict::Failure
        } else if self.ignored & bit != 0 {
            Verdict::Ignored
        } else {
            Verdict::Success
        }
    }

    /// Looks at the business error a response may carry, too, and classifies it by its kind.
    ///
    /// For endpoints whose responses are [`CarriesFailure`], and whose business errors of a failing
    /// kind mean that it is broken.
    pub const fn with_business_errors(self) -> WithBusinessErrors {
        WithBusinessErrors(self)
    }
}

impl Default for ByKind {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ByKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |verdict| ErrorKind::ALL.into_iter().filter(move |&k| self.verdict(k) == verdict);
        f.debug_struct("ByKind")
            .field("failure", &of(Verdict::Failure).collect::<Vec<_>>())
            .field("ignored", &of(Verdict::Ignored).collect::<Vec<_>>())
            .finish()
    }
}

impl<E: Endpoint> Classify<E> for ByKind {
    fn classify(&self, outcome: Outcome<'_, E::Response, E::Error>) -> Verdict {
        match outcome {
            Outcome::Panicked => Verdict::Failure,
            outcome => outcome.kind().map_or(Verdict::Success, |kind| self.verdict(kind)),
        }
    }
}

/// [`ByKind`], which looks at business errors too; made by
/// [`ByKind::with_business_errors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a classification does nothing until a breaker is built with it"]
pub struct WithBusinessErrors(ByKind);

impl<E: Endpoint<Response: CarriesFailure>> Classify<E> for WithBusinessErrors {
    fn classify(&self, outcome: Outcome<'_, E::Response, E::Error>) -> Verdict {
        match outcome.business_failure() {
            Some(failure) => self.0.verdict(failure.kind()),
            None => Classify::<E>::classify(&self.0, outcome),
        }
    }
}
