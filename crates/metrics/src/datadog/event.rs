//! Something that happened.

use std::fmt::Write;

use super::text::{now, one_line, push_part, push_tags};
use crate::push::owned;

/// Something that happened and that people want to see on a time line, such as a deployment.
///
/// ```
/// use oxkit_metrics::datadog::{Alert, Event};
///
/// let event = Event::new("Disk full", "/var has no room").alert(Alert::Error).host("web1");
/// assert!(format!("{event:?}").contains("Disk full"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "an event is not sent until it is handed to `Events::send`"]
pub struct Event {
    title: String,
    text: String,
    time: u64,
    host: String,
    key: String,
    source: String,
    low: bool,
    alert: Alert,
    tags: Vec<(String, String)>,
}

/// How an event is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Alert {
    /// As a matter of fact.
    #[default]
    Info,
    /// As something that went well.
    Success,
    /// As something to look at.
    Warning,
    /// As something that went wrong.
    Error,
}

impl Event {
    /// An event that happens now. Both may have several lines and are Markdown to Datadog if `text`
    /// begins with `%%%`.
    pub fn new(title: &str, text: &str) -> Self {
        Self {
            title: one_line(title),
            text: one_line(text),
            time: now(),
            host: String::new(),
            key: String::new(),
            source: String::new(),
            low: false,
            alert: Alert::Info,
            tags: Vec::new(),
        }
    }

    /// How to show it.
    pub const fn alert(mut self, alert: Alert) -> Self {
        self.alert = alert;
        self
    }

    /// Shows it only to those who look for events of low priority too.
    pub const fn low_priority(mut self) -> Self {
        self.low = true;
        self
    }

    /// The host it happened on, if it is not the agent's.
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// Groups it with others of the same key.
    pub fn aggregation_key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self
    }

    /// What it comes from, by Datadog's list of source types.
    pub fn source(mut self, source: &str) -> Self {
        source.clone_into(&mut self.source);
        self
    }

    /// Its tags, beside those of the exporter.
    pub fn tags(mut self, tags: &[(&str, &str)]) -> Self {
        self.tags = owned(tags);
        self
    }

    pub(super) fn line(&self, all: &str) -> String {
        let Self { title, text, time, .. } = self;
        // Lengths are in bytes, and of what is sent.
        let mut line = format!("_e{{{},{}}}:{title}|{text}|d:{time}", title.len(), text.len());
        push_part(&mut line, "h:", &self.host);
        push_part(&mut line, "k:", &self.key);
        if self.low {
            line.push_str("|p:low");
        }
        push_part(&mut line, "s:", &self.source);
        let alert = match self.alert {
            Alert::Info => "",
            Alert::Success => "success",
            Alert::Warning => "warning",
            Alert::Error => "error",
        };
        if !alert.is_empty() {
            write!(line, "|t:{alert}").expect("writing to a String does not fail");
        }
        push_tags(&mut line, all, &self.tags);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: Event, all: &str, expected: &str) {
        let event = Event { time: 7, ..event };
        assert_eq!(event.line(all), expected);
    }

    #[test]
    fn events_are_written_as_published() {
        check(Event::new("title", "text"), "", "_e{5,4}:title|text|d:7");
        // The lengths are of what is sent, in bytes; what is in them needs no escape.
        check(Event::new("é|ü", "a\nb\r\nc"), "", "_e{5,7}:é|ü|a\\nb\\nc|d:7");
        check(
            Event::new("ti\ntle", "te|xt").alert(Alert::Error).tags(&[("x", "y"), ("a,b", "50%")]),
            "env:dev",
            "_e{7,5}:ti\\ntle|te|xt|d:7|t:error|#env:dev,x:y,a%2Cb:50%25",
        );
        check(
            Event::new("t", "").host("web|1").aggregation_key("k\n").source("s").low_priority(),
            "",
            "_e{1,0}:t||d:7|h:web%7C1|k:k%0A|p:low|s:s",
        );
    }
}
