//! Waiting for a token: in line first, then for the clock.

use std::{mem, time::Instant};

use oxkit_core::{Reason, Refusal};
use tokio::time::{sleep_until, timeout_at};

use super::{RateLimiter, Shared};
use crate::{
    Quota, Wait,
    gcra::NotBefore,
    time::{now, too_soon},
    word::Taken,
};

impl Wait for RateLimiter {
    /// Waits for a token, until `deadline` at most; see the type for who is refused, and when.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the line and those behind move up. The first in line holds a
    /// token to come and puts it back, unless somebody took one after it without waiting; then it
    /// is spent.
    ///
    /// # Panics
    ///
    /// If it has to wait outside of a tokio runtime, or in one whose timer is off.
    async fn wait(&self, deadline: Option<Instant>) -> Result<(), Refusal> {
        let shared = &*self.shared;
        let called = now();
        if is_past(deadline, called) {
            return Err(Reason::Deadline.into());
        }
        let time = shared.time.beside(called);
        let entered = time.nanos(called);
        // Nobody is overtaken: while there is a line, a token that is there belongs to its first.
        if shared.line.len() == 0 && self.take(entered).is_ok() {
            return Ok(());
        }
        // A token that comes with the deadline comes too late.
        let latest = deadline.map_or(Quota::MAX_NANOS, |at| time.nanos(at).saturating_sub(1));

        let place = shared.line.enter(self.max_waiting);
        let due = shared.due(entered, *place.as_ref().map_or_else(|ahead| ahead, |p| &p.ahead));
        let place = match place {
            Ok(place) if due <= latest => place,
            _ => return Err(too_soon(due - entered)),
        };
        let first = match deadline {
            None => place.first().await,
            Some(at) => timeout_at(at.into(), place.first()).await.map_err(|_| late())?,
        };
        // From the instant it came in line: the tokens that came while the line was moving up are
        // its own, though a timer may have been late.
        let taken = shared.word.take(|word| shared.gcra.reserve(word, entered, latest));
        let now_nanos = || time.nanos(now());
        let token = match taken {
            Ok(taken) => Reserved { shared, taken },
            Err(NotBefore(at)) => return Err(too_soon(at.saturating_sub(now_nanos()))),
        };
        if token.taken.at > now_nanos() {
            match time.instant(token.taken.at) {
                Some(at) => sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        }
        if is_past(deadline, now()) {
            return Err(late());
        }
        token.spend();
        drop(first);
        Ok(())
    }
}

impl Shared {
    /// When the token of a call behind so many others is there.
    fn due(&self, now: u64, ahead: usize) -> u64 {
        // The first in line has reserved its token: the word counts it already.
        let unreserved = ahead.saturating_sub(1) as u64;
        self.gcra.after(self.gcra.next(self.word.load(), now), unreserved)
    }
}

/// A token to come, put back unless it is spent.
struct Reserved<'a> {
    shared: &'a Shared,
    taken: Taken,
}

impl Reserved<'_> {
    fn spend(self) {
        mem::forget(self);
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.shared.word.give_back(self.taken);
    }
}

fn is_past(deadline: Option<Instant>, now: Instant) -> bool {
    deadline.is_some_and(|deadline| deadline <= now)
}

/// The text tells this from a call that was too slow itself. A call that has waited can afford the
/// allocation.
#[cold]
fn late() -> Refusal {
    Refusal::new(Reason::Deadline).with_message("deadline exceeded while waiting for a token")
}
