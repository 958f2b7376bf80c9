//! Writing the two text formats.
//!
//! [Text 0.0.4](https://prometheus.io/docs/instrumenting/exposition_formats/) and
//! [OpenMetrics 1.0](https://prometheus.io/docs/specs/om/open_metrics_spec/) differ in little: how a
//! counter's metadata is named, how bounds are written, how help is escaped, and how the text ends.

use ::prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

use super::{accept::Format, model, names::without_total};
use crate::number;

/// Writes all families. Those without series are left out.
pub(super) fn write(format: Format, families: &[MetricFamily]) -> Vec<u8> {
    let mut writer = Writer { out: String::new(), format };
    for family in families.iter().filter(|family| !family.get_metric().is_empty()) {
        writer.family(family);
    }
    if format == Format::OpenMetrics {
        writer.out.push_str("# EOF\n");
    }
    writer.out.into_bytes()
}

struct Writer {
    out: String,
    format: Format,
}

impl Writer {
    fn family(&mut self, family: &MetricFamily) {
        let (name, kind) = (family.name(), family.get_field_type());
        let open = self.format == Format::OpenMetrics;
        let (described, kind_name) = match kind {
            // Counters of the prometheus crate itself may lack the suffix that OpenMetrics asks for.
            MetricType::COUNTER if open => (without_total(name), "counter"),
            MetricType::COUNTER => (name, "counter"),
            MetricType::GAUGE => (name, "gauge"),
            MetricType::HISTOGRAM => (name, "histogram"),
            MetricType::SUMMARY => (name, "summary"),
            MetricType::UNTYPED => (name, if open { "unknown" } else { "untyped" }),
        };
        if !family.help().is_empty() {
            self.metadata("HELP", described);
            escape(&mut self.out, family.help(), open);
            self.out.push('\n');
        }
        self.metadata("TYPE", described);
        self.out.push_str(kind_name);
        self.out.push('\n');
        for metric in family.get_metric() {
            match kind {
                MetricType::COUNTER => {
                    let suffix = if open { "_total" } else { "" };
                    let value = model::of_counter(metric.get_counter());
                    self.sample(described, suffix, metric, None, value);
                }
                MetricType::GAUGE => {
                    let value = model::of_gauge(metric.get_gauge());
                    self.sample(name, "", metric, None, value);
                }
                MetricType::HISTOGRAM => self.histogram(name, metric),
                MetricType::SUMMARY => self.summary(name, metric),
                // Nothing makes one, and the model without protobuf has no way to read it.
                MetricType::UNTYPED => {}
            }
        }
    }

    fn metadata(&mut self, what: &str, name: &str) {
        self.out.push_str("# ");
        self.out.push_str(what);
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push(' ');
    }

    fn histogram(&mut self, name: &str, metric: &Metric) {
        let all = metric.get_histogram();
        let count = all.get_sample_count() as f64;
        let bounds = all.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite());
        let mut negative = false;
        for bucket in bounds {
            let bound = bucket.upper_bound();
            negative |= bound < 0.0;
            let below = bucket.cumulative_count() as f64;
            self.sample(name, "_bucket", metric, Some(("le", bound)), below);
        }
        self.sample(name, "_bucket", metric, Some(("le", f64::INFINITY)), count);
        // A sum that may go down is none to OpenMetrics, and the count goes with it.
        if self.format == Format::Text || !negative {
            self.sample(name, "_sum", metric, None, all.get_sample_sum());
            self.sample(name, "_count", metric, None, count);
        }
    }

    fn summary(&mut self, name: &str, metric: &Metric) {
        let all = metric.get_summary();
        for quantile in all.get_quantile() {
            let label = ("quantile", quantile.quantile());
            self.sample(name, "", metric, Some(label), quantile.value());
        }
        self.sample(name, "_sum", metric, None, all.sample_sum());
        self.sample(name, "_count", metric, None, all.sample_count() as f64);
    }

    fn sample(
        &mut self,
        name: &str,
        suffix: &str,
        metric: &Metric,
        extra: Option<(&str, f64)>,
        value: f64,
    ) {
        self.out.push_str(name);
        self.out.push_str(suffix);
        self.labels(metric.get_label(), extra);
        self.out.push(' ');
        self.value(value);
        let time = metric.timestamp_ms();
        if time != 0 {
            self.out.push(' ');
            match self.format {
                Format::Text => self.out.push_str(&time.to_string()),
                Format::OpenMetrics => self.value(time as f64 / 1000.0),
            }
        }
        self.out.push('\n');
    }

    fn labels(&mut self, labels: &[LabelPair], extra: Option<(&str, f64)>) {
        if labels.is_empty() && extra.is_none() {
            return;
        }
        let mut separator = '{';
        for label in labels {
            self.label_name(separator, label.name());
            escape(&mut self.out, label.value(), true);
            self.out.push('"');
            separator = ',';
        }
        if let Some((name, number)) = extra {
            self.label_name(separator, name);
            // It is part of the identity of the series, and each format has one way to write it.
            if self.format == Format::OpenMetrics && number.is_finite() {
                self.out.push_str(&format!("{number:?}"));
            } else {
                self.value(number);
            }
            self.out.push('"');
        }
        self.out.push('}');
    }

    fn label_name(&mut self, separator: char, name: &str) {
        self.out.push(separator);
        self.out.push_str(name);
        self.out.push_str("=\"");
    }

    fn value(&mut self, value: f64) {
        if value == f64::INFINITY {
            self.out.push_str("+Inf");
        } else if value == f64::NEG_INFINITY {
            self.out.push_str("-Inf");
        } else if value.is_nan() {
            self.out.push_str("NaN");
        } else {
            number::push(&mut self.out, value);
        }
    }
}

fn escape(out: &mut String, text: &str, quotes: bool) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}
