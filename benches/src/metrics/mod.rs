//! An observation: ours against the prometheus crate's, by one thread and by two.

mod ours;
mod peers;

use std::{hint::black_box, io};

use crate::harness::{
    Case, Goal, Options, Report, Rounds,
    compare::{Comparison, NOTHING, Work, by_one_and_two, by_two, often, ratio},
};

const COUNTER: &str = "oxkit, counter";
const COUNTER_F64: &str = "oxkit, counter, a fraction";
const UP_DOWN: &str = "oxkit, up-down counter";
const GAUGE_SET: &str = "oxkit, gauge set";
const GAUGE_ADD: &str = "oxkit, gauge add";
const HISTOGRAM: &str = "oxkit, histogram";
const LABELS: &str = "oxkit, counter by two labels";
const LABELS_HISTOGRAM: &str = "oxkit, histogram by two labels";
const DISABLED: &str = "oxkit, counter, disabled";
const DISABLED_HISTOGRAM: &str = "oxkit, histogram, disabled";
const THEIR_COUNTER: &str = "prometheus, IntCounter";
const THEIR_COUNTER_F64: &str = "prometheus, Counter, a fraction";
const THEIR_UP_DOWN: &str = "prometheus, IntGauge add";
const THEIR_GAUGE_SET: &str = "prometheus, Gauge set";
const THEIR_GAUGE_ADD: &str = "prometheus, Gauge add";
const THEIR_HISTOGRAM: &str = "prometheus, Histogram";
const THEIR_LABELS: &str = "prometheus, IntCounterVec, two labels";
const THEIR_LABELS_HISTOGRAM: &str = "prometheus, HistogramVec, two labels";

/// Those of the table, with what each is compared to.
const ROWS: [(&str, Option<&str>); 19] = [
    (COUNTER, Some(THEIR_COUNTER)),
    (THEIR_COUNTER, Some(THEIR_COUNTER)),
    (COUNTER_F64, Some(THEIR_COUNTER_F64)),
    (THEIR_COUNTER_F64, Some(THEIR_COUNTER_F64)),
    (UP_DOWN, Some(THEIR_UP_DOWN)),
    (THEIR_UP_DOWN, Some(THEIR_UP_DOWN)),
    (GAUGE_SET, Some(THEIR_GAUGE_SET)),
    (THEIR_GAUGE_SET, Some(THEIR_GAUGE_SET)),
    (GAUGE_ADD, Some(THEIR_GAUGE_ADD)),
    (THEIR_GAUGE_ADD, Some(THEIR_GAUGE_ADD)),
    (HISTOGRAM, Some(THEIR_HISTOGRAM)),
    (THEIR_HISTOGRAM, Some(THEIR_HISTOGRAM)),
    (LABELS, Some(THEIR_LABELS)),
    (THEIR_LABELS, Some(THEIR_LABELS)),
    (LABELS_HISTOGRAM, Some(THEIR_LABELS_HISTOGRAM)),
    (THEIR_LABELS_HISTOGRAM, Some(THEIR_LABELS_HISTOGRAM)),
    (DISABLED, None),
    (DISABLED_HISTOGRAM, None),
    (NOTHING, None),
];

/// The labels of the metrics that have some, and their values in turn: known only in the call, as
/// where they come from a response.
const LABEL_NAMES: [&str; 2] = ["method", "outcome"];
const METHODS: [&str; 4] = ["uppercase", "count", "add", "list"];

/// Values that fall into nearly all of the default buckets, those of a service's latencies.
fn seconds(call: u32) -> f64 {
    f64::from(call % 1024) * 1e-3
}

const fn labels(call: u32) -> [&'static str; 2] {
    [METHODS[call as usize % METHODS.len()], "ok"]
}

/// Does `observe` with the metric, of which the optimiser is kept from knowing anything.
fn with<M: Send + Sync + 'static>(
    metric: M,
    observe: impl Fn(&M, u32) + Send + Sync + 'static,
) -> Work {
    often(move |call| observe(black_box(&metric), call))
}

const COMPARISON: Comparison = Comparison {
    name: "metrics",
    note: "One observation of a metric that all callers share: through a handle, or by labels that are\n\
           looked up in the call. Histograms have the eleven buckets that both have by default.\n\
           Two threads, each on a core: the time that passed over the observations of both.",
    title: "An observation",
    what: "metric",
    rows: &ROWS,
    goals,
};

/// Every case there is.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut all = ours::all();
    all.extend(peers::all());
    all.push((NOTHING, with((), |(), _| ())));
    by_one_and_two(all)
}

/// Measures the observations.
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn run(options: &Options) -> io::Result<Report> {
    COMPARISON.measure(cases(), options)
}

fn goals(rounds: &Rounds) -> Vec<Goal> {
    let pairs = [
        ("a counter", COUNTER, THEIR_COUNTER),
        ("a histogram", HISTOGRAM, THEIR_HISTOGRAM),
        ("a counter by labels", LABELS, THEIR_LABELS),
    ];
    let mut goals = Vec::new();
    for (what, of, to) in pairs {
        let one = ratio(rounds, of, to).median();
        goals.push(Goal::at_most(format!("{what}, of the prometheus crate's"), 1.1, one, "x"));
        let two = ratio(rounds, &by_two(of), &by_two(to)).median();
        // Whatever is looked up is looked up by both.
        let limit = if of == LABELS { 1.1 } else { 0.5 };
        goals.push(Goal::at_most(format!("{what} by two threads"), limit, two, "x"));
    }
    let disabled = rounds.of(DISABLED).less(&rounds.of(NOTHING)).median();
    goals.push(Goal::at_most("a disabled counter over nothing", 2.0, disabled, "ns"));
    goals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::compare::check;

    #[test]
    fn every_row_of_the_table_has_its_cases_and_every_case_runs() {
        check(&ROWS, cases());
    }
}
