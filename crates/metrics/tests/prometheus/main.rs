//! What Prometheus is shown, byte by byte, and that it can be read back.
#![cfg(feature = "prometheus")]

mod parse;
mod scraped;
mod shown;
mod survives;

use oxkit_metrics::Prometheus;

/// The `Accept` header that asks for OpenMetrics.
const OPEN_METRICS: Option<&str> = Some("application/openmetrics-text;version=1.0.0");

fn text(prometheus: &Prometheus) -> String {
    String::from_utf8(prometheus.encode(None).1).expect("it is UTF-8")
}

fn open_metrics(prometheus: &Prometheus) -> String {
    String::from_utf8(prometheus.encode(OPEN_METRICS).1).expect("it is UTF-8")
}
