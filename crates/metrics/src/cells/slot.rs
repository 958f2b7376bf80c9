//! Which lane is this thread's.

use std::{
    cell::Cell,
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The lane of all threads that have none of their own. It is written with atomic additions.
pub(super) const SHARED: usize = 0;

const UNSET: usize = usize::MAX;

/// The numbers in use, in the whole process: a thread has one number, whichever registries it
/// writes to. Nothing but the numbers is shared by the registries.
static SLOTS: Mutex<Slots> = Mutex::new(Slots { fresh: SHARED + 1, free: BTreeSet::new() });

struct Slots {
    fresh: usize,
    free: BTreeSet<usize>,
}

thread_local! {
    // Without a destructor, so it can be read while the thread's other values are destroyed.
    static SLOT: Cell<usize> = const { Cell::new(UNSET) };
    static OWNED: Owned = Owned::take();
}

/// A number that belongs to one thread until it ends.
struct Owned(usize);

impl Owned {
    /// The smallest free number, so that a program that starts and ends threads stays within few
    /// lanes.
    fn take() -> Self {
        let mut slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
        Self(slots.free.pop_first().unwrap_or_else(|| {
            slots.fresh += 1;
            slots.fresh - 1
        }))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // What is counted from here to the end of the thread goes to the shared lane.
        SLOT.set(SHARED);
        // The lock orders the last write of this thread before the first of the next owner, who
        // therefore continues from what this one left.
        SLOTS.lock().unwrap_or_else(PoisonError::into_inner).free.insert(self.0);
    }
}

/// The number of the present thread. No other living thread has it, unless it is [`SHARED`].
#[inline]
pub(super) fn current() -> usize {
    match SLOT.get() {
        UNSET => first(),
        slot => slot,
    }
}

#[cold]
fn first() -> usize {
    let slot = OWNED.try_with(|owned| owned.0).unwrap_or(SHARED);
    SLOT.set(slot);
    slot
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Barrier},
        thread,
    };

    use super::*;

    #[test]
    fn no_two_living_threads_have_the_same_number() {
        let all_alive = Arc::new(Barrier::new(40));
        let threads: Vec<_> = (0..40)
            .map(|_| {
                let all_alive = all_alive.clone();
                thread::spawn(move || {
                    let mine = current();
                    all_alive.wait();
                    assert_eq!(current(), mine);
                    mine
                })
            })
            .collect();
        let numbers: BTreeSet<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(numbers.len(), 40);
        assert!(!numbers.contains(&SHARED));
    }

    /// What `current` says to a value of the thread that is destroyed at its end, and what it said
    /// before.
    fn at_the_end(of_first_use: bool) -> (usize, usize) {
        struct AtTheEnd(Arc<Mutex<usize>>);
        impl Drop for AtTheEnd {
            fn drop(&mut self) {
                *self.0.lock().expect("no panic while it is held") = current();
            }
        }
        thread_local! {
            static LATE: Cell<Option<AtTheEnd>> = const { Cell::new(None) };
        }
        let seen = Arc::new(Mutex::new(UNSET));
        let late = AtTheEnd(seen.clone());
        let before = thread::spawn(move || {
            if of_first_use {
                current();
            }
            LATE.set(Some(late));
            current()
        });
        let before = before.join().expect("it does not panic");
        (before, *seen.lock().expect("no panic while it is held"))
    }

    #[test]
    fn a_thread_that_gave_its_number_back_shares() {
        // One of the two is destroyed before the number is given back, and one after.
        let ends = [at_the_end(true), at_the_end(false)];
        assert!(
            ends.iter().all(|(before, end)| *before != SHARED && [*before, SHARED].contains(end))
        );
        assert!(ends.iter().any(|(_, end)| *end == SHARED), "{ends:?}");
    }
}
