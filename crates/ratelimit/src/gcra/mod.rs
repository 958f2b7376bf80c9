//! The policy: a generic cell rate algorithm over one word. Pure; driven by given instants.

use crate::Quota;

/// A rate as two constants; the state is a word that the caller keeps.
///
/// The algorithm is the virtual scheduling form of the GCRA (ITU-T I.371, annex A; ATM Forum
/// Traffic Management 4.0, 1996). The word is the *theoretical arrival time*: the instant at which
/// the next call would come if all calls came evenly. A call may come up to the tolerance before
/// it. It is a token bucket of `burst` tokens, told by a clock instead of by a count, so there is
/// nothing to refill.
///
/// Instants are nanoseconds after an origin that the caller chooses. A word of zero is a full
/// bucket.
///
/// No sum overflows: a word is at most instant + tolerance + interval, each at most 2^62.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gcra {
    interval: u64,
    /// How far ahead of its time a call may be: the burst less one, in intervals.
    tolerance: u64,
}

/// A token that was found for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// The word that says it is taken.
    pub(crate) word: u64,
    /// When it is there: now, or later if the caller was willing to wait.
    pub(crate) at: u64,
}

/// No token in time. There will be one at this instant, if nobody else takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotBefore(pub(crate) u64);

impl Gcra {
    pub(crate) const fn new(quota: Quota) -> Self {
        // Never more than the longest span there is, so the narrowing loses nothing.
        let interval = quota.interval().as_nanos() as u64;
        let tolerance = interval.saturating_mul(quota.burst_size().get() as u64 - 1);
        let tolerance = if tolerance > Quota::MAX_NANOS { Quota::MAX_NANOS } else { tolerance };
        Self { interval, tolerance }
    }

    /// The interval and the tolerance, for the same policy elsewhere.
    #[cfg(feature = "redis")]
    pub(crate) const fn nanos(self) -> (u64, u64) {
        (self.interval, self.tolerance)
    }

    /// Nanoseconds as this policy counts them.
    pub(crate) const fn clamp(nanos: u64) -> u64 {
        if nanos > Quota::MAX_NANOS { Quota::MAX_NANOS } else { nanos }
    }

    /// Takes a token that is there now.
    #[inline]
    pub(crate) const fn take(self, word: u64, now: u64) -> Result<Token, NotBefore> {
        // What `reserve` says if nobody waits, in fewer steps between the clock and the word.
        let earliest = word.saturating_sub(self.tolerance);
        if earliest > now {
            return Err(NotBefore(earliest));
        }
        let due = if word > now { word } else { now };
        Ok(Token { word: due + self.interval, at: now })
    }

    /// Takes a token that is there at `latest` at the latest.
    ///
    /// One taken ahead of its time belongs to an instant to come, so it counts as taken then.
    #[inline]
    pub(crate) const fn reserve(
        self,
        word: u64,
        now: u64,
        latest: u64,
    ) -> Result<Token, NotBefore> {
        let at = self.next(word, now);
        if at > latest {
            return Err(NotBefore(at));
        }
        let due = if word > at { word } else { at };
        Ok(Token { word: due + self.interval, at })
    }

    /// When the next token is there.
    #[inline]
    pub(crate) const fn next(self, word: u64, now: u64) -> u64 {
        let earliest = word.saturating_sub(self.tolerance);
        if earliest > now { earliest } else { now }
    }

    /// How many tokens lie ready.
    pub(crate) const fn ready(self, word: u64, now: u64) -> u64 {
        match (now + self.tolerance).checked_sub(word) {
            None => 0,
            // The bucket holds no more than the burst, however long ago the last call was.
            Some(ahead) => {
                let ahead = if ahead > self.tolerance { self.tolerance } else { ahead };
                ahead / self.interval + 1
            }
        }
    }

    /// When the token after `places` more is there.
    pub(crate) const fn after(self, at: u64, places: u64) -> u64 {
        let at = at.saturating_add(places.saturating_mul(self.interval));
        if at > Quota::MAX_NANOS { Quota::MAX_NANOS } else { at }
    }
}

#[cfg(test)]
mod tests;
