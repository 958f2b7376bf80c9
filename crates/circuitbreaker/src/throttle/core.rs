//! What all calls share.

use std::time::{Duration, Instant};

use super::chance::Chance;
use crate::{
    Verdict,
    clock::{Lazy, Origin},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    window::{SharedWindow, TimeWindow, Window},
};

/// A throttle that is told the time, a random number, and how calls ended.
#[derive(Debug)]
pub(super) struct Core {
    chance: Chance,
    window: SharedWindow,
    /// Whether any call may be refused. While none is, a call reads this alone when it begins.
    active: AtomicBool,
}

/// The window is never begun anew.
const GENERATION: u64 = 0;

impl Core {
    pub(super) fn new(chance: Chance, window: Duration, stripes: usize, now: Instant) -> Self {
        let window = Window::Time(TimeWindow::new(window));
        let window = SharedWindow::new(window, stripes, Origin::before(now));
        Self { chance, window, active: AtomicBool::new(false) }
    }

    /// Whether a call may be made.
    pub(super) fn begin(&self, now: impl Fn() -> Instant, random: impl FnOnce() -> u64) -> bool {
        // A call that begins while the first rejection is being counted passes, as it would have a
        // moment before.
        if !self.active.load(Relaxed) {
            return true;
        }
        let admitted = self.change(&mut Lazy::new(now), |window| {
            let refused = self.chance.refuses(window.counts(), random());
            if refused {
                // A call the caller wanted to make. It is what lets the chance rise above what the
                // endpoint itself rejects.
                window.bad();
            }
            !refused
        });
        admitted.unwrap_or(true)
    }

    pub(super) fn end(&self, verdict: Verdict, now: impl Fn() -> Instant) {
        let mut clock = Lazy::new(now);
        match verdict {
            Verdict::Success if !self.active.load(Relaxed) => self.window.good(&mut clock),
            Verdict::Success => {
                self.change(&mut clock, |window| window.good(1));
            }
            Verdict::Failure => {
                self.change(&mut clock, Window::bad);
            }
            Verdict::Ignored => {}
        }
    }

    /// How likely a call is refused by what was last counted.
    pub(super) fn refusing(&self) -> f64 {
        self.chance.refuse(self.window.counts())
    }

    fn change<F: Fn() -> Instant, T>(
        &self,
        clock: &mut Lazy<F>,
        change: impl FnOnce(&mut Window) -> T,
    ) -> Option<T> {
        self.window.change(GENERATION, clock, |window| {
            let output = change(window);
            let active = self.chance.refuse(window.counts()) > 0.0;
            self.active.store(active, Relaxed);
            output
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A small generator (Marsaglia's xorshift): the test must not differ from run to run.
    fn random(seed: &mut u64) -> u64 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed
    }

    /// A caller of a thousand calls a second against an endpoint that accepts a share of them.
    /// Returns how many of the calls of the last ten seconds reached it.
    fn drive(core: &Core, start: Instant, seconds: u32, accepts: impl Fn(u32, u64) -> bool) -> u32 {
        let mut seed = 0x9E37_79B9_7F4A_7C15;
        let mut sent = 0;
        for second in 0..seconds {
            for milli in 0..1000 {
                let now = start + second * SECOND + Duration::from_millis(milli);
                if core.begin(|| now, || random(&mut seed)) {
                    sent += u32::from(second >= seconds - 10);
                    let accepted = accepts(second, random(&mut seed));
                    core.end(if accepted { Verdict::Success } else { Verdict::Failure }, || now);
                }
            }
        }
        sent
    }

    fn core(start: Instant) -> Core {
        Core::new(Chance::new(2.0, 10), 10 * SECOND, 2, start)
    }

    #[test]
    fn it_sends_about_twice_what_is_accepted() {
        let start = Instant::now();
        // One in eight of the calls it could make is all the endpoint takes.
        let budget = std::cell::Cell::new((0, 0));
        let sent = drive(&core(start), start, 60, |second, _| {
            let (of, used) = budget.get();
            let used = if of == second { used } else { 0 };
            budget.set((second, used + 1));
            used < 125
        });
        assert!((2_000..3_500).contains(&sent), "{sent}");
    }

    #[test]
    fn an_endpoint_that_accepts_nothing_is_hardly_called_and_never_given_up() {
        let start = Instant::now();
        let sent = drive(&core(start), start, 60, |_, _| false);
        assert!((1..200).contains(&sent), "{sent} of 10000");
    }

    #[test]
    fn it_lets_everything_through_once_the_endpoint_accepts_again() {
        let start = Instant::now();
        let core = core(start);
        let sent = drive(&core, start, 70, |second, _| second >= 20);
        assert_eq!(sent, 10_000, "four windows after it was down altogether");
        assert_eq!(core.refusing(), 0.0);
    }

    #[test]
    fn what_lies_back_further_than_the_window_is_forgotten() {
        let start = Instant::now();
        let core = core(start);
        drive(&core, start, 10, |_, _| false);
        assert!(core.refusing() > 0.9);
        assert!(core.begin(|| start + 60 * SECOND, || 0));
        assert_eq!(core.refusing(), 0.0);
    }
}
