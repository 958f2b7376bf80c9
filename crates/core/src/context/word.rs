//! The one word of a context that is no pointer: the deadline and two flags.

use std::num::NonZeroU64;

/// Set if the call is not sampled.
const UNSAMPLED: u64 = 1 << 63;

/// Set if there are values: a call is asked for several, and most have none.
const VALUES: u64 = 1 << 62;

/// The deadline has the other bits, which are enough for 146 years, and is zero where there is none.
const DEADLINE: u64 = VALUES - 1;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Word(u64);

impl Word {
    pub(super) const fn new() -> Self {
        Self(0)
    }

    #[inline]
    pub(super) fn deadline(self) -> Option<NonZeroU64> {
        NonZeroU64::new(self.0 & DEADLINE)
    }

    pub(super) const fn has_deadline(self) -> bool {
        self.0 & DEADLINE != 0
    }

    #[inline]
    pub(super) fn no_later_than(self, given: NonZeroU64) -> Self {
        // The end of time comes 146 years after the anchor.
        let given = given.get().min(DEADLINE);
        let deadline = self.deadline().map_or(given, |present| given.min(present.get()));
        Self(self.0 & !DEADLINE | deadline)
    }

    pub(super) const fn without_deadline(self) -> Self {
        Self(self.0 & !DEADLINE)
    }

    pub(super) const fn unsampled(self) -> Self {
        Self(self.0 | UNSAMPLED)
    }

    pub(super) const fn is_unsampled(self) -> bool {
        self.0 & UNSAMPLED != 0
    }

    pub(super) const fn with_values(self) -> Self {
        Self(self.0 | VALUES)
    }

    #[inline]
    pub(super) const fn has_values(self) -> bool {
        self.0 & VALUES != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_and_the_deadline_do_not_touch_each_other() {
        fn check(word: Word, deadline: Option<NonZeroU64>, is_unsampled: bool, has_values: bool) {
            assert_eq!(word.deadline(), deadline);
            assert_eq!(word.has_deadline(), deadline.is_some());
            assert_eq!((word.is_unsampled(), word.has_values()), (is_unsampled, has_values));
        }

        let (near, end) = (NonZeroU64::MIN, NonZeroU64::new(DEADLINE));
        let far = Word::new().no_later_than(NonZeroU64::MAX);
        check(Word::new(), None, false, false);
        check(far, end, false, false);
        check(far.unsampled(), end, true, false);
        check(far.with_values(), end, false, true);
        let both = far.with_values().unsampled();
        check(both, end, true, true);
        check(both.no_later_than(near).no_later_than(NonZeroU64::MAX), Some(near), true, true);
        check(both.without_deadline(), None, true, true);
    }
}
