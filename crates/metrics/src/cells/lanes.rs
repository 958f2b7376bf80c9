//! Words, one copy for each lane.

use std::{
    fmt,
    sync::{
        Arc, LazyLock, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use super::slot::{self, SHARED};

/// Words in a line. 128 bytes: processors fetch lines of 64 in pairs.
const LINE: usize = 16;

#[derive(Default)]
#[repr(align(128))]
struct Line([AtomicU64; LINE]);

/// One thread's copy of some words, made when the thread first writes to one of them.
type Lane = OnceLock<Box<[Line]>>;

/// Lanes with a sole writer, for twice as many threads as run at once: a runtime's workers, and
/// some that mostly wait. More threads than that share one lane.
static LANES: LazyLock<usize> = LazyLock::new(|| {
    let cores = thread::available_parallelism().map_or(4, usize::from);
    1 + (2 * cores).clamp(4, 64)
});

/// Some words, together on their lines in every lane.
#[derive(Clone)]
pub(crate) struct Words {
    lanes: Arc<[Lane]>,
    lines: usize,
    first: usize,
}

impl Words {
    /// The present thread's copy.
    #[inline]
    pub(crate) fn mine(&self) -> Mine<'_> {
        let slot = slot::current();
        let (lane, sole_writer) = match self.lanes.get(slot) {
            Some(lane) if slot != SHARED => (lane, true),
            _ => (&self.lanes[SHARED], false),
        };
        let lines = lane.get_or_init(|| (0..self.lines).map(|_| Line::default()).collect());
        Mine { lines, first: self.first, sole_writer }
    }

    /// The sum of a word's copies as integers, wrapping.
    pub(crate) fn sum(&self, word: usize) -> u64 {
        self.copies(word).fold(0, u64::wrapping_add)
    }

    /// The sum of a word's copies as floats.
    ///
    /// The copies are added in the same order each time and each only grows if nothing negative is
    /// added, so two sums of such a word never go down.
    pub(crate) fn sum_f64(&self, word: usize) -> f64 {
        self.copies(word).map(f64::from_bits).sum::<f64>() + 0.0
    }

    fn copies(&self, word: usize) -> impl Iterator<Item = u64> {
        let at = self.first + word;
        let lanes = self.lanes.iter().filter_map(OnceLock::get);
        lanes.map(move |lines| lines[at / LINE].0[at % LINE].load(Relaxed))
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words").finish_non_exhaustive()
    }
}

/// The present thread's copy of some [`Words`].
pub(crate) struct Mine<'a> {
    lines: &'a [Line],
    first: usize,
    sole_writer: bool,
}

impl Mine<'_> {
    #[inline]
    fn word(&self, word: usize) -> &AtomicU64 {
        let at = self.first + word;
        &self.lines[at / LINE].0[at % LINE]
    }

    /// Adds to a word, wrapping.
    #[inline]
    pub(crate) fn add(&self, word: usize, n: u64) {
        let word = self.word(word);
        if self.sole_writer {
            // Nobody else writes here, so nothing can be lost between the two.
            word.store(word.load(Relaxed).wrapping_add(n), Relaxed);
        } else {
            word.fetch_add(n, Relaxed);
        }
    }

    /// Adds to a word that holds a float.
    #[inline]
    pub(crate) fn add_f64(&self, word: usize, x: f64) {
        let word = self.word(word);
        let plus = |bits| (f64::from_bits(bits) + x).to_bits();
        if self.sole_writer {
            word.store(plus(word.load(Relaxed)), Relaxed);
        } else {
            let mut seen = word.load(Relaxed);
            while let Err(now) = word.compare_exchange_weak(seen, plus(seen), Relaxed, Relaxed) {
                seen = now;
            }
        }
    }
}

/// Hands out words, several metrics' on one line: that they share it costs nothing, because only
/// one thread writes to it.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    open: Option<(Words, usize)>,
}

impl Packer {
    /// `count` new words, all zero.
    pub(crate) fn take(&mut self, count: usize) -> Words {
        if let Some((line, used)) = &mut self.open
            && *used + count <= LINE
        {
            let words = Words { first: *used, ..line.clone() };
            *used += count;
            return words;
        }
        let lanes = (0..*LANES).map(|_| OnceLock::new()).collect();
        let words = Words { lanes, lines: count.div_ceil(LINE), first: 0 };
        if count <= LINE / 2 {
            self.open = Some((words.clone(), count));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Barrier},
        thread,
    };

    use super::*;

    /// Adds from many threads at once, some short-lived, and checks that nothing is lost.
    fn check(threads: usize, adds: u32) {
        let mut packer = Packer::default();
        let (left, right) = (packer.take(2), packer.take(2));
        let start = Arc::new(Barrier::new(threads));
        let running: Vec<_> = (0..threads)
            .map(|_| {
                let (left, right, start) = (left.clone(), right.clone(), start.clone());
                thread::spawn(move || {
                    start.wait();
                    for _ in 0..adds {
                        left.mine().add(0, 1);
                        right.mine().add_f64(1, 0.5);
                    }
                })
            })
            .collect();
        for thread in running {
            thread.join().unwrap();
        }
        let all = threads as u64 * u64::from(adds);
        assert_eq!(left.sum(0), all);
        assert_eq!(right.sum_f64(1), all as f64 / 2.0);
        assert_eq!((left.sum(1), right.sum(0)), (0, 0), "a word was written to by its neighbour");
    }

    #[test]
    fn nothing_is_lost_between_threads_with_lanes_of_their_own() {
        check(2, 200_000);
    }

    #[test]
    fn nothing_is_lost_between_more_threads_than_lanes() {
        check(*LANES + 10, 5_000);
    }

    #[test]
    fn nothing_is_lost_when_a_lane_changes_hands() {
        let words = Packer::default().take(1);
        for _ in 0..200 {
            let words = words.clone();
            thread::spawn(move || words.mine().add(0, 1)).join().unwrap();
        }
        assert_eq!(words.sum(0), 200);
    }

    #[test]
    fn words_of_different_metrics_are_different_words() {
        let mut packer = Packer::default();
        let all: Vec<_> =
            [1, 2, 8, 13, 1, 1040, 16, 2].map(|count| (packer.take(count), count)).into();
        for (words, count) in &all {
            for word in 0..*count {
                words.mine().add(word, 1);
            }
        }
        for (words, count) in &all {
            for word in 0..*count {
                assert_eq!(words.sum(word), 1);
            }
        }
    }

    #[test]
    fn a_sum_of_nothing_is_a_positive_zero() {
        assert!(Packer::default().take(1).sum_f64(0).is_sign_positive());
    }
}
