//! What is sent of a snapshot, and of the histograms since.

use std::{fmt::Write, sync::Arc, time::SystemTime};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    Style,
    bins::{Histograms, Taken},
};
use crate::{
    Labels, PushStats, Snapshot, Value, number,
    push::{Encode, Request},
};

#[derive(Debug)]
pub(super) struct Encoder {
    style: Style,
    request_size: usize,
    histograms: Arc<Histograms>,
}

impl Encoder {
    pub(super) const fn new(
        style: Style,
        request_size: usize,
        histograms: Arc<Histograms>,
    ) -> Self {
        Self { style, request_size, histograms }
    }
}

impl Encode for Encoder {
    const NAME: &'static str = "circonus";

    type Receipt = Vec<Taken>;

    // Totals are newer when they are made anew, and counts have no time by which the receiver could
    // know them again.
    const RESENDS: bool = false;

    fn encode(
        &mut self,
        snapshot: &Snapshot,
        _: SystemTime,
        stats: &PushStats,
    ) -> Vec<Request<Self::Receipt>> {
        let mut objects = Objects { limit: self.request_size, stats, done: Vec::new() };
        for metric in snapshot.metrics() {
            for series in &metric.series {
                let value = match series.value {
                    Value::Counter(total) => total_value(total),
                    Value::Gauge(value) if value.is_finite() => numeric(value),
                    Value::Gauge(_) | Value::Histogram(_) => continue,
                };
                objects.push(&name(&self.style, metric.desc.name(), &series.labels), &value, None);
            }
        }
        for series in self.histograms.series() {
            let Some(taken) = series.take() else { continue };
            let mut value = String::from(r#"{"_type":"n","_value":["#);
            for (at, (bin, count)) in taken.counts.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                write!(value, r#"{comma}"H[{bin}]={count}""#)
                    .expect("writing to a String does not fail");
            }
            value.push_str("]}");
            objects.push(&series.name, &value, Some(taken));
        }
        for request in &mut objects.done {
            request.bytes.push(b'}');
        }
        objects.done
    }

    fn settle(&mut self, receipt: Self::Receipt) {
        receipt.into_iter().for_each(Taken::done);
    }
}

/// Members, several in an object.
struct Objects<'a> {
    limit: usize,
    stats: &'a PushStats,
    /// But for the brace at the end.
    done: Vec<Request<Vec<Taken>>>,
}

impl Objects<'_> {
    /// Adds a member, whose name is escaped for JSON.
    fn push(&mut self, name: &str, value: &str, taken: Option<Taken>) {
        let member = format!(r#""{name}":{value}"#);
        // With what is around it: a brace or a comma, and the brace at the end.
        if member.len() + 2 > self.limit {
            self.stats.count_dropped(1);
            taken.into_iter().for_each(Taken::done);
        } else if let Some(last) = self.done.last_mut()
            && last.bytes.len() + member.len() + 2 <= self.limit
        {
            last.bytes.push(b',');
            last.bytes.extend_from_slice(member.as_bytes());
            last.values += 1;
            last.receipt.extend(taken);
        } else {
            let bytes = format!("{{{member}").into_bytes();
            self.done.push(Request { bytes, values: 1, receipt: taken.into_iter().collect() });
        }
    }
}

/// The name with its tags, as it stands in JSON.
pub(super) fn name(style: &Style, name: &str, labels: &Labels) -> String {
    let mut full = format!("{}{name}", style.prefix);
    let all = style.tags.iter().map(|(name, value)| (&**name, &**value));
    let mut separator = "|ST[";
    for (name, value) in all.filter(|(name, _)| labels.get(name).is_none()).chain(labels.iter()) {
        if name.is_empty() || value.is_empty() {
            continue;
        }
        full.push_str(separator);
        push_word(&mut full, name);
        full.push(':');
        push_word(&mut full, value);
        separator = ",";
    }
    if separator == "," {
        full.push(']');
    }
    full
}

fn push_word(full: &mut String, word: &str) {
    if word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/".contains(&byte)) {
        full.push_str(word);
    } else {
        full.push_str(r#"b\""#);
        BASE64_STANDARD.encode_string(word, full);
        full.push_str(r#"\""#);
    }
}

/// Whole totals are whole numbers to the receiver too.
fn total_value(total: f64) -> String {
    // 2⁶⁴, beyond which the receiver has no whole numbers.
    const END: f64 = 18_446_744_073_709_551_616.0;
    if total.fract() == 0.0 && (0.0..END).contains(&total) {
        return format!(r#"{{"_type":"L","_value":{}}}"#, total as u64);
    }
    numeric(total)
}

fn numeric(value: f64) -> String {
    let mut text = String::from(r#"{"_type":"n","_value":"#);
    number::push(&mut text, value);
    text.push('}');
    text
}
