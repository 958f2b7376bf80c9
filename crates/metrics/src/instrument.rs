//! What the four kinds of handles have in common.

use std::sync::Arc;

use crate::{
    Counter, Gauge, Histogram, Kind, UpDownCounter, Value,
    cells::Packer,
    counter, histogram,
    store::{AnyStore, Store},
    up_down_counter,
};
use sealed::{New, Sealed};

/// A kind of metric: [`Counter`], [`UpDownCounter`], [`Gauge`] or [`Histogram`].
pub trait Instrument: Sealed + Clone + Send + Sync + 'static {}

pub(crate) mod sealed {
    use super::*;
    use crate::{Desc, Observe, stats::Stats};

    /// What a new series is made of.
    #[expect(missing_debug_implementations, reason = "never leaves the crate")]
    pub struct New<'a> {
        pub(crate) desc: &'a Desc,
        pub(crate) stats: &'a Arc<Stats>,
        pub(crate) packer: &'a mut Packer,
        pub(crate) taps: Box<[Arc<dyn Observe>]>,
    }

    pub trait Sealed: Default {
        const KIND: Kind;

        fn new_series(new: New<'_>) -> Self;
        fn read(&self) -> Value;
        fn erase(store: Arc<Store<Self>>) -> AnyStore
        where
            Self: Instrument;
        fn find(any: &AnyStore) -> Option<&Arc<Store<Self>>>
        where
            Self: Instrument;
    }
}

macro_rules! instrument {
    ($type:ident, |$new:ident| $make:expr, |$handle:ident| $read:expr) => {
        impl Instrument for $type {}

        impl Sealed for $type {
            const KIND: Kind = Kind::$type;

            fn new_series($new: New<'_>) -> Self {
                $make
            }

            fn read(&self) -> Value {
                let $handle = self;
                $read
            }

            fn erase(store: Arc<Store<Self>>) -> AnyStore {
                AnyStore::$type(store)
            }

            fn find(any: &AnyStore) -> Option<&Arc<Store<Self>>> {
                match any {
                    AnyStore::$type(store) => Some(store),
                    _ => None,
                }
            }
        }
    };
}

instrument!(
    Counter,
    |new| Self::new(new.packer.take(counter::WORDS), new.stats.clone()),
    |handle| Value::Counter(handle.value())
);
instrument!(UpDownCounter, |new| Self::new(new.packer.take(up_down_counter::WORDS)), |handle| {
    Value::Gauge(handle.value() as f64)
});
instrument!(Gauge, |new| Self::new(new.stats.clone()), |handle| Value::Gauge(handle.value()));
instrument!(
    Histogram,
    |new| {
        let buckets = new.desc.buckets.clone().unwrap_or_default();
        let words = new.packer.take(histogram::words(&buckets));
        Self::new(words, buckets, new.stats.clone(), new.taps)
    },
    |handle| Value::Histogram(handle.value())
);
