//! Our metrics in the model of the `prometheus` crate.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use ::prometheus::{
    core::{Collector, Desc},
    proto::{
        Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType, Quantile,
        Summary,
    },
};

use super::{names, window::Window};
use crate::{Distribution, Labels, Registry, Series, Value};

/// What is known of the past of a summary, by its name and its labels.
type Past = HashMap<(Box<str>, Vec<Box<str>>), Window>;

/// The metrics of a registry, as a collector.
pub(super) struct Families {
    registry: Registry,
    quantiles: Arc<[f64]>,
    window: Duration,
    clock: fn() -> Instant,
    /// Bounded as the series of the registry are.
    past: Mutex<Past>,
}

impl Families {
    pub(super) fn new(
        registry: Registry,
        quantiles: Arc<[f64]>,
        window: Duration,
        clock: fn() -> Instant,
    ) -> Self {
        Self { registry, quantiles, window, clock, past: Mutex::default() }
    }

    fn metric(&self, now: Instant, name: &str, series: &Series) -> Metric {
        let mut metric = Metric::from_label(labels(&series.labels));
        match &series.value {
            Value::Counter(value) => {
                let mut counter = Counter::default();
                counter.set_value(*value);
                metric.set_counter(counter);
            }
            Value::Gauge(value) => {
                let mut gauge = Gauge::default();
                gauge.set_value(*value);
                metric.set_gauge(gauge);
            }
            Value::Histogram(all) if all.buckets().is_log_linear() => {
                let labels = series.labels.iter().flat_map(|(name, value)| [name, value]);
                let recent = {
                    let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
                    let key = (name.into(), labels.map(Box::from).collect());
                    let window = past.entry(key).or_default();
                    window.recent(now, self.window, all)
                };
                metric.set_summary(summary(all, &recent, &self.quantiles));
            }
            Value::Histogram(all) => metric.set_histogram(histogram(all)),
        }
        metric
    }
}

impl Collector for Families {
    fn desc(&self) -> Vec<&Desc> {
        // Metrics come while the program runs, so they cannot be announced.
        Vec::new()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let now = (self.clock)();
        let snapshot = self.registry.snapshot();
        let metrics = snapshot.metrics().iter().filter(|metric| !metric.series.is_empty());
        metrics
            .map(|metric| {
                let name = metric.desc.name();
                let mut family = MetricFamily::default();
                family.set_name(names::shown(&metric.desc));
                family.set_help(metric.desc.help().to_owned());
                family.set_field_type(match metric.series[0].value {
                    Value::Counter(_) => MetricType::COUNTER,
                    Value::Gauge(_) => MetricType::GAUGE,
                    Value::Histogram(ref all) if all.buckets().is_log_linear() => {
                        MetricType::SUMMARY
                    }
                    Value::Histogram(_) => MetricType::HISTOGRAM,
                });
                let series = metric.series.iter().map(|series| self.metric(now, name, series));
                family.set_metric(series.collect());
                family
            })
            .collect()
    }
}

fn labels(labels: &Labels) -> Vec<LabelPair> {
    let pair = |(name, value): (&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.to_owned());
        pair.set_value(value.to_owned());
        pair
    };
    labels.iter().map(pair).collect()
}

fn histogram(all: &Distribution) -> Histogram {
    let bucket = |(bound, count)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(count);
        bucket
    };
    let mut histogram = Histogram::default();
    histogram.set_bucket(all.cumulative().map(bucket).collect());
    histogram.set_sample_count(all.count());
    histogram.set_sample_sum(all.sum());
    histogram
}

fn summary(all: &Distribution, recent: &Distribution, quantiles: &[f64]) -> Summary {
    let quantile = |q: &f64| {
        let mut quantile = Quantile::default();
        quantile.set_quantile(*q);
        quantile.set_value(recent.quantile(*q).unwrap_or(f64::NAN));
        quantile
    };
    let mut summary = Summary::default();
    summary.set_quantile(quantiles.iter().map(quantile).collect());
    summary.set_sample_count(all.count());
    summary.set_sample_sum(all.sum());
    summary
}
