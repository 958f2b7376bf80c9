//! The state of a service.

use super::text::{now, one_line, one_part, push_part, push_tags};
use crate::push::owned;

/// The state of a service, for Datadog's monitors.
///
/// ```
/// use oxkit_metrics::datadog::{ServiceCheck, Status};
///
/// let check = ServiceCheck::new("shop.database", Status::Critical).message("no connection");
/// assert!(format!("{check:?}").contains("no connection"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a check is not sent until it is handed to `Events::check`"]
pub struct ServiceCheck {
    name: String,
    status: Status,
    time: u64,
    host: String,
    message: String,
    tags: Vec<(String, String)>,
}

/// How a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Well.
    Ok,
    /// Something is to be looked at.
    Warning,
    /// Not well.
    Critical,
    /// Nobody knows.
    Unknown,
}

impl ServiceCheck {
    /// How the service `name` is now.
    pub fn new(name: &str, status: Status) -> Self {
        Self {
            name: one_part(name),
            status,
            time: now(),
            host: String::new(),
            message: String::new(),
            tags: Vec::new(),
        }
    }

    /// Why it is so. The protocol has no place for `|`, which is written as `%7C`.
    pub fn message(mut self, message: &str) -> Self {
        // What begins a part of a check begins none in its message.
        self.message = one_line(message).replace("m:", "m\\:").replace('|', "%7C");
        self
    }

    /// The host it runs on, if it is not the agent's.
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// Its tags, beside those of the exporter.
    pub fn tags(mut self, tags: &[(&str, &str)]) -> Self {
        self.tags = owned(tags);
        self
    }

    pub(super) fn line(&self, all: &str) -> String {
        let Self { name, time, .. } = self;
        let status = match self.status {
            Status::Ok => 0,
            Status::Warning => 1,
            Status::Critical => 2,
            Status::Unknown => 3,
        };
        let mut line = format!("_sc|{name}|{status}|d:{time}");
        push_part(&mut line, "h:", &self.host);
        push_tags(&mut line, all, &self.tags);
        if !self.message.is_empty() {
            line.push_str("|m:");
            line.push_str(&self.message);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(made: ServiceCheck, all: &str, expected: &str) {
        let made = ServiceCheck { time: 7, ..made };
        assert_eq!(made.line(all), expected);
    }

    #[test]
    fn checks_are_written_as_published() {
        check(ServiceCheck::new("svc.up", Status::Ok), "", "_sc|svc.up|0|d:7");
        check(
            ServiceCheck::new("svc.up", Status::Warning).tags(&[("x", "y")]).message("m"),
            "env:dev",
            "_sc|svc.up|1|d:7|#env:dev,x:y|m:m",
        );
        check(
            ServiceCheck::new("a|b", Status::Critical).host("h").message("m: a\nb|c"),
            "",
            "_sc|a%7Cb|2|d:7|h:h|m:m\\: a\\nb%7Cc",
        );
        check(ServiceCheck::new("s", Status::Unknown), "e:d", "_sc|s|3|d:7|#e:d");
    }
}
