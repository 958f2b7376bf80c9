//! The JSON that Go programs show at `/debug/vars`.

use std::fmt::Write;

use crate::{Distribution, Labels, Registry, Value, number};

const QUANTILES: [(&str, f64); 4] = [(".p50", 0.5), (".p90", 0.9), (".p95", 0.95), (".p99", 0.99)];

/// Shows a [`Registry`] as the JSON that Go programs show at `/debug/vars`, for the tools that read
/// it and for people.
///
/// It knows nothing of HTTP: [`encode`](Self::encode) gives the `Content-Type` and the body of the
/// answer, for a route of any server.
///
/// | metric | shown as |
/// |---|---|
/// | counter, up-down counter, gauge | `"name": number` |
/// | histogram | `"name.p50"`, `.p90`, `.p95` and `.p99`, estimated; `"name.count"`, `"name.sum"` |
/// | series with labels | `"name{label=\"value\"}"`, or `"name.p50{label=\"value\"}"` |
///
/// Everything is of all time: since the program started. What JSON has no number for is `null`: an
/// infinity, NaN, a quantile of nothing. In label values `\` and `"` are escaped, so that no two
/// series have the same name.
///
/// ```
/// use oxkit_metrics::{Expvar, Registry};
///
/// let registry = Registry::new();
/// registry.counter_family("jobs", "Jobs done.", ["queue"])?.with(["mail"]).add(2);
/// registry.gauge("queued", "Jobs waiting.")?.set(0.5);
///
/// let (content_type, body) = Expvar::new(&registry).encode();
/// assert_eq!(content_type, "application/json; charset=utf-8");
/// assert_eq!(
///     String::from_utf8(body).unwrap(),
///     "{\n\"jobs{queue=\\\"mail\\\"}\": 2,\n\"queued\": 0.5\n}\n"
/// );
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Expvar {
    registry: Registry,
}

impl Expvar {
    /// Shows `registry`.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self { registry: registry.clone() }
    }

    /// The content type and the body.
    #[must_use]
    pub fn encode(&self) -> (&'static str, Vec<u8>) {
        let mut object = Object(String::from("{"));
        for metric in self.registry.snapshot().metrics() {
            let name = metric.desc.name();
            for series in &metric.series {
                match &series.value {
                    Value::Counter(value) | Value::Gauge(value) => {
                        object.member(name, "", &series.labels, Some(*value));
                    }
                    Value::Histogram(all) => object.histogram(name, &series.labels, all),
                }
            }
        }
        object.0.push_str("\n}\n");
        ("application/json; charset=utf-8", object.0.into_bytes())
    }
}

struct Object(String);

impl Object {
    fn histogram(&mut self, name: &str, labels: &Labels, all: &Distribution) {
        for (suffix, q) in QUANTILES {
            self.member(name, suffix, labels, all.quantile(q));
        }
        self.member(name, ".count", labels, Some(all.count() as f64));
        self.member(name, ".sum", labels, Some(all.sum()));
    }

    fn member(&mut self, name: &str, suffix: &str, labels: &Labels, value: Option<f64>) {
        self.0.push_str(if self.0.len() == 1 { "\n\"" } else { ",\n\"" });
        self.0.push_str(name);
        self.0.push_str(suffix);
        let mut separator = '{';
        for (label, value) in labels.iter() {
            self.0.push(separator);
            self.0.push_str(label);
            self.0.push_str("=\\\"");
            self.label_value(value);
            self.0.push_str("\\\"");
            separator = ',';
        }
        if separator == ',' {
            self.0.push('}');
        }
        self.0.push_str("\": ");
        match value.filter(|value| value.is_finite()) {
            Some(value) => number::push(&mut self.0, value),
            None => self.0.push_str("null"),
        }
    }

    /// Escapes twice: for the label, and for the JSON around it.
    fn label_value(&mut self, value: &str) {
        for c in value.chars() {
            match c {
                '"' => self.0.push_str("\\\\\\\""),
                '\\' => self.0.push_str("\\\\\\\\"),
                c if c.is_control() => {
                    // All control characters are in the first plane: four digits are enough.
                    write!(self.0, "\\u{:04x}", u32::from(c))
                        .expect("writing to a String does not fail");
                }
                c => self.0.push(c),
            }
        }
    }
}
