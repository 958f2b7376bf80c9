//! Every interleaving of a few callers on one word.
//!
//! A run of its own, because the model checker replaces the atomics:
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test --locked --release -p oxkit-ratelimit --lib
//! ```

use std::num::NonZeroU32;

use loom::{
    model,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use super::*;
use crate::{Quota, gcra::Gcra};

/// A token every second, so many at once.
fn policy(burst: u32) -> Gcra {
    let burst = NonZeroU32::new(burst).expect("a burst is not zero");
    Gcra::new(Quota::per_second(NonZeroU32::MIN).burst(burst))
}

const SECOND: u64 = 1_000_000_000;

/// Runs `caller` on two threads beside the model's own.
fn on_three_threads<T: Send + 'static>(
    caller: impl Fn(&Word) -> T + Send + Sync + Copy + 'static,
) -> (Arc<Word>, Vec<T>) {
    let word = Arc::new(Word::new());
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let word = word.clone();
            thread::spawn(move || caller(&word))
        })
        .collect();
    let mut results = vec![caller(&word)];
    results.extend(threads.into_iter().map(|thread| thread.join().expect("it does not panic")));
    (word, results)
}

#[test]
fn of_many_at_once_exactly_the_burst_gets_through() {
    for burst in 1..=3 {
        model(move || {
            let (word, results) =
                on_three_threads(move |word| word.take(|w| policy(burst).take(w, 0)).is_ok());
            let admitted = results.iter().filter(|admitted| **admitted).count();
            assert_eq!(admitted, burst as usize);
            assert_eq!(word.load(), u64::from(burst) * SECOND);
        });
    }
}

#[test]
fn no_two_callers_are_promised_the_same_instant() {
    model(|| {
        let reserve = |word: &Word| {
            let taken = word.take(|w| policy(1).reserve(w, 0, u64::MAX));
            taken.expect("it waits for as long as it takes").at
        };
        let (_, mut instants) = on_three_threads(reserve);
        instants.sort_unstable();
        assert_eq!(instants, [0, SECOND, 2 * SECOND]);
    });
}

#[test]
fn a_token_put_back_is_there_again_and_never_twice() {
    model(|| {
        let kept = Arc::new(AtomicUsize::new(0));
        let word = Arc::new(Word::new());
        let gives_up = {
            let word = word.clone();
            thread::spawn(move || {
                let taken = word.take(|w| policy(2).take(w, 0)).expect("there are two");
                word.give_back(taken)
            })
        };
        let keeps = {
            let (word, kept) = (word.clone(), kept.clone());
            thread::spawn(move || {
                if word.take(|w| policy(2).take(w, 0)).is_ok() {
                    kept.fetch_add(1, Relaxed);
                }
            })
        };
        let put_back = gives_up.join().expect("it does not panic");
        keeps.join().expect("it does not panic");
        // What is gone is what was kept, and the one that could not be put back.
        let spent = kept.load(Relaxed) + usize::from(!put_back);
        assert_eq!(word.load(), spent as u64 * SECOND);
        assert_eq!(kept.load(Relaxed), 1, "there was one for each all the time");
    });
}
