//! The one word of a context that is no pointer: the deadline and a flag.

use std::num::NonZeroU64;

/// Set if the call is not sampled. The deadline has the other bits, which are enough for 292 years,
/// and is zero where there is none.
const UNSAMPLED: u64 = 1 << 63;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Word(u64);

impl Word {
    pub(super) const fn new() -> Self {
        Self(0)
    }

    #[inline]
    pub(super) fn deadline(self) -> Option<NonZeroU64> {
        NonZeroU64::new(self.0 & !UNSAMPLED)
    }

    pub(super) const fn has_deadline(self) -> bool {
        self.0 & !UNSAMPLED != 0
    }

    #[inline]
    pub(super) fn no_later_than(self, given: NonZeroU64) -> Self {
        // The end of time comes 292 years after the anchor.
        let given = given.get().min(!UNSAMPLED);
        let deadline = self.deadline().map_or(given, |present| given.min(present.get()));
        Self(self.0 & UNSAMPLED | deadline)
    }

    pub(super) const fn without_deadline(self) -> Self {
        Self(self.0 & UNSAMPLED)
    }

    pub(super) const fn unsampled(self) -> Self {
        Self(self.0 | UNSAMPLED)
    }

    pub(super) const fn is_unsampled(self) -> bool {
        self.0 & UNSAMPLED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_and_the_deadline_do_not_touch_each_other() {
        let far = NonZeroU64::MAX;
        let near = NonZeroU64::MIN;
        let word = Word::new().no_later_than(far);
        assert_eq!(word.deadline().map(NonZeroU64::get), Some(u64::MAX >> 1));
        assert!(!word.is_unsampled());

        let word = word.unsampled().no_later_than(near).no_later_than(far);
        assert_eq!(word.deadline(), Some(near));
        assert!(word.is_unsampled());
        assert!(word.has_deadline());
        assert!(!word.without_deadline().has_deadline());
        assert_eq!(word.without_deadline().deadline(), None);
        assert!(word.without_deadline().is_unsampled());
    }
}
