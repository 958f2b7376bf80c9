//! A sliding window that many threads count in.

use std::time::Instant;

use super::Window;
use crate::{
    clock::{Lazy, Origin},
    stripes::{Stripe, Stripes},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
        lock,
    },
};

/// A sliding window that many threads count in.
///
/// Good calls are only added up, each thread on its own cache lines. They are moved into the window
/// by whoever needs it to be right: a failure, and the first call of a new bucket of time. So the
/// window sees the calls in the order they ended, and a good call takes no lock.
///
/// Whose calls follow close upon each other does not look at the clock for each of them, only for
/// every sixteenth. When there is a pause, up to so many calls after it are taken for older than
/// they are. That can make too few of them count, never too many.
#[derive(Debug)]
pub(crate) struct SharedWindow {
    good: Stripes,
    origin: Origin,
    /// When the window must move on, in nanoseconds after the origin; never, for one of calls.
    next: AtomicU64,
    /// While a thread's calls come in less than this, it does not look at the clock for each.
    hurry: u64,
    behind: Mutex<Behind>,
}

/// What failures and time change, one at a time.
#[derive(Debug)]
struct Behind {
    /// What belongs to another generation is not counted.
    generation: u64,
    window: Window,
    /// How many of the good calls the window has been told of.
    told: u64,
}

const NEVER: u64 = u64::MAX;

impl SharedWindow {
    pub(crate) fn new(window: Window, stripes: usize, origin: Origin) -> Self {
        let next = AtomicU64::new(next(&window, origin));
        let (looks, hurry) = match &window {
            Window::Calls(_) => (false, 0),
            // A few calls more, and all the more slowly, are still within the bucket.
            Window::Time(window) => (true, window.width() / 8),
        };
        let behind = Mutex::new(Behind { generation: 0, window, told: 0 });
        Self { good: Stripes::new(stripes, looks), origin, next, hurry, behind }
    }

    /// Counts a good call.
    //
    // That the result is of this generation was just looked up. A thread that sleeps between that
    // and the addition, for as long as it takes to open and close again, adds one good call to a
    // period it is not of; ruling that out would cost every call.
    #[inline]
    pub(crate) fn good<F: Fn() -> Instant>(&self, clock: &mut Lazy<F>) {
        let stripe = self.good.mine();
        if stripe.is_to_look() {
            self.look(stripe, clock);
        }
        stripe.add();
    }

    #[inline(never)]
    fn look<F: Fn() -> Instant>(&self, stripe: &Stripe, clock: &mut Lazy<F>) {
        let now = self.origin.nanos(clock.now());
        if now >= self.next.load(Relaxed) {
            self.advance(clock.now());
        }
        stripe.looked(now, self.hurry);
    }

    #[cold]
    fn advance(&self, now: Instant) {
        let mut behind = lock(&self.behind);
        self.move_on(&mut behind, now);
    }

    /// Changes the window as it is at this time, unless it is of another generation by now.
    pub(crate) fn change<F: Fn() -> Instant, T>(
        &self,
        generation: u64,
        clock: &mut Lazy<F>,
        change: impl FnOnce(&mut Window) -> T,
    ) -> Option<T> {
        let mut behind = lock(&self.behind);
        if behind.generation != generation {
            return None;
        }
        if self.next.load(Relaxed) == NEVER {
            self.tell(&mut behind);
        } else {
            self.move_on(&mut behind, clock.now());
        }
        Some(change(&mut behind.window))
    }

    /// Begins a new generation, with nothing counted.
    pub(crate) fn restart(&self, generation: u64) {
        let mut behind = lock(&self.behind);
        behind.generation = generation;
        behind.told = self.good.sum();
        behind.window.clear();
        self.schedule(&behind);
    }

    /// The calls in the window, and those of them that did not end well.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let mut behind = lock(&self.behind);
        self.tell(&mut behind);
        behind.window.counts()
    }

    /// Tells the window of the good calls it does not know of yet. They ended in the bucket that
    /// was the newest until now.
    fn tell(&self, behind: &mut Behind) {
        let counted = self.good.sum();
        behind.window.good(counted - behind.told);
        behind.told = counted;
    }

    fn move_on(&self, behind: &mut Behind, now: Instant) {
        self.tell(behind);
        behind.window.advance(now);
        self.schedule(behind);
    }

    fn schedule(&self, behind: &Behind) {
        self.next.store(next(&behind.window, self.origin), Relaxed);
    }
}

fn next(window: &Window, origin: Origin) -> u64 {
    match window {
        Window::Calls(_) => NEVER,
        // Before the first call, at once.
        Window::Time(window) => window.next().map_or(0, |at| origin.nanos(at)),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::{cell::Cell, time::Duration};

    use proptest::prelude::*;

    use super::{
        super::{CallWindow, TimeWindow},
        *,
    };

    const SECOND: Duration = Duration::from_secs(1);

    fn over_time(length: Duration, start: Instant) -> SharedWindow {
        SharedWindow::new(Window::Time(TimeWindow::new(length)), 1, Origin::before(start))
    }

    proptest! {
        #[test]
        fn of_the_good_calls_few_are_taken_for_older_and_none_for_younger(
            bursts in prop::collection::vec((0_u64..3_000, 1_u32..100), 1..50),
        ) {
            let mut now = Instant::now();
            let shared = over_time(10 * SECOND, now);
            let mut calls = Vec::new();
            for (millis, burst) in bursts {
                now += Duration::from_millis(millis);
                for _ in 0..burst {
                    shared.good(&mut Lazy::new(|| now));
                    calls.push(now);
                }
                let counted = shared
                    .change(0, &mut Lazy::new(|| now), |window| window.counts().0)
                    .expect("there is one generation");
                let since = |reach: Duration| {
                    calls.iter().filter(|&&call| now - call < reach).count() as u64
                };
                // After each pause of the ten seconds.
                let unseen = 11 * Stripe::MOST_UNSEEN;
                let (least, most) = (since(9 * SECOND), since(10 * SECOND));
                prop_assert!(counted + unseen >= least && counted <= most, "{least} {counted} {most}");
            }
        }
    }

    #[test]
    fn slow_calls_look_at_the_clock_each_and_a_rush_seldom() {
        for (apart, most) in [(SECOND, 1000), (Duration::from_micros(1), 1000 / 16 + 5)] {
            let start = Instant::now();
            let shared = over_time(10 * SECOND, start);
            let looks = Cell::new(0);
            for n in 0..1000 {
                let mut clock = Lazy::new(|| {
                    looks.set(looks.get() + 1);
                    start + n * apart
                });
                shared.good(&mut clock);
            }
            assert!(looks.get() <= most, "{} looks", looks.get());
            if apart == SECOND {
                assert_eq!(looks.get(), 1000);
                assert_eq!(shared.counts().0, 10);
            }
        }
    }

    #[test]
    fn a_window_of_calls_never_looks_at_the_clock() {
        let window = Window::Calls(CallWindow::new(10));
        let shared = SharedWindow::new(window, 1, Origin::before(Instant::now()));
        for _ in 0..100 {
            shared.good(&mut Lazy::new(|| -> Instant { unreachable!("nobody needs it") }));
        }
        assert_eq!(shared.counts(), (10, 0));
    }

    #[test]
    fn the_result_of_another_generation_changes_nothing() {
        let now = Instant::now();
        let shared = over_time(SECOND, now);
        shared.restart(1);
        assert_eq!(shared.change(0, &mut Lazy::new(|| now), Window::bad), None);
        assert_eq!(shared.counts(), (0, 0));
    }
}
