//! What came of the calls of one second.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use addsvc::AddError;

/// How many times are kept: more than a second has, and a bound where nobody takes them.
const KEPT: usize = 10_000;

/// What came of some calls.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) answered: u64,
    /// Errors of the domain, which the traffic asks for.
    pub(super) business: u64,
    pub(super) failed: u64,
    /// How long each took that had an answer.
    took: Vec<Duration>,
}

impl Tally {
    pub(super) fn count<T>(&mut self, outcome: &Result<T, AddError>, took: Duration) {
        match outcome {
            Ok(_) => self.answered += 1,
            Err(AddError::Refused(_)) => self.failed += 1,
            Err(_) => self.business += 1,
        }
        if !matches!(outcome, Err(AddError::Refused(_))) && self.took.len() < KEPT {
            self.took.push(took);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.business += other.business;
        self.failed += other.failed;
    }

    pub(super) fn calls(&self) -> u64 {
        self.answered + self.business + self.failed
    }

    /// The time within which this share of the calls had an answer, in milliseconds.
    pub(super) fn quantile_ms(&self, share: f64) -> f64 {
        let mut took = self.took.clone();
        took.sort_unstable();
        let last = took.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        took.get(at).map_or(0.0, |took| took.as_secs_f64() * 1e3)
    }
}

/// A tally that several tasks count in.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<Tally>);

impl Shared {
    pub(super) fn count<T>(&self, outcome: &Result<T, AddError>, took: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count(outcome, took);
    }

    /// What was counted since the last time.
    pub(super) fn take(&self) -> Tally {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use oxkit_core::{Reason, Refusal};

    use super::*;

    #[test]
    fn a_refusal_is_a_failure_and_an_error_of_the_domain_an_answer() {
        let shared = Shared::default();
        for ms in 1..=100 {
            shared.count(&Ok(3), Duration::from_millis(ms));
        }
        shared.count::<i64>(&Err(AddError::TwoZeroes), Duration::from_millis(1));
        let refused = Refusal::new(Reason::RateLimited).into();
        shared.count::<i64>(&Err(refused), Duration::from_secs(9));
        let tally = shared.take();
        assert_eq!((tally.answered, tally.business, tally.failed), (100, 1, 1));
        assert!((tally.quantile_ms(0.5) - 50.0).abs() <= 1.0);
        assert!((tally.quantile_ms(1.0) - 100.0).abs() < 1e-9);
        assert_eq!(shared.take().calls(), 0);
        assert!(Tally::default().quantile_ms(0.99).abs() < 1e-9);
    }
}
