//! What was decided about a trace.

use std::fmt;

/// What was decided about a trace, and by whom.
///
/// The lower bits are the trace flags of W3C Trace Context ([`to_w3c`](Self::to_w3c)); two more say
/// what only B3 and Jaeger can.
///
/// ```
/// use oxkit_core::TraceFlags;
///
/// assert!(TraceFlags::SAMPLED.is_sampled());
/// assert!(TraceFlags::DEBUG.is_sampled(), "who debugs wants to see it");
/// assert!(!TraceFlags::NOT_SAMPLED.is_sampled());
/// assert_eq!(TraceFlags::from_w3c(0xff).to_w3c(), 3);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TraceFlags(u8);

const SAMPLED: u8 = 1;
const RANDOM: u8 = 1 << 1;
const DEFERRED: u8 = 1 << 6;
const DEBUG: u8 = 1 << 7;

impl TraceFlags {
    /// The trace is not recorded.
    pub const NOT_SAMPLED: Self = Self(0);
    /// The trace is recorded.
    pub const SAMPLED: Self = Self(SAMPLED);
    /// The trace is recorded, whatever a sampler would say: somebody is looking for a fault.
    pub const DEBUG: Self = Self(SAMPLED | DEBUG);
    /// The caller leaves the decision to the callee, as B3 allows.
    pub const DEFERRED: Self = Self(DEFERRED);

    /// The flags of a `traceparent` header. Bits that mean nothing yet are dropped.
    #[must_use]
    pub const fn from_w3c(bits: u8) -> Self {
        Self(bits & (SAMPLED | RANDOM))
    }

    /// The flags for a `traceparent` header.
    #[must_use]
    pub const fn to_w3c(self) -> u8 {
        self.0 & (SAMPLED | RANDOM)
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.0 & SAMPLED != 0
    }

    /// Whether the trace must be recorded, for debugging.
    #[must_use]
    pub const fn is_debug(self) -> bool {
        self.0 & DEBUG != 0
    }

    /// Whether nobody has decided yet.
    #[must_use]
    pub const fn is_deferred(self) -> bool {
        self.0 & DEFERRED != 0
    }

    /// The same with this decision. What is not sampled is not debugged either.
    #[must_use]
    pub const fn with_sampled(self, sampled: bool) -> Self {
        if sampled {
            Self(self.0 & !DEFERRED | SAMPLED)
        } else {
            Self(self.0 & !(DEFERRED | DEBUG | SAMPLED))
        }
    }
}

impl fmt::Debug for TraceFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decision = match (self.is_debug(), self.is_sampled(), self.is_deferred()) {
            (true, ..) => "debug",
            (_, true, _) => "sampled",
            (.., true) => "deferred",
            _ => "not sampled",
        };
        write!(f, "TraceFlags({decision})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_ends_what_was_deferred_and_a_no_ends_debugging() {
        assert_eq!(TraceFlags::DEFERRED.with_sampled(true), TraceFlags::SAMPLED);
        assert_eq!(TraceFlags::DEFERRED.with_sampled(false), TraceFlags::NOT_SAMPLED);
        assert_eq!(TraceFlags::DEBUG.with_sampled(true), TraceFlags::DEBUG);
        assert_eq!(TraceFlags::DEBUG.with_sampled(false), TraceFlags::NOT_SAMPLED);
        assert_eq!(TraceFlags::from_w3c(3).with_sampled(false).to_w3c(), 2);
    }
}
