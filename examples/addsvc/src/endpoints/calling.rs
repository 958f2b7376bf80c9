//! What goes around the endpoints of a client.

use std::time::Duration;

use oxkit_circuitbreaker::{Breaker, ByKind, ConsecutiveFailures};
use oxkit_core::{Endpoint, ErrorKind, Failure, Layer, Operation};
use oxkit_endpoint::{ForOperation, Timeout};
use oxkit_tracing::{Propagation, Spans, W3c};

use super::{Answer, Method, remote};

/// What goes around the endpoints of a client: the operation, a span, a circuit breaker for each
/// method, a timeout. The constructors of clients take it.
///
/// | setting | default |
/// |---|---|
/// | [`timeout`](Self::timeout) | 5 s |
/// | [`spans`](Self::spans) | `Spans::client()` |
/// | [`propagation`](Self::propagation) | W3C Trace Context |
#[derive(Debug, Clone)]
#[must_use = "a client takes it"]
pub struct Calling {
    spans: Spans,
    propagation: Propagation,
    timeout: Duration,
}

impl Calling {
    /// With the defaults.
    pub fn new() -> Self {
        Self {
            spans: Spans::client(),
            propagation: Propagation::new(W3c::new()),
            timeout: Duration::from_secs(5),
        }
    }

    /// How long a call may take.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes spans in another way.
    pub fn spans(mut self, spans: Spans) -> Self {
        self.spans = spans;
        self
    }

    /// Tells of traces in other headers.
    pub fn propagation(mut self, propagation: Propagation) -> Self {
        self.propagation = propagation;
        self
    }

    pub(crate) const fn propagated(&self) -> &Propagation {
        &self.propagation
    }

    /// Around a remote method, whose errors become those of the service.
    pub(crate) fn around<C, T>(
        &self,
        system: &str,
        operation: Operation,
        client: C,
    ) -> Method<C::Request, T>
    where
        C: Endpoint<Response = Answer<T>, Error: Failure> + 'static,
        C::Request: 'static,
        T: Send + 'static,
    {
        let breaker = Breaker::builder(ConsecutiveFailures::default())
            .name(operation.method())
            .classify(ByKind::new().failure(ErrorKind::OutOfRange));
        let layers = (
            ForOperation::new(operation),
            self.spans.clone().system(system),
            breaker.build(),
            Timeout::new(self.timeout),
        );
        layers.layer(remote(client)).boxed()
    }
}

impl Default for Calling {
    fn default() -> Self {
        Self::new()
    }
}
