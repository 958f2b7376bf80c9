//! A snapshot as the parameters of `PutMetricData`.

use std::{fmt::Write, time::SystemTime};

use jiff::Timestamp;

use super::values;
use crate::{
    Labels, Metric, PushStats, Series, Snapshot, Value,
    push::{Deltas, Encode, Request, Sent, SeriesId, percent, query},
    unit::Unit,
};

/// [What one request may have](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html):
/// a megabyte, of which some is left to the headers; and so many metrics, each with so many values.
pub(super) const REQUEST: usize = 1_000_000;
const DATA: usize = 1000;
const VALUES: usize = 150;

/// Characters of a dimension's value.
const LONGEST: usize = 1024;

/// Greater numbers are refused, and so are those closer to zero than its inverse.
const GREATEST: f64 = f64::from_bits((1023 + 360) << 52);

#[derive(Debug)]
pub(super) struct Encoder {
    /// What all requests begin with.
    head: String,
    dimensions: Vec<(String, String)>,
    /// Seconds.
    resolution: Option<u8>,
    deltas: Deltas,
}

/// One series, ready to be a member of a request: its parameters, but for their numbers.
struct Datum {
    /// Names without the number of the member, and values: both encoded.
    parameters: Vec<(String, String)>,
}

/// What is added to a request, all or nothing.
struct Entry {
    data: Vec<Datum>,
    sent: Sent,
}

impl Encoder {
    pub(super) fn new(
        namespace: &str,
        dimensions: &[(String, String)],
        resolution: Option<u8>,
    ) -> Self {
        let mut head = "Action=PutMetricData&Version=2010-08-01&Namespace=".to_owned();
        query(&mut head, namespace);
        let dimensions = dimensions.to_vec();
        Self { head, dimensions, resolution, deltas: Deltas::default() }
    }

    /// What there is to say of a series: nothing, if nothing came. `Err` if it cannot be said.
    fn entry(&self, metric: &Metric, series: &Series, now: &str) -> Result<Option<Entry>, ()> {
        let id = || SeriesId::new(metric, series);
        let (values, sent) = match &series.value {
            Value::Counter(total) => {
                let id = id();
                let delta = self.deltas.counter(&id, *total);
                if delta == 0.0 {
                    return Ok(None);
                }
                (vec![(delta, 1)], Sent::Counter(id, *total))
            }
            Value::Gauge(value) if value.is_finite() => (vec![(*value, 1)], Sent::Whole),
            Value::Gauge(_) => return Ok(None),
            Value::Histogram(total) => {
                let id = id();
                let values = values::representative(&self.deltas.histogram(&id, total));
                if values.is_empty() {
                    return Ok(None);
                }
                (values, Sent::Histogram(id, total.clone()))
            }
        };
        let mut common = vec![("MetricName".to_owned(), metric.desc.name().to_owned())];
        self.add_dimensions(&mut common, &series.labels)?;
        common.push(("Timestamp".to_owned(), encoded(now)));
        if let Some(unit) = unit(&series.value, metric.desc.name()) {
            common.push(("Unit".to_owned(), unit.to_owned()));
        }
        if let Some(seconds) = self.resolution {
            common.push(("StorageResolution".to_owned(), seconds.to_string()));
        }
        let datum = |values: &[(f64, u64)]| {
            let mut parameters = common.clone();
            if let [(value, 1)] = values {
                parameters.push(("Value".to_owned(), number(*value)?));
            } else {
                for (at, (value, count)) in values.iter().enumerate() {
                    let at = at + 1;
                    parameters.push((format!("Values.member.{at}"), number(*value)?));
                    parameters.push((format!("Counts.member.{at}"), count.to_string()));
                }
            }
            Ok(Datum { parameters })
        };
        let data = values.chunks(VALUES).map(datum).collect::<Result<_, ()>>()?;
        Ok(Some(Entry { data, sent }))
    }

    fn add_dimensions(&self, to: &mut Vec<(String, String)>, labels: &Labels) -> Result<(), ()> {
        let common = self.dimensions.iter().map(|(name, value)| (&**name, &**value));
        let common = common.filter(|(name, _)| labels.get(name).is_none());
        // There is no empty value: the dimension is left out.
        let all = common.chain(labels.iter()).filter(|(_, value)| !value.is_empty());
        for (at, (name, value)) in all.enumerate() {
            let value = escaped(value);
            if value.len() > LONGEST {
                return Err(());
            }
            let at = at + 1;
            to.push((format!("Dimensions.member.{at}.Name"), encoded(name)));
            to.push((format!("Dimensions.member.{at}.Value"), encoded(&value)));
        }
        Ok(())
    }
}

impl Encode for Encoder {
    const NAME: &'static str = "cloudwatch";

    type Receipt = Vec<Sent>;

    // The receiver adds up what it gets, twice if it gets it twice.
    const RESENDS: bool = false;

    fn encode(
        &mut self,
        snapshot: &Snapshot,
        now: SystemTime,
        stats: &PushStats,
    ) -> Vec<Request<Vec<Sent>>> {
        let now = Timestamp::try_from(now).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%SZ");
        let now = now.to_string();
        let mut requests = Vec::new();
        let mut open = Open::new(&self.head);
        for metric in snapshot.metrics() {
            for series in &metric.series {
                let entry = match self.entry(metric, series, &now) {
                    Ok(Some(entry)) => entry,
                    Ok(None) => continue,
                    Err(()) => {
                        stats.count_dropped(1);
                        continue;
                    }
                };
                // All of a histogram goes into one request: it is sent, or it is not.
                if !open.has_room(&entry) {
                    requests.extend(std::mem::replace(&mut open, Open::new(&self.head)).close());
                }
                open.add(entry);
            }
        }
        requests.extend(open.close());
        requests
    }

    fn settle(&mut self, receipt: Vec<Sent>) {
        self.deltas.settle(receipt);
    }
}

/// A request that is being filled.
struct Open {
    body: String,
    data: usize,
    sent: Vec<Sent>,
}

impl Open {
    fn new(head: &str) -> Self {
        Self { body: head.to_owned(), data: 0, sent: Vec::new() }
    }

    fn has_room(&self, entry: &Entry) -> bool {
        // What a parameter has around its name and its value, with a number of four digits.
        let frame = "&MetricData.member.1000.=".len();
        let parameters = entry.data.iter().flat_map(|datum| &datum.parameters);
        let size: usize = parameters.map(|(name, value)| name.len() + value.len() + frame).sum();
        self.data + entry.data.len() <= DATA && self.body.len() + size <= REQUEST
    }

    fn add(&mut self, entry: Entry) {
        for datum in entry.data {
            self.data += 1;
            for (name, value) in datum.parameters {
                write!(self.body, "&MetricData.member.{}.{name}={value}", self.data)
                    .expect("writing to a String does not fail");
            }
        }
        self.sent.push(entry.sent);
    }

    fn close(self) -> Option<Request<Vec<Sent>>> {
        let values = self.sent.len() as u64;
        let bytes = self.body.into_bytes();
        (values > 0).then_some(Request { bytes, values, receipt: self.sent })
    }
}

/// The unit of the numbers that are sent.
fn unit(value: &Value, name: &str) -> Option<&'static str> {
    match (Unit::of(name), value) {
        (Some(unit), _) => unit.cloudwatch(),
        (None, Value::Counter(_)) => Some("Count"),
        _ => None,
    }
}

/// A number that is taken. Tiny ones are zero.
fn number(value: f64) -> Result<String, ()> {
    if value.abs() > GREATEST {
        return Err(());
    }
    let mut out = String::new();
    crate::number::push(&mut out, if value.abs() < 1.0 / GREATEST { 0.0 } else { value });
    Ok(out)
}

/// A value of a dimension, which is printable ASCII, not all of it white, and does not begin with a
/// colon.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let first = value.chars().next().map_or(0, char::len_utf8);
    percent(&mut out, &value[..first], |byte| byte.is_ascii_graphic() && byte != b':');
    percent(&mut out, &value[first..], |byte| byte.is_ascii_graphic() || byte == b' ');
    out
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    query(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buckets, Registry};

    /// The requests for a registry, with names and values of their parameters.
    fn encode(registry: &Registry) -> (Vec<Vec<(String, String)>>, PushStats) {
        let stats = PushStats::default();
        let mut encoder = Encoder::new("Shop", &[], None);
        let requests = encoder.encode(&registry.snapshot(), SystemTime::now(), &stats);
        let read = |request: Request<_>| {
            assert!(request.bytes.len() <= REQUEST);
            let body = String::from_utf8(request.bytes).unwrap();
            let parameters = body.split('&').map(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap();
                (name.to_owned(), value.to_owned())
            });
            parameters.collect()
        };
        (requests.into_iter().map(read).collect(), stats)
    }

    /// How many parameters have a name that ends so.
    fn count(request: &[(String, String)], ending: &str) -> usize {
        request.iter().filter(|(name, _)| name.ends_with(ending)).count()
    }

    #[test]
    fn a_request_has_a_thousand_data_and_a_megabyte_at_most() {
        let many = |length: usize| {
            let registry = Registry::new();
            let family = registry.counter_family("c", "", ["l", "m"]).unwrap();
            let long = "x".repeat(length);
            (0..1900).for_each(|n| family.with([&n.to_string(), &long]).increment());
            encode(&registry)
        };
        let (requests, stats) = many(1);
        let data: Vec<_> = requests.iter().map(|request| count(request, ".MetricName")).collect();
        assert_eq!((data, stats.dropped()), (vec![1000, 900], 0));
        // 1900 of 1024 characters and more are two megabytes and a half.
        let (requests, stats) = many(1024);
        let data: Vec<_> = requests.iter().map(|request| count(request, ".MetricName")).collect();
        assert_eq!((data.len(), data.iter().sum(), stats.dropped()), (3, 1900_usize, 0));
    }

    #[test]
    fn a_histogram_of_many_values_is_several_data_of_one_request() {
        let registry = Registry::new();
        // All but one place of the first request.
        let family = registry.counter_family("c", "", ["l"]).unwrap();
        (0..999).for_each(|n| family.with([&n.to_string()]).increment());
        let sizes = registry.histogram("sizes", "", Buckets::log_linear()).unwrap();
        (0..400).for_each(|n| sizes.observe(1.07_f64.powi(n - 200)));
        let (requests, _) = encode(&registry);
        let [first, second] = &requests[..] else { panic!("{}", requests.len()) };
        assert_eq!((count(first, ".MetricName"), count(first, ".Counts.member.1")), (999, 0));
        let values = second.iter().filter(|(name, _)| name.contains(".Values.")).count();
        assert_eq!(count(second, ".MetricName"), values.div_ceil(VALUES));
        assert_eq!(count(second, ".Values.member.151"), 0);
        let counts = second.iter().filter(|(name, _)| name.contains(".Counts."));
        assert_eq!(counts.map(|(_, count)| count.parse::<u64>().unwrap()).sum::<u64>(), 400);
    }

    #[test]
    fn numbers_that_are_not_taken_are_not_sent() {
        let registry = Registry::new();
        let family = registry.gauge_family("g", "", ["n"]).unwrap();
        let odd = [f64::NAN, f64::INFINITY, 1e200, -1e200, 1e-200, 2.0_f64.powi(360), 2.5];
        for (at, number) in odd.into_iter().enumerate() {
            family.with([&at.to_string()]).set(number);
        }
        let (requests, stats) = encode(&registry);
        let sent = requests[0].iter().filter(|(name, _)| name.ends_with(".Value"));
        let sent: Vec<f64> = sent.filter_map(|(_, value)| value.parse().ok()).collect();
        // The dimensions are values too.
        let numbers: Vec<_> = sent.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        assert_eq!(numbers, [(4.0, 0.0), (5.0, 2.0_f64.powi(360)), (6.0, 2.5)]);
        assert_eq!(stats.dropped(), 2);
    }

    #[test]
    fn nothing_is_sent_of_what_did_not_move() {
        let registry = Registry::new();
        let _ = registry.counter("c", "").unwrap();
        let _ = registry.histogram("h", "", Buckets::default()).unwrap();
        assert!(encode(&registry).0.is_empty());
    }

    #[test]
    fn a_settled_request_is_not_sent_again_and_another_one_is() {
        let registry = Registry::new();
        let jobs = registry.counter("jobs", "").unwrap();
        let took = registry.histogram("took", "", Buckets::default()).unwrap();
        let mut encoder = Encoder::new("Shop", &[], None);
        let stats = PushStats::default();
        let mut encode = |settled: bool| {
            let requests = encoder.encode(&registry.snapshot(), SystemTime::now(), &stats);
            let values = requests.iter().map(|request| request.values).sum::<u64>();
            if settled {
                requests.into_iter().for_each(|request| encoder.settle(request.receipt));
            }
            values
        };
        jobs.increment();
        took.observe(1.0);
        assert_eq!((encode(false), encode(true), encode(true)), (2, 2, 0));
        took.observe(1.0);
        assert_eq!((encode(false), encode(true), encode(true)), (1, 1, 0));
    }
}
