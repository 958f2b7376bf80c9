//! The identifiers: of whom a span is the child, and who can read it.

use std::collections::HashMap;

use oxkit_core::{Context, Endpoint, Layer, Refusal, SpanContext, TraceFlags, endpoint_fn};
use oxkit_tracing::{Identify, NewSpan, Propagation, Spans, W3c};
use tracing::Span;

use super::{book::Book, run, served, support::caller};

/// Gives back the span that it is called in.
fn tell() -> impl Endpoint<Request = (), Response = Option<SpanContext>, Error = Refusal> {
    endpoint_fn(async |cx: Context, (): ()| Ok(cx.get::<SpanContext>().cloned()))
}

fn told(spans: &Spans, cx: Context) -> Option<SpanContext> {
    let endpoint = spans.layer(tell());
    Book::default().listen(|| run(endpoint.call(cx, ()))).expect("it answers")
}

#[test]
fn a_child_is_in_its_parents_trace_and_passes_on_what_was_said_of_it() {
    let parent = caller(TraceFlags::DEBUG);
    let child = told(&Spans::server(), served().with(parent.clone())).unwrap();
    assert_eq!(child.trace_id(), parent.trace_id());
    assert_ne!(child.span_id(), parent.span_id());
    assert_eq!((child.flags(), child.state()), (parent.flags(), parent.state()));
    assert!(!child.is_remote());
}

#[test]
fn a_root_begins_a_trace_that_is_sampled() {
    let [a, b] = [(); 2].map(|()| told(&Spans::server(), served()).unwrap());
    assert_ne!(a.trace_id(), b.trace_id());
    assert_eq!((a.flags(), a.state()), (TraceFlags::SAMPLED, None));
}

#[test]
fn the_fields_of_a_span_are_the_identifiers_of_its_context() {
    let book = Book::default();
    let endpoint = Spans::server().layer(tell());
    let span = book.listen(|| run(endpoint.call(served(), ()))).unwrap().unwrap();
    let ids = [("trace_id", span.trace_id().to_string()), ("span_id", span.span_id().to_string())];
    book.span().check(&[(ids[0].0, &ids[0].1), (ids[1].0, &ids[1].1)]);

    let book = Book::default();
    let endpoint = Spans::server().without_id_fields().layer(tell());
    book.listen(|| run(endpoint.call(served(), ()))).unwrap();
    assert!(!book.span().has("trace_id") && !book.span().has("span_id"));
}

#[test]
fn a_client_inside_of_a_server_sends_its_own_span() {
    let propagation = Propagation::new(W3c::new());
    let client = Spans::client().layer(endpoint_fn(move |cx: Context, (): ()| {
        let mut headers = HashMap::new();
        propagation.inject(&cx, &mut headers);
        std::future::ready(Ok::<_, Refusal>(headers))
    }));
    let server = Spans::server().layer(client);
    let book = Book::default();
    let cx = served().with(caller(TraceFlags::SAMPLED));
    let headers = book.listen(|| run(server.call(cx, ()))).unwrap();
    let [server, client] = &book.spans()[..] else { panic!() };
    assert_eq!((client.name, client.parent), ("client", Some(0)));
    assert_ne!(server.fields["span_id"], client.fields["span_id"]);
    let sent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", client.fields["span_id"]);
    assert_eq!(headers["traceparent"], sent);
    assert_eq!(headers["tracestate"], "a=1");
}

/// Writes down what it is asked, and leaves the rest to chance.
#[derive(Clone, Default)]
struct Asked(std::sync::Arc<std::sync::Mutex<Vec<(bool, bool)>>>);

impl Identify for Asked {
    fn identify(&self, span: &Span, new: &NewSpan<'_>) -> SpanContext {
        self.0
            .lock()
            .expect("no test panics while it holds it")
            .push((new.parent.is_some(), new.link.is_some()));
        oxkit_tracing::RandomIds.identify(span, new)
    }
}

#[test]
fn a_public_service_begins_its_own_trace_and_links_the_strangers() {
    let asked = Asked::default();
    let spans = Spans::server().public().identified_by(asked.clone());
    // Not even a stranger's decision counts.
    let own = told(&spans, served().with(caller(TraceFlags::NOT_SAMPLED))).unwrap();
    assert_ne!(own.trace_id(), caller(TraceFlags::SAMPLED).trace_id());
    assert_eq!((own.flags(), own.state()), (TraceFlags::SAMPLED, None));
    // A span of this process is no stranger.
    let inside = told(&spans, served().with(own.clone())).unwrap();
    assert_eq!(inside.trace_id(), own.trace_id());
    assert_eq!(*asked.0.lock().unwrap(), [(false, true), (true, false)]);
}
