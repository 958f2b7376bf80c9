//! Shows what breakers, limits and logs know of themselves, by the names that the dashboard and the
//! alerts of this folder ask for.
//!
//! Crates of the toolkit know nothing of each other: they meet here, in the program. Copy this file
//! and leave out what you do not use.
//!
//! | metric | labels | what it is |
//! |---|---|---|
//! | `circuitbreaker_state` | `name` | 0 closed, 1 half-open, 2 open |
//! | `circuitbreaker_changes_total` | `name`, `to` | how often a breaker went to a state |
//! | `concurrency_limit` | `name` | how many calls an adaptive limit lets be in flight |
//! | `concurrency_in_flight` | `name` | how many are |
//! | `log_lines_dropped_total` | | lines that nobody will ever read |

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use oxkit_circuitbreaker::{Breaker, Change, Policy, State};
use oxkit_log::NonBlocking;
use oxkit_metrics::{MetricError, Registry};
use oxkit_ratelimit::{AdaptiveLimit, LimitLaw};

/// What is watched.
pub(crate) struct Watch {
    registry: Registry,
    reads: Vec<Box<dyn Fn() + Send + Sync>>,
}

impl Watch {
    /// Shows it in `registry`.
    pub(crate) fn new(registry: &Registry) -> Self {
        Self { registry: registry.clone(), reads: Vec::new() }
    }

    /// Counts the changes of the breaker of this name: give it to the builder's `on_change`.
    pub(crate) fn changes(
        &self,
        name: &str,
    ) -> Result<impl Fn(&Change<'_>) + Send + Sync + use<>, MetricError> {
        let changes = self.registry.counter_family(
            "circuitbreaker_changes_total",
            "How often a breaker went to a state.",
            ["name", "to"],
        )?;
        let name = name.to_owned();
        // A rate sees the first change only if there was a 0 before it.
        for state in [State::Closed, State::HalfOpen, State::Open] {
            let _ = changes.with([&name, state.name()]);
        }
        Ok(move |change: &Change<'_>| changes.with([&name, change.to.name()]).increment())
    }

    /// Shows the state of a breaker.
    pub(crate) fn breaker<P, C>(
        &mut self,
        name: &str,
        breaker: &Breaker<P, C>,
    ) -> Result<(), MetricError>
    where
        P: Policy,
        C: Send + Sync + 'static,
    {
        let state = self.registry.gauge_family(
            "circuitbreaker_state",
            "0 closed, 1 half-open, 2 open.",
            ["name"],
        )?;
        let (state, breaker) = (state.with([name]), breaker.clone());
        self.read(move || {
            state.set(match breaker.state() {
                State::Open | State::ForcedOpen => 2.0,
                State::HalfOpen => 1.0,
                _ => 0.0,
            });
        });
        Ok(())
    }

    /// Shows an adaptive limit.
    pub(crate) fn limit<L>(
        &mut self,
        name: &str,
        limit: &AdaptiveLimit<L>,
    ) -> Result<(), MetricError>
    where
        L: LimitLaw + 'static,
    {
        let gauge = |metric, help| {
            Ok::<_, MetricError>(self.registry.gauge_family(metric, help, ["name"])?.with([name]))
        };
        let most = gauge("concurrency_limit", "How many calls may be in flight.")?;
        let taken = gauge("concurrency_in_flight", "How many calls are in flight.")?;
        let limit = limit.clone();
        self.read(move || {
            most.set(limit.limit() as f64);
            taken.set(limit.in_flight() as f64);
        });
        Ok(())
    }

    /// Counts the lines that a log loses.
    pub(crate) fn log(&mut self, lines: &NonBlocking) -> Result<(), MetricError> {
        let dropped = self
            .registry
            .counter("log_lines_dropped_total", "Log lines that nobody will ever read.")?;
        let told = AtomicU64::new(0);
        let lines = lines.clone();
        self.read(move || {
            let now = lines.dropped() + lines.failed();
            // Two scrapes at once must not both count the same.
            dropped.add(now.saturating_sub(told.fetch_max(now, Relaxed)));
        });
        Ok(())
    }

    /// Brings all of it up to date: just before each scrape.
    pub(crate) fn refresh(&self) {
        for read in &self.reads {
            read();
        }
    }

    fn read(&mut self, read: impl Fn() + Send + Sync + 'static) {
        self.reads.push(Box::new(read));
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("reads", &self.reads.len()).finish_non_exhaustive()
    }
}
