//! A limit that follows how much slower calls are than they used to be.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use super::law::{LimitLaw, Range, Sample};

/// How much slower than in the long run calls may be before the limit shrinks: times vary.
const TOLERANCE: f64 = 1.5;
/// No window takes more than half.
const STEEPEST: f64 = 0.5;
/// How much of a step is taken for each window.
const SMOOTHING: f64 = 0.2;
/// How many calls may queue on the other side: what the limit grows by while nothing is slow.
const QUEUE: f64 = 4.0;
/// The shortest window, in time and in calls.
const WINDOW: Duration = Duration::from_millis(100);
const WINDOW_CALLS: u32 = 10;
/// Over about how many windows the long run goes, and how many make its first mean.
const LONG_RUN: f64 = 600.0;
const WARM_UP: u32 = 10;
/// How much less is learned from a window that is slower than tolerated.
const DOUBT: f64 = 10.0;
/// When calls are faster than half the long run, an overload is over; the long run forgets it.
const DRIFT: f64 = 0.95;

/// A limit that follows the gradient between how long calls take in the long run and now.
///
/// While calls are as fast as ever the limit grows; once they take more than one and a half times
/// as long they queue somewhere, and the limit shrinks in proportion, before anything fails. The
/// law is Gradient2 of Netflix' concurrency-limits, after TCP Vegas (Brakmo, O'Malley and Peterson,
/// *TCP Vegas: New Techniques for Congestion Detection and Avoidance*, 1994). It takes a step for
/// each window, with the mean of its calls:
///
/// ```text
/// gradient = clamp(1.5 x long run / mean, 0.5, 1)
/// limit    = 0.8 x limit + 0.2 x (limit x gradient + 4)
/// ```
///
/// A window is a tenth of a second, or twice the time of its first call if that is longer, and ten
/// calls at least. The long run is a mean over about 600 windows.
///
/// Where it differs: a window in which a call met overload has the steepest gradient. And from a
/// window that is slower than tolerated the long run learns ten times less: otherwise a server that
/// is kept busy teaches it within a minute that busy is normal, and the limit creeps up for ever.
/// One that has become slower for good is believed after some minutes.
///
/// It moves only while at least half of the limit is in use. One law serves calls of one kind: where
/// fast and slow methods share a limit, the mix looks like overload when the slow ones come.
///
/// | setting | default |
/// |---|---|
/// | first limit | 20 |
/// | least, most | 1, 1000 |
///
/// ```
/// use std::time::{Duration, Instant};
/// use oxkit_ratelimit::{Gradient, LimitLaw, Sample};
///
/// let mut law = Gradient::new();
/// let mut now = Instant::now();
/// let mut second = |law: &mut Gradient, took| {
///     for _ in 0..1000 {
///         law.observe(Sample::answered(now, took, law.limit()));
///         now += Duration::from_millis(1);
///     }
///     law.limit()
/// };
/// let fast = second(&mut law, Duration::from_millis(5));
/// assert!(fast > 20);
/// let slow = second(&mut law, Duration::from_millis(50));
/// assert!(slow < fast);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a law does nothing until a limit follows it"]
pub struct Gradient {
    limit: f64,
    range: Range,
    /// Seconds.
    long_run: f64,
    /// How many windows made it, up to the warm-up.
    windows: u32,
    window: Option<Window>,
}

/// The calls that ended lately.
#[derive(Debug, Clone)]
struct Window {
    ends: Option<Instant>,
    calls: u32,
    answered: u32,
    /// Seconds, of those that were answered.
    took: f64,
    in_flight: usize,
}

impl Window {
    fn starting_with(sample: &Sample) -> Self {
        let long = sample.took.saturating_mul(2).max(WINDOW);
        let ends = sample.ended().checked_add(long);
        Self { ends, calls: 0, answered: 0, took: 0.0, in_flight: 0 }
    }

    fn add(&mut self, sample: &Sample) {
        self.calls = self.calls.saturating_add(1);
        self.in_flight = self.in_flight.max(sample.in_flight);
        if !sample.overloaded {
            self.answered = self.answered.saturating_add(1);
            self.took += sample.took.as_secs_f64();
        }
    }

    /// Whether it ends with this sample. One that would end after the end of time ends now.
    fn is_over(&self, sample: &Sample) -> bool {
        self.calls >= WINDOW_CALLS && self.ends.is_none_or(|ends| sample.ended() >= ends)
    }

    /// How long its calls took in the mean, if all were answered.
    fn mean(&self) -> Option<f64> {
        // A call takes time, even one that a coarse clock could not see.
        (self.answered == self.calls).then(|| (self.took / f64::from(self.calls)).max(1e-9))
    }
}

impl Gradient {
    /// The law with its defaults.
    pub const fn new() -> Self {
        Self::over(Range::DEFAULT)
    }

    /// The law with this first limit.
    pub const fn starting_at(limit: NonZeroUsize) -> Self {
        Self::over(Range::starting_at(limit))
    }

    const fn over(range: Range) -> Self {
        Self { limit: range.initial, range, long_run: 0.0, windows: 0, window: None }
    }

    /// Never lets the limit sink below `min`; raises the first limit and the most to it.
    pub const fn with_min(self, min: NonZeroUsize) -> Self {
        Self::over(self.range.with_min(min))
    }

    /// Never lets the limit rise above `max`; lowers the first limit and the least to it.
    pub const fn with_max(self, max: NonZeroUsize) -> Self {
        Self::over(self.range.with_max(max))
    }

    /// The mean of the long run, this window included.
    fn remember(&mut self, mean: f64) -> f64 {
        if self.windows < WARM_UP {
            self.windows += 1;
            self.long_run += (mean - self.long_run) / f64::from(self.windows);
        } else {
            let doubt = if mean > self.long_run * TOLERANCE { DOUBT } else { 1.0 };
            self.long_run += (mean - self.long_run) * 2.0 / ((LONG_RUN + 1.0) * doubt);
        }
        let long_run = self.long_run;
        if long_run > mean * 2.0 {
            self.long_run *= DRIFT;
        }
        long_run
    }

    fn step(&mut self, window: &Window) {
        let target = match window.mean() {
            None => self.limit * STEEPEST,
            Some(mean) => {
                let gradient = (TOLERANCE * self.remember(mean) / mean).clamp(STEEPEST, 1.0);
                if (window.in_flight as f64) < self.limit / 2.0 {
                    return;
                }
                self.limit * gradient + QUEUE
            }
        };
        self.limit = self.range.clamp(self.limit + (target - self.limit) * SMOOTHING);
    }
}

impl Default for Gradient {
    fn default() -> Self {
        Self::new()
    }
}

impl LimitLaw for Gradient {
    fn limit(&self) -> usize {
        self.limit as usize
    }

    fn observe(&mut self, sample: Sample) {
        let window = self.window.get_or_insert_with(|| Window::starting_with(&sample));
        window.add(&sample);
        if window.is_over(&sample)
            && let Some(window) = self.window.take()
        {
            self.step(&window);
        }
    }
}
