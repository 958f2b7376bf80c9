//! Which traces are recorded.

use std::{error::Error, fmt};

use oxkit_core::{Context, Operation, TraceFlags, TraceId};

/// Decides whether a call is recorded as part of a trace.
///
/// It is asked for each span that somebody listens to, and answers without waiting. A trace is
/// recorded as a whole or not at all if services decide once, where it begins, and honour the
/// decision from then on, which is what [`ParentBased`] does.
///
/// ```
/// use oxkit_core::Operation;
/// use oxkit_tracing::{Candidate, Sampler};
///
/// /// Nobody wants to see health checks.
/// struct NoHealthChecks;
///
/// impl Sampler for NoHealthChecks {
///     fn samples(&self, call: &Candidate<'_>) -> bool {
///         call.operation().is_none_or(|operation| operation.method() != "Health")
///     }
/// }
/// ```
pub trait Sampler: Send + Sync {
    /// Whether this call is recorded.
    fn samples(&self, call: &Candidate<'_>) -> bool;
}

/// A call of which a [`Sampler`] is asked.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    caller: Option<TraceFlags>,
    trace_id: TraceId,
    named: Option<&'a Operation>,
    /// Looked into only if somebody wants to know.
    cx: Option<&'a Context>,
}

impl<'a> Candidate<'a> {
    /// A call, for tests of samplers.
    #[must_use]
    pub const fn new(
        caller: Option<TraceFlags>,
        trace_id: TraceId,
        operation: Option<&'a Operation>,
    ) -> Self {
        Self { caller, trace_id, named: operation, cx: None }
    }

    #[inline]
    pub(crate) const fn in_context(self, cx: &'a Context) -> Self {
        Self { cx: Some(cx), ..self }
    }

    /// What was decided where the call comes from, if it comes from a trace.
    #[must_use]
    pub const fn caller(&self) -> Option<TraceFlags> {
        self.caller
    }

    /// Which trace it belongs to or would begin.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The operation, if it was said.
    #[must_use]
    pub fn operation(&self) -> Option<&'a Operation> {
        self.named.or_else(|| self.cx?.operation())
    }
}

impl<S: Sampler + ?Sized> Sampler for Box<S> {
    fn samples(&self, call: &Candidate<'_>) -> bool {
        (**self).samples(call)
    }
}

/// Records every call, whatever its caller decided.
#[derive(Debug, Clone, Copy, Default)]
pub struct Always;

impl Sampler for Always {
    fn samples(&self, _: &Candidate<'_>) -> bool {
        true
    }
}

/// Records no call, whatever its caller decided.
#[derive(Debug, Clone, Copy, Default)]
pub struct Never;

impl Sampler for Never {
    fn samples(&self, _: &Candidate<'_>) -> bool {
        false
    }
}

/// Records a part of all traces, the same in every service: the trace's identifier decides.
///
/// It decides as the `TraceIdRatioBased` samplers of the OpenTelemetry SDKs do: by the lower 63 bits
/// that remain of the last eight bytes once the lowest is dropped. A trace that is recorded at one
/// ratio is recorded at every higher one.
///
/// ```
/// use oxkit_tracing::{Candidate, Ratio, Sampler};
///
/// let tenth = Ratio::new(0.1)?;
/// let call = |id: &str| Candidate::new(None, id.parse().unwrap(), None);
/// assert!(tenth.samples(&call("00000000000000010000000000000001")));
/// assert!(!tenth.samples(&call("0000000000000001ffffffffffffffff")));
/// # Ok::<_, oxkit_tracing::NotARatio>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// Of 2^63.
    below: u64,
}

impl Ratio {
    /// Records this part of all traces: 0.01 is one of a hundred.
    ///
    /// # Errors
    ///
    /// It is not between 0 and 1.
    pub fn new(ratio: f64) -> Result<Self, NotARatio> {
        if !(0.0..=1.0).contains(&ratio) {
            return Err(NotARatio);
        }
        // The cast drops what is less than one of 2^63.
        Ok(Self { below: (ratio * (1_u64 << 63) as f64) as u64 })
    }
}

impl Sampler for Ratio {
    fn samples(&self, call: &Candidate<'_>) -> bool {
        let low = u128::from_be_bytes(call.trace_id.to_bytes()) as u64;
        low >> 1 < self.below
    }
}

/// The error of [`Ratio::new`]: not a number between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotARatio;

impl fmt::Display for NotARatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a ratio of traces is a number between 0 and 1")
    }
}

impl Error for NotARatio {}

/// Honours what the caller decided, and asks another sampler only where there is no decision: where
/// a trace begins, or where the caller deferred it.
///
/// ```
/// use oxkit_core::TraceFlags;
/// use oxkit_tracing::{Candidate, Never, ParentBased, Sampler};
///
/// let sampler = ParentBased::new(Never);
/// let id = "4bf92f3577b34da6a3ce929d0e0e4736".parse()?;
/// assert!(!sampler.samples(&Candidate::new(None, id, None)));
/// assert!(sampler.samples(&Candidate::new(Some(TraceFlags::SAMPLED), id, None)));
/// # Ok::<_, oxkit_core::NotAnId>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ParentBased<S> {
    root: S,
}

impl<S: Sampler> ParentBased<S> {
    /// Asks `root` where the caller has not decided.
    #[must_use]
    pub const fn new(root: S) -> Self {
        Self { root }
    }
}

impl<S: Sampler> Sampler for ParentBased<S> {
    fn samples(&self, call: &Candidate<'_>) -> bool {
        match call.caller {
            Some(flags) if !flags.is_deferred() => flags.is_sampled(),
            _ => self.root.samples(call),
        }
    }
}
