//! The metrics of oxkit-metrics.

use oxkit_metrics::{Buckets, Counter, Histogram, Registry};

use super::{
    COUNTER, COUNTER_F64, DISABLED, DISABLED_HISTOGRAM, GAUGE_ADD, GAUGE_SET, HISTOGRAM,
    LABEL_NAMES, LABELS, LABELS_HISTOGRAM, UP_DOWN, labels, seconds, with,
};
use crate::harness::compare::Work;

pub(super) fn all() -> Vec<(&'static str, Work)> {
    let registry = Registry::new();
    let name = "the names are valid and different";
    let counter = registry.counter("counter", "").expect(name);
    let counter_f64 = registry.counter("counter_f64", "").expect(name);
    let up_down = registry.up_down_counter("up_down", "").expect(name);
    let gauge_set = registry.gauge("gauge_set", "").expect(name);
    let gauge_add = registry.gauge("gauge_add", "").expect(name);
    let histogram = registry.histogram("histogram", "", Buckets::default()).expect(name);
    let counters = registry.counter_family("counters", "", LABEL_NAMES).expect(name);
    let histograms =
        registry.histogram_family("histograms", "", LABEL_NAMES, Buckets::default()).expect(name);
    vec![
        (COUNTER, with(counter, |counter, _| counter.increment())),
        (COUNTER_F64, with(counter_f64, |counter, call| counter.add_f64(seconds(call)))),
        (UP_DOWN, with(up_down, |counter, call| counter.add(i64::from(call)))),
        (GAUGE_SET, with(gauge_set, |gauge, call| gauge.set(seconds(call)))),
        (GAUGE_ADD, with(gauge_add, |gauge, call| gauge.add(seconds(call)))),
        (HISTOGRAM, with(histogram, |histogram, call| histogram.observe(seconds(call)))),
        (LABELS, with(counters, |counters, call| counters.with(labels(call)).increment())),
        (
            LABELS_HISTOGRAM,
            with(histograms, |histograms, call| {
                histograms.with(labels(call)).observe(seconds(call));
            }),
        ),
        (DISABLED, with(Counter::disabled(), |counter, _| counter.increment())),
        (
            DISABLED_HISTOGRAM,
            with(Histogram::disabled(), |histogram, call| histogram.observe(seconds(call))),
        ),
    ]
}
