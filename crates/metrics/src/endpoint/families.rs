//! The metrics that all measured endpoints of a program share.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use oxkit_core::Operation;

use super::handles::{Error, Handles};
use crate::{
    Buckets, Counter, Family, Histogram, MetricError, Registry, UpDownCounter, store::OVERFLOW,
};

/// Operations looked up by endpoints that serve several. Operations are named by the program and
/// not by its peers, so there are never as many; if there are, the rest is counted together.
const MOST: usize = 1024;

pub(super) struct Families {
    requests: Family<Counter, 2>,
    errors: Family<Counter, 4>,
    duration: Family<Histogram, 2>,
    in_flight: Family<UpDownCounter, 2>,
    known: RwLock<HashMap<Option<Operation>, Arc<Handles>>>,
}

impl Families {
    pub(super) fn new(
        registry: &Registry,
        prefix: &str,
        buckets: Buckets,
    ) -> Result<Self, MetricError> {
        let of = ["service", "method"];
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}_") };
        Ok(Self {
            requests: registry.counter_family(
                &format!("{prefix}requests_total"),
                "Calls that began.",
                of,
            )?,
            errors: registry.counter_family(
                &format!("{prefix}errors_total"),
                "Calls that ended other than well.",
                ["service", "method", "outcome", "kind"],
            )?,
            duration: registry.histogram_family(
                &format!("{prefix}duration_seconds"),
                "How long calls took.",
                of,
                buckets,
            )?,
            in_flight: registry.up_down_counter_family(
                &format!("{prefix}in_flight"),
                "Calls in flight.",
                of,
            )?,
            known: RwLock::default(),
        })
    }

    pub(super) fn resolve(&self, operation: Option<&Operation>) -> Handles {
        let unknown = ("unknown", "unknown");
        self.named(operation.map_or(unknown, |operation| (operation.service(), operation.method())))
    }

    fn named(&self, (service, method): (&str, &str)) -> Handles {
        let labels = [service, method];
        Handles::new(
            (service, method),
            self.requests.with(labels),
            self.in_flight.with(labels),
            self.duration.with(labels),
        )
    }

    /// As [`resolve`](Self::resolve), once for each operation.
    pub(super) fn look_up(&self, operation: Option<&Operation>) -> Arc<Handles> {
        // An operation is two words or two reference counts, and this is the path of endpoints that
        // serve several.
        let key = operation.cloned();
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(&key) {
            let rest = Some(Operation::new(OVERFLOW, OVERFLOW));
            let made = known.entry(rest).or_insert_with(|| self.named((OVERFLOW, OVERFLOW)).into());
            return made.clone();
        }
        known.entry(key).or_insert_with(|| self.resolve(operation).into()).clone()
    }

    pub(super) fn error<'a>(&self, handles: &'a Handles, error: Error) -> &'a Counter {
        handles.error(error, || {
            let (outcome, kind) = error.labels();
            self.errors.with([&handles.service, &handles.method, outcome, kind])
        })
    }
}
