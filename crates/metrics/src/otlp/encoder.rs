//! A snapshot as messages of the protocol.

use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message;

use super::{
    exponential::{self, SCALE},
    messages::{
        AnyValue, CUMULATIVE, Data, Exponential, ExponentialPoint, ExportRequest, Gauge, Histogram,
        HistogramPoint, KeyValue, Metric, NumberPoint, Resource, ResourceMetrics, Scope,
        ScopeMetrics, Sum,
    },
};
use crate::{
    Desc, Distribution, Kind, Labels, PushStats, Series, Snapshot, Value,
    push::{Encode, Request},
    unit::Unit,
};

/// What the lengths of the messages around a point may take, at most: five levels, of each a tag
/// and a length.
const FRAMES: usize = 5 * 6;

/// Makes requests of snapshots. Everything is since the start, so there is nothing to remember.
#[derive(Debug)]
pub(super) struct Encoder {
    /// The request without its metrics.
    frame: ExportRequest,
    start_nanos: u64,
    /// In bytes.
    request_size: usize,
}

impl Encoder {
    pub(super) fn new(
        attributes: &[(String, String)],
        start: SystemTime,
        request_size: usize,
    ) -> Self {
        let scope = Scope {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let attributes = attributes.iter().map(|(key, value)| attribute(key, value)).collect();
        let frame = ExportRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(Resource { attributes }),
                scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics: Vec::new() }],
            }],
        };
        Self { frame, start_nanos: nanos(start), request_size }
    }

    fn request(&self, metrics: Vec<Metric>, points: u64) -> Request<()> {
        let mut request = self.frame.clone();
        request.resource_metrics[0].scope_metrics[0].metrics = metrics;
        Request { bytes: request.encode_to_vec(), values: points, receipt: () }
    }

    fn point(&self, desc: &Desc, series: &Series, now: u64) -> Data {
        let attributes = attributes(&series.labels);
        let number = |value: f64| {
            vec![NumberPoint {
                start_nanos: self.start_nanos,
                nanos: now,
                value: Some(value),
                attributes: attributes.clone(),
            }]
        };
        match &series.value {
            Value::Counter(value) => Data::Sum(Sum {
                data_points: number(*value),
                temporality: CUMULATIVE,
                is_monotonic: true,
            }),
            Value::Gauge(value) if desc.kind() == Kind::UpDownCounter => Data::Sum(Sum {
                data_points: number(*value),
                temporality: CUMULATIVE,
                is_monotonic: false,
            }),
            Value::Gauge(value) => Data::Gauge(Gauge { data_points: number(*value) }),
            Value::Histogram(all) if all.buckets().is_log_linear() => {
                let counts = exponential::convert(all);
                Data::Exponential(Exponential {
                    data_points: vec![ExponentialPoint {
                        attributes,
                        start_nanos: self.start_nanos,
                        nanos: now,
                        count: all.count(),
                        sum: sum(all),
                        scale: SCALE,
                        zero_count: counts.zero,
                        positive: Some(counts.positive),
                        zero_threshold: counts.threshold,
                    }],
                    temporality: CUMULATIVE,
                })
            }
            Value::Histogram(all) => Data::Histogram(Histogram {
                data_points: vec![HistogramPoint {
                    start_nanos: self.start_nanos,
                    nanos: now,
                    count: all.count(),
                    sum: sum(all),
                    bucket_counts: all.counts().to_vec(),
                    explicit_bounds: all.buckets().bounds().to_vec(),
                    attributes,
                }],
                temporality: CUMULATIVE,
            }),
        }
    }
}

impl Encode for Encoder {
    const NAME: &'static str = "otlp";

    type Receipt = ();

    // The next request has what this one had, and more.
    const RESENDS: bool = false;

    fn encode(
        &mut self,
        snapshot: &Snapshot,
        now: SystemTime,
        stats: &PushStats,
    ) -> Vec<Request<()>> {
        let now = nanos(now);
        let empty = self.frame.encoded_len() + FRAMES;
        let mut requests = Vec::new();
        let (mut metrics, mut size, mut points) = (Vec::<Metric>::new(), empty, 0);
        for metric in snapshot.metrics() {
            for series in &metric.series {
                let mut data = self.point(&metric.desc, series, now);
                let length = data_length(&data);
                let head = metric.desc.name().len() + metric.desc.help().len() + FRAMES;
                if empty + head + length > self.request_size {
                    stats.count_dropped(1);
                    continue;
                }
                if size + head + length > self.request_size {
                    requests.push(self.request(std::mem::take(&mut metrics), points));
                    (size, points) = (empty, 0);
                }
                points += 1;
                size += length;
                match metrics.last_mut() {
                    // Also what a bridge keeps apart by the names of labels: to the receiver it is
                    // one metric.
                    Some(last) if last.name == metric.desc.name() => last.append(&mut data),
                    _ => {
                        size += head;
                        metrics.push(Metric {
                            name: metric.desc.name().to_owned(),
                            description: metric.desc.help().to_owned(),
                            unit: Unit::of(metric.desc.name()).map_or("", Unit::ucum).to_owned(),
                            data: Some(data),
                        });
                    }
                }
            }
        }
        if points > 0 {
            requests.push(self.request(metrics, points));
        }
        requests
    }

    fn settle(&mut self, (): ()) {}
}

impl Metric {
    /// Adds the points of another one of the same name, and so of the same kind.
    fn append(&mut self, data: &mut Data) {
        match (&mut self.data, data) {
            (Some(Data::Gauge(all)), Data::Gauge(more)) => {
                all.data_points.append(&mut more.data_points);
            }
            (Some(Data::Sum(all)), Data::Sum(more)) => {
                all.data_points.append(&mut more.data_points);
            }
            (Some(Data::Histogram(all)), Data::Histogram(more)) => {
                all.data_points.append(&mut more.data_points);
            }
            (Some(Data::Exponential(all)), Data::Exponential(more)) => {
                all.data_points.append(&mut more.data_points);
            }
            _ => {}
        }
    }
}

fn data_length(data: &Data) -> usize {
    data.encoded_len() + FRAMES
}

/// The sum, unless it may go down: negative values were expected.
fn sum(all: &Distribution) -> Option<f64> {
    let never_negative = all.buckets().bounds().first().is_none_or(|bound| *bound >= 0.0);
    never_negative.then(|| all.sum())
}

fn attributes(labels: &Labels) -> Vec<KeyValue> {
    labels.iter().map(|(name, value)| attribute(name, value)).collect()
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let text = Some(value.to_owned());
    KeyValue { key: key.to_owned(), value: Some(AnyValue { text }) }
}

/// Nanoseconds since 1970; 0 before it, the largest number after 2554.
fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buckets, Registry};

    fn encode(registry: &Registry, request_size: usize) -> (Vec<ExportRequest>, PushStats) {
        let start = UNIX_EPOCH + std::time::Duration::from_secs(1);
        let attributes = [("service.name".to_owned(), "shop".to_owned())];
        let mut encoder = Encoder::new(&attributes, start, request_size);
        let now = UNIX_EPOCH + std::time::Duration::from_secs(2);
        let stats = PushStats::default();
        let requests = encoder.encode(&registry.snapshot(), now, &stats);
        let read = |request: Request<()>| {
            assert!(request.bytes.len() <= request_size);
            let read = ExportRequest::decode(&*request.bytes).unwrap();
            let points: usize = metrics(&read).iter().map(points).sum();
            assert_eq!(request.values, points as u64);
            read
        };
        (requests.into_iter().map(read).collect(), stats)
    }

    fn metrics(request: &ExportRequest) -> &[Metric] {
        &request.resource_metrics[0].scope_metrics[0].metrics
    }

    fn points(metric: &Metric) -> usize {
        match metric.data.as_ref().unwrap() {
            Data::Gauge(data) => data.data_points.len(),
            Data::Sum(data) => data.data_points.len(),
            Data::Histogram(data) => data.data_points.len(),
            Data::Exponential(data) => data.data_points.len(),
        }
    }

    #[test]
    fn requests_keep_their_size_and_nothing_is_lost_between_them() {
        let registry = Registry::new();
        let jobs = registry.counter_family("jobs_total", "Jobs done.", ["queue"]).unwrap();
        let sizes = registry.histogram_family("sizes", "", ["queue"], Buckets::default()).unwrap();
        for queue in 0..100 {
            let queue = queue.to_string();
            jobs.with([&queue]).increment();
            sizes.with([&queue]).observe(0.1);
        }
        for request_size in [1024, 4096, 1_000_000] {
            let (requests, stats) = encode(&registry, request_size);
            let all: usize = requests.iter().flat_map(metrics).map(points).sum();
            assert_eq!((all, stats.dropped()), (200, 0));
            assert_eq!(requests.len() == 1, request_size == 1_000_000);
            // As full as can be told before they are made.
            assert!(requests.len() < 2 * 40_000 / request_size + 2, "{}", requests.len());
        }
    }

    #[test]
    fn a_point_that_fits_into_no_request_is_dropped_and_counted() {
        let registry = Registry::new();
        let family = registry.gauge_family("g", "", ["text"]).unwrap();
        family.with(["short"]).set(1.0);
        family.with([&"long".repeat(1000)]).set(2.0);
        let (requests, stats) = encode(&registry, 1024);
        assert_eq!(requests.iter().flat_map(metrics).map(points).sum::<usize>(), 1);
        assert_eq!(stats.dropped(), 1);
    }

    #[test]
    fn nothing_is_sent_of_nothing() {
        let registry = Registry::new();
        let _no_series = registry.counter_family("c", "", ["label"]).unwrap();
        assert!(encode(&registry, 1024).0.is_empty());
    }

    #[test]
    fn a_sum_that_may_go_down_is_left_out() {
        let registry = Registry::new();
        let observe = |name, bound| {
            let buckets = Buckets::new(&[bound, 10.0]).unwrap();
            registry.histogram(name, "", buckets).unwrap().observe(-5.0);
        };
        observe("a", -1.0);
        observe("b", 0.0);
        let (requests, _) = encode(&registry, 1024);
        let sums: Vec<_> = metrics(&requests[0])
            .iter()
            .map(|metric| match metric.data.as_ref().unwrap() {
                Data::Histogram(data) => data.data_points[0].sum,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(sums, [None, Some(-5.0)]);
    }

    #[test]
    fn everything_is_since_one_start() {
        let registry = Registry::new();
        let jobs = registry.counter("jobs", "").unwrap();
        let mut encoder = Encoder::new(&[], UNIX_EPOCH, 1024);
        let mut at = |seconds| {
            let now = UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            let requests = encoder.encode(&registry.snapshot(), now, &PushStats::default());
            let read = ExportRequest::decode(&*requests[0].bytes).unwrap();
            match metrics(&read)[0].data.as_ref().unwrap() {
                Data::Sum(sum) => {
                    let point = &sum.data_points[0];
                    (point.start_nanos, point.nanos, point.value)
                }
                other => panic!("{other:?}"),
            }
        };
        jobs.add(2);
        assert_eq!(at(1), (0, 1_000_000_000, Some(2.0)));
        // Nothing came, and it is told again.
        assert_eq!(at(2), (0, 2_000_000_000, Some(2.0)));
        jobs.add(3);
        assert_eq!(at(3), (0, 3_000_000_000, Some(5.0)));
    }

    #[test]
    fn a_time_before_the_epoch_is_the_epoch() {
        assert_eq!(nanos(UNIX_EPOCH - std::time::Duration::from_secs(1)), 0);
    }
}
