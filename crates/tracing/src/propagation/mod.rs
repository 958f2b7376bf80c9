//! From service to service: what is read from the headers of a request, and written into them.

mod b3;
mod jaeger;
mod propagator;
mod text;
mod trace_state;
mod w3c;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use oxkit_core::{Context, SpanContext};

use crate::{Carrier, decided::Decided, random};
pub use b3::B3;
pub use jaeger::Jaeger;
pub use propagator::{Extracted, InvalidHeader, Propagator};
use text::{Buffer, padded_id};
pub use w3c::W3c;

/// Carries traces across the wire: out of what a request came with and into the [`Context`], out of
/// the context and into what a request goes with.
///
/// One for a program. A clone shares the count of what could not be understood.
///
/// # Wiring, in one line a side
///
/// ```text
/// let server = Server::json(endpoint).before(propagation.extractor());
/// let client = Client::json(...).before(propagation.injector());
/// ```
///
/// The hooks of `oxkit-transport-http`, of its JSON-RPC as well, and any of such a shape take
/// them: the types are inferred. A transport of another kind has [`extract`](Self::extract) and
/// [`inject`](Self::inject) called where its hooks are: `oxkit-transport-grpc`, whose metadata are
/// headers of HTTP, with the feature `http`:
///
/// ```text
/// let method = Method::unary(...).before(move |cx, metadata| {
///     let _ = propagation.extract(cx, metadata.headers());
///     Ok(())
/// });
/// let client = Client::unary(...).before(move |cx, metadata| {
///     propagation.inject(cx, metadata.headers_mut());
///     Ok(())
/// });
/// ```
///
/// ```
/// use std::collections::HashMap;
/// use oxkit_core::{Context, SpanContext};
/// use oxkit_tracing::{B3, Propagation, W3c};
///
/// let propagation = Propagation::new((W3c::new(), B3::single()));
///
/// let b3 = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1";
/// let received = HashMap::from([("b3".to_owned(), b3.to_owned())]);
/// let mut cx = Context::new();
/// propagation.extract(&mut cx, &received)?;
/// assert!(cx.get::<SpanContext>().is_some_and(SpanContext::is_remote));
///
/// let mut sent = HashMap::new();
/// propagation.inject(&cx, &mut sent);
/// assert_eq!(sent["b3"], b3);
/// assert_eq!(
///     sent["traceparent"],
///     "00-80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-01"
/// );
/// # Ok::<_, oxkit_tracing::InvalidHeader>(())
/// ```
#[derive(Clone)]
pub struct Propagation {
    shared: Arc<Shared>,
}

struct Shared {
    propagator: Box<dyn Propagator>,
    /// Without any of them there is nothing to read.
    looks_for: Option<Vec<&'static str>>,
    invalid: AtomicU64,
}

impl Propagation {
    /// Propagates in the form of `propagator`, or in several forms: [see there](Propagator).
    #[must_use]
    pub fn new(propagator: impl Propagator + 'static) -> Self {
        let shared = Shared {
            looks_for: propagator.looks_for(),
            propagator: Box::new(propagator),
            invalid: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Puts what the caller says about its trace into `cx`, for the [`Spans`](crate::Spans) of the
    /// endpoint and for whatever logs.
    ///
    /// Allocates nothing if the caller says nothing.
    ///
    /// # Errors
    ///
    /// What the caller says could not be understood. It is [counted](Self::invalid), the context is
    /// as it was, and the request should be served all the same.
    pub fn extract(&self, cx: &mut Context, carrier: &dyn Carrier) -> Result<(), InvalidHeader> {
        if self.shared.looks_for.as_ref().is_some_and(|names| !carrier.has_any(names)) {
            return Ok(());
        }
        match self.shared.propagator.extract(carrier) {
            Ok(Extracted::Nothing) => {}
            Ok(Extracted::Decision(flags)) => cx.insert(Decided(flags)),
            Ok(Extracted::Span(span)) => cx.insert(span),
            Err(invalid) => {
                self.shared.invalid.fetch_add(1, Relaxed);
                return Err(invalid);
            }
        }
        Ok(())
    }

    /// Tells the callee of a request which span of `cx` it is called from, and whether the trace is
    /// recorded.
    ///
    /// Where `cx` has no span and its call is known not to be [sampled](Context::is_unsampled), the
    /// callee is told that, under identifiers that nothing else has: otherwise it would decide anew.
    /// Where nothing is known, nothing is written.
    pub fn inject(&self, cx: &Context, carrier: &mut dyn Carrier) {
        let propagator = &self.shared.propagator;
        match (cx.get::<SpanContext>(), cx.is_unsampled()) {
            (Some(span), true) if span.is_sampled() || span.flags().is_deferred() => {
                let flags = span.flags().with_sampled(false);
                propagator.inject(&span.clone().with_flags(flags), carrier);
            }
            (Some(span), _) => propagator.inject(span, carrier),
            (None, unsampled) => {
                if let Some(flags) = Decided::of(cx, unsampled) {
                    let span = SpanContext::new(random::trace_id(), random::span_id(), flags);
                    propagator.inject(&span, carrier);
                }
            }
        }
    }

    /// [`extract`](Self::extract) as a hook that a server runs before it decodes a request. It
    /// refuses nothing: what cannot be understood is counted.
    ///
    /// ```
    /// use std::{collections::HashMap, convert::Infallible};
    /// use oxkit_core::{Context, SpanContext};
    /// use oxkit_tracing::{Propagation, W3c};
    ///
    /// let propagation = Propagation::new(W3c::new());
    /// let before = propagation.extractor::<HashMap<String, String>, Infallible>();
    ///
    /// let mut headers = HashMap::from([("traceparent".to_owned(), "nonsense".to_owned())]);
    /// let mut cx = Context::new();
    /// before(&mut cx, &mut headers)?;
    /// assert!(cx.get::<SpanContext>().is_none());
    /// assert_eq!(propagation.invalid(), 1);
    /// # Ok::<_, Infallible>(())
    /// ```
    #[must_use = "a hook does nothing until it is given to a server"]
    pub fn extractor<C: Carrier, R>(
        &self,
    ) -> impl Fn(&mut Context, &mut C) -> Result<(), R> + Clone + Send + Sync + use<C, R> {
        let this = self.clone();
        move |cx, carrier| {
            // It is counted, and a request is not refused for a header that it need not have.
            let _ = this.extract(cx, carrier);
            Ok(())
        }
    }

    /// [`inject`](Self::inject) as a hook that a client runs before it sends a request. It refuses
    /// nothing.
    ///
    /// ```
    /// use std::{collections::HashMap, convert::Infallible};
    /// use oxkit_core::Context;
    /// use oxkit_tracing::{Propagation, W3c};
    ///
    /// let before = Propagation::new(W3c::new()).injector::<HashMap<String, String>, Infallible>();
    ///
    /// let mut headers = HashMap::new();
    /// before(&Context::new(), &mut headers)?;
    /// assert!(headers.is_empty());
    /// before(&Context::new().unsampled(), &mut headers)?;
    /// assert!(headers["traceparent"].ends_with("-00"));
    /// # Ok::<_, Infallible>(())
    /// ```
    #[must_use = "a hook does nothing until it is given to a client"]
    pub fn injector<C: Carrier, R>(
        &self,
    ) -> impl Fn(&Context, &mut C) -> Result<(), R> + Clone + Send + Sync + use<C, R> {
        let this = self.clone();
        move |cx, carrier| {
            this.inject(cx, carrier);
            Ok(())
        }
    }

    /// How many requests came with a header for tracing that could not be understood.
    #[must_use]
    pub fn invalid(&self) -> u64 {
        self.shared.invalid.load(Relaxed)
    }
}

impl fmt::Debug for Propagation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Propagation").field("invalid", &self.invalid()).finish_non_exhaustive()
    }
}
