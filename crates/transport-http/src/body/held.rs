//! A wake-up that is held back while a piece of a body is taken.
//!
//! Taking a piece has hyper wake the connection, which then has room for the next one, also where
//! it was the last: the connection is polled once more to find that there is nothing to do. Only
//! with the piece in hand can one tell that it was the last, so the wake-up waits for that.

use std::{cell::Cell, task::Waker};

struct State {
    is_waiting: Cell<bool>,
    kept: Cell<Option<Waker>>,
}

thread_local! {
    static STATE: State = const { State { is_waiting: Cell::new(false), kept: Cell::new(None) } };
}

/// Holds back the next wake-up of this thread that goes through [`keep`], until it is dropped.
#[derive(Debug)]
#[must_use = "what it holds back wakes when it is dropped"]
pub(super) struct Held {
    is_needless: bool,
}

impl Held {
    #[inline]
    pub(super) fn begin() -> Self {
        // While a thread ends nothing is held back.
        let _ = STATE.try_with(|state| state.is_waiting.set(true));
        Self { is_needless: false }
    }

    /// Nobody need be woken.
    #[inline]
    pub(super) const fn needless(&mut self) {
        self.is_needless = true;
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        let kept = STATE.try_with(|state| {
            // Nothing came while it still waits.
            if state.is_waiting.replace(false) { None } else { state.kept.take() }
        });
        if let Ok(Some(waker)) = kept
            && !self.is_needless
        {
            waker.wake();
        }
    }
}

/// Keeps `waker` to wake it later, or gives it back to be woken at once.
#[cfg(feature = "server")]
#[inline]
pub(crate) fn keep<W: Into<Waker>>(waker: W) -> Result<(), W> {
    let mut waker = Some(waker);
    let _ = STATE.try_with(|state| {
        if state.is_waiting.replace(false) {
            state.kept.set(waker.take().map(Into::into));
        }
    });
    waker.map_or(Ok(()), Err)
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
        task::Wake,
    };

    use super::*;

    #[derive(Debug, Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn the_first_wake_up_waits_for_what_is_said_of_it() {
        for (is_needless, woken) in [(false, 1), (true, 0)] {
            let count = Arc::new(Count::default());
            let mut held = Held::begin();
            keep(Arc::clone(&count)).expect("it is held back");
            keep(Arc::clone(&count)).expect_err("one is").wake();
            assert_eq!(count.0.load(Relaxed), 1);
            if is_needless {
                held.needless();
            }
            drop(held);
            assert_eq!(count.0.load(Relaxed), 1 + woken);
        }
    }

    #[test]
    fn nothing_is_held_back_before_or_after() {
        let count = Arc::new(Count::default());
        let given_back = |count: &Arc<Count>| keep(Arc::clone(count)).is_err();
        assert!(given_back(&count));
        drop(Held::begin());
        assert!(given_back(&count));
        assert_eq!(Arc::strong_count(&count), 1);
    }
}
