//! The metrics of the prometheus crate.

use prometheus::{
    Counter, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    Opts,
};

use super::{
    LABEL_NAMES, THEIR_COUNTER, THEIR_COUNTER_F64, THEIR_GAUGE_ADD, THEIR_GAUGE_SET,
    THEIR_HISTOGRAM, THEIR_LABELS, THEIR_LABELS_HISTOGRAM, THEIR_UP_DOWN, labels, seconds, with,
};
use crate::harness::compare::Work;

pub(super) fn all() -> Vec<(&'static str, Work)> {
    let name = "the name is valid";
    let counter = IntCounter::new("counter", "help").expect(name);
    let counter_f64 = Counter::new("counter_f64", "help").expect(name);
    let up_down = IntGauge::new("up_down", "help").expect(name);
    let gauge_set = Gauge::new("gauge_set", "help").expect(name);
    let gauge_add = Gauge::new("gauge_add", "help").expect(name);
    let histogram = Histogram::with_opts(HistogramOpts::new("histogram", "help")).expect(name);
    let counters = IntCounterVec::new(Opts::new("counters", "help"), &LABEL_NAMES).expect(name);
    let histograms =
        HistogramVec::new(HistogramOpts::new("histograms", "help"), &LABEL_NAMES).expect(name);
    vec![
        (THEIR_COUNTER, with(counter, |counter, _| counter.inc())),
        (THEIR_COUNTER_F64, with(counter_f64, |counter, call| counter.inc_by(seconds(call)))),
        (THEIR_UP_DOWN, with(up_down, |gauge, call| gauge.add(i64::from(call)))),
        (THEIR_GAUGE_SET, with(gauge_set, |gauge, call| gauge.set(seconds(call)))),
        (THEIR_GAUGE_ADD, with(gauge_add, |gauge, call| gauge.add(seconds(call)))),
        (THEIR_HISTOGRAM, with(histogram, |histogram, call| histogram.observe(seconds(call)))),
        (
            THEIR_LABELS,
            with(counters, |counters, call| counters.with_label_values(&labels(call)).inc()),
        ),
        (
            THEIR_LABELS_HISTOGRAM,
            with(histograms, |histograms, call| {
                histograms.with_label_values(&labels(call)).observe(seconds(call));
            }),
        ),
    ]
}
