//! A sliding window that many threads count in.

use std::time::Instant;

use super::Window;
use crate::{
    clock::{Lazy, Origin},
    stripes::Stripes,
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
#[derive(Debug)]
pub(crate) struct SharedWindow {
    good: Stripes,
    origin: Origin,
    /// When the window must move on, in nanoseconds after the origin; never, for one of calls.
    next: AtomicU64,
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
        let behind = Mutex::new(Behind { generation: 0, window, told: 0 });
        Self { good: Stripes::new(stripes), origin, next, behind }
    }

    /// Counts a good call.
    //
    // That the result is of this generation was just looked up. A thread that sleeps between that
    // and the addition, for as long as it takes to open and close again, adds one good call to a
    // period it is not of; ruling that out would cost every call.
    pub(crate) fn good<F: Fn() -> Instant>(&self, clock: &mut Lazy<F>) {
        let next = self.next.load(Relaxed);
        if next != NEVER && self.origin.nanos(clock.now()) >= next {
            self.advance(clock.now());
        }
        self.good.add();
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
