//! What a breaker is made of.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use oxkit_core::Outcome;

use crate::{
    Breaker, ByKind, Change, Circuit, ClassifyFn, Policy, Verdict,
    circuit::{OnChange, Settings},
    clock::now,
    stripes::Stripes,
};

/// Builds breakers, made by [`Breaker::builder`].
///
/// | setting | default |
/// |---|---|
/// | [`open_for`](Self::open_for) | [60 s](Self::DEFAULT_OPEN_FOR) |
/// | [`probes`](Self::probes) | [1](Self::DEFAULT_PROBES) |
/// | [`name`](Self::name) | none |
/// | [`on_change`](Self::on_change) | nobody is told |
/// | [`classify`](Self::classify) | [`ByKind`] |
///
/// ```
/// use std::time::Duration;
/// use oxkit_circuitbreaker::{Breaker, FailureRatio, Ratio};
///
/// let breaker = Breaker::builder(FailureRatio::over_time(Duration::from_secs(10), Ratio::percent(20)))
///     .name("payments")
///     .open_for(Duration::from_secs(5))
///     .probes(3)
///     .on_change(|change| eprintln!("{:?}: {} -> {}", change.name, change.from, change.to))
///     .build();
/// assert_eq!(breaker.name(), Some("payments"));
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct Builder<P, C = ByKind> {
    policy: P,
    classify: C,
    open_for: Duration,
    probes: u32,
    name: Option<Arc<str>>,
    on_change: Option<Arc<OnChange>>,
}

impl<P: Policy> Builder<P> {
    pub(crate) const fn new(policy: P) -> Self {
        Self {
            policy,
            classify: ByKind::new(),
            open_for: Self::DEFAULT_OPEN_FOR,
            probes: Self::DEFAULT_PROBES,
            name: None,
            on_change: None,
        }
    }
}

impl<P: Policy, C> Builder<P, C> {
    /// How long a breaker stays open unless something else was said.
    pub const DEFAULT_OPEN_FOR: Duration = Duration::from_secs(60);

    /// How many probes there are unless something else was said.
    pub const DEFAULT_PROBES: u32 = 1;

    /// The shortest time a breaker stays open.
    pub const MIN_OPEN_FOR: Duration = Duration::from_millis(1);

    /// How long it stays open before it probes, and how long a probe may take before its place is
    /// given to another.
    ///
    /// Less than [`MIN_OPEN_FOR`](Self::MIN_OPEN_FOR) is taken as that.
    pub fn open_for(mut self, time: Duration) -> Self {
        self.open_for = time.max(Self::MIN_OPEN_FOR);
        self
    }

    /// How many calls a half-open breaker lets through, and how many of them must end well for it
    /// to close.
    ///
    /// One that fails opens it again. One that does not count frees its place. 0 is taken as 1.
    pub fn probes(mut self, calls: u32) -> Self {
        self.probes = calls.max(1);
        self
    }

    /// A name, for whoever is told of changes. It is data and nothing else: two breakers of one
    /// name know nothing of each other.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Calls `on_change` at each change of state, for a log line or a metric.
    ///
    /// It runs on the thread whose call changed the state, after it did, and may use the breaker.
    /// Two threads may tell of two changes at once: [`Change::number`] puts them in order. It must
    /// not panic: it may run while a call unwinds.
    ///
    /// Said twice, the last holds.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use oxkit_circuitbreaker::{Breaker, ConsecutiveFailures, State};
    ///
    /// let (report, changes) = channel();
    /// let breaker = Breaker::builder(ConsecutiveFailures::default())
    ///     .on_change(move |change| {
    ///         // Nobody may be listening any more, which is no reason to panic here.
    ///         let _ = report.send((change.from, change.to));
    ///     })
    ///     .build();
    /// breaker.force_open();
    /// assert_eq!(changes.recv().unwrap(), (State::Closed, State::ForcedOpen));
    /// ```
    pub fn on_change(mut self, on_change: impl Fn(&Change<'_>) + Send + Sync + 'static) -> Self {
        self.on_change = Some(Arc::new(on_change));
        self
    }

    /// Says which ends of a call count.
    ///
    /// ```
    /// use oxkit_circuitbreaker::{Breaker, ByKind, ConsecutiveFailures};
    /// use oxkit_core::ErrorKind;
    ///
    /// // A dropped call counts: there is a timeout outside of the breaker.
    /// let breaker = Breaker::builder(ConsecutiveFailures::default())
    ///     .classify(ByKind::new().failure(ErrorKind::Cancelled))
    ///     .build();
    /// # let _ = breaker;
    /// ```
    pub fn classify<D>(self, classify: D) -> Builder<P, D> {
        let Self { policy, classify: _, open_for, probes, name, on_change } = self;
        Builder { policy, classify, open_for, probes, name, on_change }
    }

    /// Says by a function which ends of a call count.
    ///
    /// It names the types of the response and the error, for the endpoints it is for.
    ///
    /// ```
    /// use oxkit_circuitbreaker::{Breaker, ConsecutiveFailures, Verdict};
    /// use oxkit_core::{Outcome, Refusal};
    ///
    /// let breaker = Breaker::builder(ConsecutiveFailures::default())
    ///     .classify_with(|outcome: Outcome<'_, String, Refusal>| match outcome {
    ///         Outcome::Response(text) if text.is_empty() => Verdict::Failure,
    ///         Outcome::Response(_) => Verdict::Success,
    ///         Outcome::Dropped => Verdict::Ignored,
    ///         _ => Verdict::Failure,
    ///     })
    ///     .build();
    /// # let _ = breaker;
    /// ```
    pub fn classify_with<F, Response, Error>(
        self,
        classify: F,
    ) -> Builder<P, ClassifyFn<F, Response, Error>>
    where
        F: Fn(Outcome<'_, Response, Error>) -> Verdict,
    {
        self.classify(ClassifyFn::new(classify))
    }

    /// A breaker for endpoints.
    pub fn build(self) -> Breaker<P, C> {
        let circuit = self.circuit(now());
        Breaker::of(circuit, self.classify)
    }

    /// A breaker that is told the time and how calls ended.
    ///
    /// `now` is the present on the clock it will be told of.
    #[must_use]
    pub fn circuit(&self, now: Instant) -> Circuit<P> {
        self.circuit_of(self.name.clone(), Stripes::wanted(), now)
    }

    /// One of many, of which each sees few calls at once: one stripe will do.
    pub(crate) fn circuit_named(&self, name: Arc<str>, now: Instant) -> Circuit<P> {
        self.circuit_of(Some(name), 1, now)
    }

    pub(crate) const fn classification(&self) -> &C {
        &self.classify
    }

    fn circuit_of(&self, name: Option<Arc<str>>, stripes: usize, now: Instant) -> Circuit<P> {
        let settings = Settings {
            open_for: self.open_for,
            probes: self.probes,
            stripes,
            name,
            on_change: self.on_change.clone(),
        };
        Circuit::new(self.policy.clone(), settings, now)
    }
}

impl<P: Policy, C: fmt::Debug> fmt::Debug for Builder<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("policy", &self.policy)
            .field("classify", &self.classify)
            .field("open_for", &self.open_for)
            .field("probes", &self.probes)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
