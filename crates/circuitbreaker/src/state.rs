//! What a breaker tells of itself.

use std::fmt;

/// The state a breaker is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Calls pass and are counted.
    Closed,
    /// Calls are refused, until it is time to probe.
    Open,
    /// A bounded number of calls, the probes, are let through to see whether it is over.
    HalfOpen,
    /// Calls are refused until somebody says otherwise.
    ForcedOpen,
    /// Calls pass, and nothing is counted, until somebody says otherwise.
    ForcedClosed,
}

impl State {
    /// A name for labels and logs: `closed`, `open`, `half_open`, `forced_open` or `forced_closed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::ForcedClosed => "forced_closed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A breaker went from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change<'a> {
    /// The name the breaker was given.
    pub name: Option<&'a str>,
    /// The state it was in.
    pub from: State,
    /// The state it is in.
    pub to: State,
    /// Puts the changes of one breaker in order: a later change has a higher number, not always
    /// the next one.
    pub number: u64,
}

/// What a breaker has counted, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The state it is in.
    pub state: State,
    /// The calls its policy takes into account; for consecutive failures the same as `failures`.
    ///
    /// Of a window of time it is what the window held when it was last moved on, which a call does
    /// and a look does not.
    pub calls: u64,
    /// Those of the calls that count against the endpoint.
    pub failures: u64,
    /// The number of the last [`Change`].
    pub number: u64,
}
