//! What a span says about how its call ended.

use std::{
    error::Error,
    fmt::{self, Write as _},
};

use oxkit_core::{Endpoint, ErrorKind, LooksAtResponse, Outcome};
use tracing::{Span, field::display};

use super::Spans;

pub(super) const OUTCOME: &str = "outcome";
pub(super) const STATUS: &str = "rpc.response.status_code";
pub(super) const ERROR: &str = "error.type";
pub(super) const OTEL_STATUS: &str = "otel.status_code";
pub(super) const OTEL_DESCRIPTION: &str = "otel.status_description";

/// How a call ended, as far as a span says.
struct Ended<'a> {
    outcome: &'static str,
    kind: Option<ErrorKind>,
    error: Option<&'a (dyn Error + 'static)>,
    is_failed: bool,
}

impl<M> Spans<M> {
    pub(super) fn end<E>(&self, span: &Span, outcome: Outcome<'_, E::Response, E::Error>)
    where
        E: Endpoint,
        M: LooksAtResponse<E::Response>,
    {
        let kind = outcome.kind();
        let is_failed = kind.is_some_and(|kind| self.settings.site.kind.fails_by(kind));
        let mut ended = Ended { outcome: "ok", kind, error: None, is_failed };
        match outcome {
            Outcome::Response(response) => {
                if let Some(failure) = self.responses.failure(response) {
                    let kind = failure.kind();
                    ended = Ended {
                        outcome: "business_error",
                        kind: Some(kind),
                        error: Some(failure as _),
                        is_failed: !self.settings.ignores_business_errors
                            && self.settings.site.kind.fails_by(kind),
                    };
                }
            }
            Outcome::Failure(error) => {
                ended.outcome = "error";
                ended.error = Some(error);
            }
            Outcome::Panicked => ended.outcome = "panicked",
            Outcome::Dropped => ended.outcome = "cancelled",
            // A way to end that core has and this crate does not know yet.
            _ => ended.outcome = "unknown",
        }
        ended.record(span);
    }
}

impl Ended<'_> {
    fn record(&self, span: &Span) {
        span.record(OUTCOME, self.outcome);
        span.record(STATUS, self.kind.map_or("OK", ErrorKind::name));
        if !self.is_failed {
            return;
        }
        if let Some(kind) = self.kind {
            span.record(ERROR, kind.name());
        }
        span.record(OTEL_STATUS, "ERROR");
        // After the code, which would take it away again.
        match self.error {
            Some(error) => span.record(OTEL_DESCRIPTION, display(WithSources(error))),
            None => span.record(OTEL_DESCRIPTION, self.outcome),
        };
    }
}

/// An error and what caused it, on one line. A cause that says the same as the error before is not
/// said again.
struct WithSources<'a>(&'a (dyn Error + 'static));

impl fmt::Display for WithSources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A chain that leads back to itself must not keep the caller.
        const DEPTH: usize = 32;
        let mut next = self.0.source();
        if next.is_none() {
            return write!(f, "{}", self.0);
        }
        // Texts can only be compared once they are there. `write!`, as `to_string` panics where a
        // `Display` fails.
        let (mut said, mut text) = (String::new(), String::new());
        write!(said, "{}", self.0)?;
        f.write_str(&said)?;
        for _ in 0..DEPTH {
            let Some(source) = next else { break };
            text.clear();
            write!(text, "{source}")?;
            if text != said {
                write!(f, ": {text}")?;
                std::mem::swap(&mut said, &mut text);
            }
            next = source.source();
        }
        Ok(())
    }
}
