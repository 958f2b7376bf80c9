//! The series of one operation.

use std::{array, sync::OnceLock};

use oxkit_core::ErrorKind;

use crate::{Counter, Histogram, UpDownCounter};

/// How a call failed, as far as labels tell.
#[derive(Debug, Clone, Copy)]
pub(super) enum Error {
    Failure(ErrorKind),
    Business(ErrorKind),
    Panicked,
    Cancelled,
}

const KINDS: usize = ErrorKind::ALL.len();

impl Error {
    const ALL: usize = 2 * KINDS + 2;

    fn index(self) -> usize {
        // Codes begin at 1.
        let of = |kind: ErrorKind| usize::from(kind.code()) - 1;
        match self {
            Self::Failure(kind) => of(kind),
            Self::Business(kind) => KINDS + of(kind),
            Self::Panicked => 2 * KINDS,
            Self::Cancelled => 2 * KINDS + 1,
        }
    }

    pub(super) const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Failure(kind) => ("error", kind.name()),
            Self::Business(kind) => ("business_error", kind.name()),
            Self::Panicked => ("panicked", ErrorKind::Internal.name()),
            Self::Cancelled => ("cancelled", ErrorKind::Cancelled.name()),
        }
    }
}

/// The series of one operation.
#[derive(Debug)]
pub(crate) struct Handles {
    pub(super) service: Box<str>,
    pub(super) method: Box<str>,
    pub(super) requests: Counter,
    pub(super) in_flight: UpDownCounter,
    pub(super) duration: Histogram,
    /// By [`Error::index`]. Resolved when one first happens, so that a service without errors does
    /// not show thirty series that are 0.
    errors: [OnceLock<Counter>; Error::ALL],
}

impl Handles {
    pub(super) fn new(
        (service, method): (&str, &str),
        requests: Counter,
        in_flight: UpDownCounter,
        duration: Histogram,
    ) -> Self {
        Self {
            service: service.into(),
            method: method.into(),
            requests,
            in_flight,
            duration,
            errors: array::from_fn(|_| OnceLock::new()),
        }
    }

    pub(super) fn error(&self, error: Error, resolve: impl FnOnce() -> Counter) -> &Counter {
        self.errors[error.index()].get_or_init(resolve)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_error_has_a_place_of_its_own() {
        let kinds = ErrorKind::ALL.into_iter();
        let all: Vec<_> = kinds
            .flat_map(|kind| [Error::Failure(kind), Error::Business(kind)])
            .chain([Error::Panicked, Error::Cancelled])
            .collect();
        let places: HashSet<_> = all.iter().map(|error| error.index()).collect();
        let labels: HashSet<_> = all.iter().map(|error| error.labels()).collect();
        assert_eq!(places, (0..Error::ALL).collect());
        assert_eq!(labels.len(), Error::ALL);
    }
}
