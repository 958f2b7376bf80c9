//! Words that these tests share.

use std::time::Duration;

use oxkit_core::{ErrorKind, Reason};
use testing_contract::{Answer, Ask, DomainError};

/// What [`Ask::Fail`] fails with when the endpoint is down.
pub(crate) const DOWN: Ask = Ask::Fail(ErrorKind::Unavailable);

/// The result of a call that a breaker refused, with this advice in seconds.
pub(crate) fn refused(seconds: Option<u64>) -> Answer {
    Err(DomainError::Refused(Reason::CircuitOpen, seconds.map(Duration::from_secs)))
}
