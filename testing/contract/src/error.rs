//! What a domain fails with.

use std::{error::Error, fmt, time::Duration};

use oxkit_core::{ErrorKind, Failure, Reason, Refusal};

/// What a domain fails with. Compared in tests, so a refusal is kept by what it says.
#[derive(Debug, Clone, PartialEq)]
pub enum DomainError {
    /// As asked for.
    Of(ErrorKind),
    /// A layer did not let the call through, for this reason and with this advice.
    Refused(Reason, Option<Duration>),
}

impl DomainError {
    /// A refusal without advice.
    #[must_use]
    pub const fn refused(reason: Reason) -> Self {
        Self::Refused(reason, None)
    }
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for DomainError {}

impl Failure for DomainError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Of(kind) => *kind,
            Self::Refused(reason, _) => reason.kind(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Of(_) => None,
            Self::Refused(_, advice) => *advice,
        }
    }

    fn refused_for(&self) -> Option<Reason> {
        match self {
            Self::Of(_) => None,
            Self::Refused(reason, _) => Some(*reason),
        }
    }
}

impl From<Refusal> for DomainError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.reason(), refusal.retry_after())
    }
}

/// Why a call was refused, or `None` if it was not.
pub fn reason<T>(answer: &Result<T, DomainError>) -> Option<Reason> {
    match answer {
        Err(DomainError::Refused(reason, _)) => Some(*reason),
        _ => None,
    }
}

/// When a call was told to come back.
pub fn advice<T>(answer: &Result<T, DomainError>) -> Option<Duration> {
    answer.as_ref().err().and_then(Failure::retry_after)
}
