//! A middleware of the *service* that logs. It knows the domain, so its lines tell what was asked
//! and what was answered; a layer around the endpoint would know only that something was.

use std::time::Instant;

use oxkit_log::{Logger, info};

use crate::service::{EmptyString, StringService};

/// A service that logs each call.
#[derive(Debug, Clone)]
pub(crate) struct Logged<S> {
    logger: Logger,
    inner: S,
}

impl<S> Logged<S> {
    /// Logs to `logger` what `inner` is asked and answers.
    pub(crate) const fn new(logger: Logger, inner: S) -> Self {
        Self { logger, inner }
    }
}

impl<S: StringService> StringService for Logged<S> {
    fn uppercase(&self, s: &str) -> Result<String, EmptyString> {
        let began = Instant::now();
        let result = self.inner.uppercase(s);
        info!(
            self.logger,
            method = "uppercase",
            input = s,
            output = result.as_deref().unwrap_or_default(),
            err = result.as_ref().err().map(ToString::to_string),
            took = began.elapsed(),
        );
        result
    }

    fn count(&self, s: &str) -> usize {
        let began = Instant::now();
        let n = self.inner.count(s);
        info!(self.logger, method = "count", input = s, n, took = began.elapsed());
        n
    }
}

#[cfg(test)]
mod tests {
    use oxkit_log::{Lines, SyncWriter};

    use super::*;
    use crate::service::Strings;

    #[test]
    fn a_line_says_what_was_asked_and_what_was_answered() {
        let output = SyncWriter::new(Vec::new());
        let service = Logged::new(Logger::new(Lines::logfmt(output.clone())), Strings);
        assert_eq!(service.uppercase("hello, world").as_deref(), Ok("HELLO, WORLD"));
        assert_eq!(service.uppercase(""), Err(EmptyString));
        assert_eq!(service.count("abc"), 3);

        let written = String::from_utf8(output.lock().clone()).unwrap();
        let lines: Vec<_> = written.lines().filter_map(|line| line.split_once(" took=")).collect();
        let said: Vec<_> = lines.iter().map(|(said, _)| *said).collect();
        assert_eq!(
            said,
            [
                r#"level=info method=uppercase input="hello, world" output="HELLO, WORLD" err=null"#,
                r#"level=info method=uppercase input= output= err="empty string""#,
                "level=info method=count input=abc n=3",
            ]
        );
    }
}
