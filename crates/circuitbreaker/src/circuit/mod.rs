//! A breaker without a clock and without endpoints: the concurrent core.

mod machine;
#[cfg(all(test, loom))]
mod model;
mod permit;
#[cfg(all(test, not(loom)))]
mod schedules;
#[cfg(all(test, not(loom)))]
mod tests;
mod word;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Change, Policy, Snapshot, State, Verdict,
    clock::{Lazy, Origin},
    policy::Tally,
    sync::{
        Mutex,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Release},
        },
        lock,
    },
};
use machine::{Admission, Limits, Machine, Phase, Step};
use word::{Door, Word};

pub use permit::{Permit, Refused};

/// A breaker that is told the time and how calls ended: what [`Breaker`](crate::Breaker) is made
/// of, for calls that are no endpoints.
///
/// Made by [`Builder::circuit`](crate::Builder::circuit). It is shared by reference, reads no clock
/// and never waits. Where it is given the time, it is given a function, and most calls do not ask.
///
/// Whoever was given a [`Permit`] tells how the call ended, by [`end`](Self::end). A permit that is
/// dropped instead counts for nothing; if it was a probe's, its place is free again only after the
/// time the breaker stays open.
///
/// ```
/// use std::time::{Duration, Instant};
/// use oxkit_circuitbreaker::{Breaker, ConsecutiveFailures, State, Verdict};
///
/// let circuit = Breaker::builder(ConsecutiveFailures::new(1))
///     .open_for(Duration::from_secs(5))
///     .circuit(Instant::now());
///
/// let start = Instant::now();
/// let permit = circuit.begin(|| start)?;
/// circuit.end(permit, Verdict::Failure, || start);
/// assert!(circuit.begin(|| start).is_err());
///
/// let later = start + Duration::from_secs(5);
/// let probe = circuit.begin(|| later)?;
/// assert_eq!(circuit.state(), State::HalfOpen);
/// assert!(circuit.begin(|| later).is_err(), "one probe at a time");
/// circuit.end(probe, Verdict::Success, || later);
/// assert_eq!(circuit.state(), State::Closed);
/// # Ok::<(), oxkit_circuitbreaker::Refused>(())
/// ```
pub struct Circuit<P: Policy> {
    /// [`Word`]: what a call reads first, and a call through a closed breaker reads alone.
    word: AtomicU64,
    /// Until when a door that is shut stays so, in nanoseconds after the origin. Written after the
    /// word, so what is read here may belong to an earlier time the door was shut, never to a later
    /// one than the word.
    until: AtomicU64,
    policy: P,
    tally: P::Tally,
    origin: Origin,
    machine: Mutex<Machine>,
    name: Option<Arc<str>>,
    on_change: Option<Arc<OnChange>>,
}

pub(crate) type OnChange = dyn Fn(&Change<'_>) + Send + Sync;

/// What the builder knows.
pub(crate) struct Settings {
    pub(crate) open_for: Duration,
    pub(crate) probes: u32,
    pub(crate) stripes: usize,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) on_change: Option<Arc<OnChange>>,
}

const NEVER: u64 = u64::MAX;

impl<P: Policy> Circuit<P> {
    pub(crate) fn new(policy: P, settings: Settings, now: Instant) -> Self {
        let Settings { open_for, probes, stripes, name, on_change } = settings;
        let origin = Origin::before(now);
        let machine = Machine::new(Limits { open_for, probes });
        Self {
            word: AtomicU64::new(Word::of(&machine).0),
            // Whoever finds the door shut before this was written asks the machine.
            until: AtomicU64::new(0),
            tally: policy.tally(stripes, origin),
            policy,
            origin,
            machine: Mutex::new(machine),
            name,
            on_change,
        }
    }

    /// Asks whether a call may be made.
    ///
    /// Closed, it costs one load and does not ask the time, unless the policy measures calls. Open,
    /// it asks the time and takes no lock.
    ///
    /// # Errors
    ///
    /// [`Refused`], if the breaker is open, or half-open with all its probes in flight.
    #[inline]
    pub fn begin(&self, now: impl Fn() -> Instant) -> Result<Permit<P>, Refused> {
        let mut clock = Lazy::new(now);
        let word = Word(self.word.load(Acquire));
        let word = if word.is_closed() { word } else { self.knock(word, &mut clock)? };
        Ok(Permit { word, began: self.policy.begin(&mut clock) })
    }

    /// A call comes and the door is not open.
    #[cold]
    fn knock<F: Fn() -> Instant>(&self, word: Word, clock: &mut Lazy<F>) -> Result<Word, Refused> {
        let door = word.door();
        let shut_for = match door {
            Door::ForcedClosed => return Ok(word),
            Door::ForcedOpen => return Err(Refused::new(State::ForcedOpen)),
            // While it is down, refusing must not make all callers queue for a lock.
            Door::Open | Door::Full => {
                let until = self.until.load(Acquire);
                until.saturating_sub(self.origin.nanos(clock.now()))
            }
            Door::Closed | Door::HalfOpen => 0,
        };
        // If the door moved meanwhile, `until` may be that of the next state: a caller that came as
        // the breaker half-opened would be turned away though there is a place for it.
        if shut_for > 0 && Word(self.word.load(Acquire)).door() == door {
            return Err(match door {
                Door::Open => Refused::open_for(shut_for),
                // The probes may be done at any moment.
                _ => Refused::new(State::HalfOpen),
            });
        }
        let now = clock.now();
        let mut machine = lock(&self.machine);
        let (admission, step) = machine.admit(now);
        self.publish(&machine);
        let state = machine.state();
        let generation = machine.generation();
        drop(machine);
        self.tell(generation, step);
        match admission {
            // Probes hold their place however full it is: of the word only the generation is theirs.
            Admission::Probe => Ok(Word::new(generation, Door::HalfOpen)),
            Admission::Pass if state == State::Closed => Ok(Word::new(generation, Door::Closed)),
            Admission::Pass => Ok(Word::new(generation, Door::ForcedClosed)),
            Admission::Refuse => Err(Refused::new(state)),
        }
    }

    /// Tells how a call ended.
    ///
    /// A result that belongs to an earlier state does not count: a call that began before the
    /// breaker opened says nothing about whether the endpoint has recovered.
    #[inline]
    pub fn end(&self, permit: Permit<P>, verdict: Verdict, now: impl Fn() -> Instant) {
        let Permit { word, began } = permit;
        let mut clock = Lazy::new(now);
        // What the good call through a closed breaker takes is all that is inlined.
        if !word.is_closed() {
            return self.end_probe(word, &began, verdict, &mut clock);
        }
        if Word(self.word.load(Acquire)) != word {
            return;
        }
        match self.policy.judge(&began, verdict, &mut clock) {
            Verdict::Success => self.tally.good(word.generation(), &mut clock),
            Verdict::Failure => self.count_failure(word.generation(), &mut clock),
            Verdict::Ignored => {}
        }
    }

    #[cold]
    fn count_failure<F: Fn() -> Instant>(&self, generation: u64, clock: &mut Lazy<F>) {
        if self.tally.bad(generation, clock) {
            let now = clock.now();
            self.change(|machine| machine.trip(generation, now));
        }
    }

    #[cold]
    fn end_probe<F: Fn() -> Instant>(
        &self,
        word: Word,
        began: &P::Began,
        verdict: Verdict,
        clock: &mut Lazy<F>,
    ) {
        // What was let through without being counted is not counted.
        if word.door() != Door::ForcedClosed {
            let verdict = self.policy.judge(began, verdict, clock);
            self.change(|machine| machine.end(word.generation(), verdict, || clock.now()));
        }
    }

    /// The state it is in.
    ///
    /// An open breaker becomes half-open by the first call that comes after its time, not by time
    /// alone.
    #[must_use]
    pub fn state(&self) -> State {
        Word(self.word.load(Acquire)).state()
    }

    /// The state it is in and what it has counted.
    ///
    /// Unless it is closed, the counts are those with which it last was. Each number is right by
    /// itself; calls that end meanwhile may show in one and not in another.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let word = Word(self.word.load(Acquire));
        let (calls, failures) = self.tally.counts();
        Snapshot { state: word.state(), calls, failures, number: word.generation() }
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Refuses all calls, until [`reset`](Self::reset) or [`force_closed`](Self::force_closed).
    pub fn force_open(&self) {
        self.change(|machine| machine.force(Phase::ForcedOpen));
    }

    /// Lets all calls pass and counts none, until [`reset`](Self::reset) or
    /// [`force_open`](Self::force_open).
    pub fn force_closed(&self) {
        self.change(|machine| machine.force(Phase::ForcedClosed));
    }

    /// Closes it, whatever state it is in, and forgets all it has counted. It opens again by its
    /// policy.
    pub fn reset(&self) {
        self.change(|machine| machine.force(Phase::Closed));
    }

    fn change(&self, step: impl FnOnce(&mut Machine) -> Option<Step>) {
        let mut machine = lock(&self.machine);
        let before = machine.generation();
        let step = step(&mut machine);
        let generation = machine.generation();
        if generation != before && machine.phase() == Phase::Closed {
            // Before anybody can see that it is closed.
            self.tally.restart(generation);
        }
        self.publish(&machine);
        drop(machine);
        self.tell(generation, step);
    }

    /// Shows what the machine decided. Called with its lock held, so that the words come in order.
    fn publish(&self, machine: &Machine) {
        // The word first: whoever reads a new `until` then also finds a new word.
        self.word.store(Word::of(machine).0, Release);
        if let Phase::Open { until } | Phase::HalfOpen { until, .. } = machine.phase() {
            let until = until.map_or(NEVER, |at| self.origin.nanos(at));
            self.until.store(until, Release);
        }
    }

    /// Outside of the lock: the function may ask the breaker, or force it.
    fn tell(&self, number: u64, step: Option<Step>) {
        if let (Some((from, to)), Some(on_change)) = (step, &self.on_change) {
            on_change(&Change { name: self.name.as_deref(), from, to, number });
        }
    }
}

impl<P: Policy> fmt::Debug for Circuit<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Snapshot { state, calls, failures, .. } = self.snapshot();
        f.debug_struct("Circuit")
            .field("name", &self.name)
            .field("policy", &self.policy)
            .field("state", &state)
            .field("calls", &calls)
            .field("failures", &failures)
            .finish_non_exhaustive()
    }
}
