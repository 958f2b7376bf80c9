//! The vocabulary of failure that all transports share.

use std::{error::Error, fmt, str::FromStr};

/// What kind of failure it was, in the vocabulary all transports share.
///
/// These are the sixteen canonical codes of gRPC (`google.rpc.Code` without `OK`), by their
/// standard names. Each transport maps them both ways by the published table of its protocol, so a
/// client gets back the kind the server gave.
///
/// Which one to choose, where they are close: [`InvalidArgument`](Self::InvalidArgument) is wrong
/// whatever the state of the system, [`FailedPrecondition`](Self::FailedPrecondition) must be put
/// right before a retry, [`Aborted`](Self::Aborted) may be retried at a higher level (read, modify,
/// write), and [`Unavailable`](Self::Unavailable) may be retried as it is.
///
/// The enum is exhaustive on purpose: the canonical codes are closed, and a match that forgets one
/// should not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ErrorKind {
    /// The caller gave up.
    Cancelled = 1,
    /// Nothing better is known, for example of a foreign error.
    Unknown = 2,
    /// The request is wrong, whatever the state of the system.
    InvalidArgument = 3,
    /// The deadline passed before the call was done.
    DeadlineExceeded = 4,
    /// Something asked for does not exist.
    NotFound = 5,
    /// Something to be created exists already.
    AlreadyExists = 6,
    /// The caller is known and may not do this.
    PermissionDenied = 7,
    /// A limit or a quota is used up.
    ResourceExhausted = 8,
    /// The system is not in the state the call needs.
    FailedPrecondition = 9,
    /// The call lost a race, such as a transaction's conflict.
    Aborted = 10,
    /// Past the end of something that may grow.
    OutOfRange = 11,
    /// The method does not exist or is not supported.
    Unimplemented = 12,
    /// An invariant is broken: a bug.
    Internal = 13,
    /// Cannot be served just now; trying again may help.
    Unavailable = 14,
    /// Data is lost or corrupt beyond repair.
    DataLoss = 15,
    /// The caller's credentials are missing or wrong.
    Unauthenticated = 16,
}

impl ErrorKind {
    /// Every kind, in the order of its code.
    pub const ALL: [Self; 16] = [
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The canonical name, such as `NOT_FOUND`: stable, for labels, logs and the wire.
    ///
    /// [`FromStr`] reads it back.
    ///
    /// ```
    /// use oxkit_core::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::NotFound.name(), "NOT_FOUND");
    /// assert_eq!("NOT_FOUND".parse(), Ok(ErrorKind::NotFound));
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// The canonical number, 1 to 16. 0 is `OK` and no kind of failure.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind with this canonical number, if there is one.
    ///
    /// ```
    /// use oxkit_core::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::from_code(5), Some(ErrorKind::NotFound));
    /// assert_eq!(ErrorKind::from_code(0), None);
    /// ```
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// The sentence shown to a caller who may not see the cause.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Cancelled => "the call was cancelled",
            Self::Unknown => "unknown error",
            Self::InvalidArgument => "invalid argument",
            Self::DeadlineExceeded => "deadline exceeded",
            Self::NotFound => "not found",
            Self::AlreadyExists => "already exists",
            Self::PermissionDenied => "permission denied",
            Self::ResourceExhausted => "resource exhausted",
            Self::FailedPrecondition => "failed precondition",
            Self::Aborted => "aborted",
            Self::OutOfRange => "out of range",
            Self::Unimplemented => "not implemented",
            Self::Internal => "internal error",
            Self::Unavailable => "service unavailable",
            Self::DataLoss => "data loss",
            Self::Unauthenticated => "unauthenticated",
        }
    }

    /// Whether trying the very same call again, later, may succeed.
    ///
    /// Only [`Unavailable`](Self::Unavailable) and [`ResourceExhausted`](Self::ResourceExhausted)
    /// say so by themselves; whether the call may be *repeated* also depends on its
    /// [`Idempotency`](crate::Idempotency).
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Unavailable | Self::ResourceExhausted)
    }

    /// Whether the fault lies with the serving side rather than with the request.
    ///
    /// True for [`Unknown`](Self::Unknown), [`DeadlineExceeded`](Self::DeadlineExceeded),
    /// [`Unimplemented`](Self::Unimplemented), [`Internal`](Self::Internal),
    /// [`Unavailable`](Self::Unavailable) and [`DataLoss`](Self::DataLoss): the kinds whose HTTP
    /// status is in the five hundreds. This is what an error-rate alert should count.
    #[must_use]
    pub const fn is_server_fault(self) -> bool {
        matches!(
            self,
            Self::Unknown
                | Self::DeadlineExceeded
                | Self::Unimplemented
                | Self::Internal
                | Self::Unavailable
                | Self::DataLoss
        )
    }

    /// Whether an error of this kind tends to carry details the caller should not see.
    ///
    /// [`Failure::public_message`](crate::Failure::public_message) hides the text of these by
    /// default: [`Unknown`](Self::Unknown), [`Internal`](Self::Internal) and
    /// [`DataLoss`](Self::DataLoss).
    #[must_use]
    pub const fn is_confidential(self) -> bool {
        matches!(self, Self::Unknown | Self::Internal | Self::DataLoss)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ErrorKind {
    type Err = UnknownErrorKind;

    fn from_str(name: &str) -> Result<Self, UnknownErrorKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(UnknownErrorKind)
    }
}

/// The error of parsing an [`ErrorKind`]: the text is no canonical name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownErrorKind;

impl fmt::Display for UnknownErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a canonical error kind; expected a name such as NOT_FOUND")
    }
}

impl Error for UnknownErrorKind {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_read_back_to_the_kind() {
        for (index, kind) in ErrorKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(kind.code()), index + 1);
            assert_eq!(ErrorKind::from_code(kind.code()), Some(kind));
            assert_eq!(kind.name().parse(), Ok(kind));
        }
    }

    #[test]
    fn what_is_no_kind_is_refused() {
        for code in [0, 17, u8::MAX] {
            assert_eq!(ErrorKind::from_code(code), None);
        }
        for name in ["", "OK", "not_found", "NOT_FOUND "] {
            assert_eq!(name.parse::<ErrorKind>(), Err(UnknownErrorKind), "{name:?}");
        }
    }
}
