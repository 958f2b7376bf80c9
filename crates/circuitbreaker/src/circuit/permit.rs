//! What a caller is given: a permit, or a refusal.

use std::{error::Error, fmt, num::NonZeroU64, time::Duration};

use oxkit_core::{ErrorKind, Failure, Reason, Refusal};

use super::word::Word;
use crate::{Policy, State};

/// A call was let through: hand it back to [`Circuit::end`](super::Circuit::end).
#[must_use = "the breaker is to be told how the call ended"]
pub struct Permit<P: Policy> {
    /// What the door was when it was given.
    pub(super) word: Word,
    pub(super) began: P::Began,
}

impl<P: Policy> Permit<P> {
    /// Whether the call is a probe: the breaker's next state hangs on it.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.word.state() == State::HalfOpen
    }
}

impl<P: Policy> fmt::Debug for Permit<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("probe", &self.is_probe()).finish_non_exhaustive()
    }
}

/// A call was not let through.
///
/// It becomes a [`Refusal`] for [`Reason::CircuitOpen`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    state: State,
    nanos: Option<NonZeroU64>,
}

impl Refused {
    pub(crate) const fn new(state: State) -> Self {
        Self { state, nanos: None }
    }

    pub(super) const fn open_for(nanos: u64) -> Self {
        Self { state: State::Open, nanos: NonZeroU64::new(nanos) }
    }

    /// The state the breaker was in.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// How long it is until the breaker probes; `None` if that is not known: while the probes are
    /// in flight, and while it is forced open.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.nanos.map(|nanos| Duration::from_nanos(nanos.get()))
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let refusal = Self::new(Reason::CircuitOpen);
        match refused.retry_after() {
            Some(after) => refusal.with_retry_after(after),
            None => refusal,
        }
    }
}

impl Failure for Refused {
    fn kind(&self) -> ErrorKind {
        Reason::CircuitOpen.kind()
    }

    fn retry_after(&self) -> Option<Duration> {
        Self::retry_after(self)
    }

    fn refused_for(&self) -> Option<Reason> {
        Some(Reason::CircuitOpen)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("circuit breaker is open")
    }
}

impl Error for Refused {}
