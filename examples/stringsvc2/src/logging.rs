//! A middleware of the *service* that logs. It knows the domain, so its lines tell what was asked
//! and what was answered; a layer around the endpoint would know only that something was.

use std::time::Instant;

use oxkit_log::{Logger, info};

use crate::service::{EmptyString, StringService};

/// A service that logs each call.
#[derive(Debug, Clone)]
pub struct Logged<S> {
    logger: Logger,
    inner: S,
}

impl<S> Logged<S> {
    /// Logs to `logger` what `inner` is asked and answers.
    pub const fn new(logger: Logger, inner: S) -> Self {
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
