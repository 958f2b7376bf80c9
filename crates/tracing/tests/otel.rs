//! With OpenTelemetry: what is exported is what travels, and hand-made spans are in the same tree.

#[expect(dead_code, reason = "shared with the other tests of spans, which use more of it")]
mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    task::{Context as Task, Waker},
};

use opentelemetry::trace::{SpanId, SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Sampler as SdkSampler, SdkTracerProvider, SpanData, SpanExporter},
};
use oxkit_core::{Context, Endpoint, Layer, Operation, Reason, Refusal, TraceFlags, endpoint_fn};
use oxkit_tracing::{B3, Otel, Propagation, Spans, W3c};
use static_assertions::assert_impl_all;
use tracing::{Instrument, info_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};

use support::{caller, run};

assert_impl_all!(Otel: Send, Sync, Clone, std::fmt::Debug);

#[derive(Debug, Clone, Default)]
struct Exported(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Exported {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().expect("no test panics while it holds it").extend(batch);
        Ok(())
    }
}

impl Exported {
    fn listen<T>(&self, sampler: SdkSampler, run: impl FnOnce() -> T) -> T {
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_simple_exporter(self.clone())
            .build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::with_default(Registry::default().with(layer), run)
    }

    /// Those that ended, by name.
    fn spans(&self) -> HashMap<String, SpanData> {
        let spans = self.0.lock().expect("no test panics while it holds it");
        spans.iter().map(|span| (span.name.to_string(), span.clone())).collect()
    }
}

const SHOW: Operation = Operation::new("gateway", "Show");
const LIST: Operation = Operation::new("todosvc", "List");

/// Gives back what it would send.
fn remote() -> impl Endpoint<Request = (), Response = HashMap<String, String>, Error = Refusal> {
    let propagation = Propagation::new((W3c::new(), B3::single()));
    endpoint_fn(move |cx: Context, (): ()| {
        let mut headers = HashMap::new();
        propagation.inject(&cx, &mut headers);
        std::future::ready(Ok::<_, Refusal>(headers))
    })
}

fn client() -> Spans {
    Spans::client().for_operation(LIST).identified_by(Otel::new())
}

fn server() -> Spans {
    Spans::server().for_operation(SHOW).identified_by(Otel::new())
}

#[test]
fn a_span_is_exported_under_the_identifiers_that_travel() {
    let exported = Exported::default();
    let endpoint = server().layer(client().layer(remote()));
    let cx = Context::new().with(caller(TraceFlags::SAMPLED));
    let sent = exported.listen(SdkSampler::ParentBased(Box::new(SdkSampler::AlwaysOff)), || {
        run(endpoint.call(cx, ())).unwrap()
    });

    let spans = exported.spans();
    let (show, list) = (&spans["gateway/Show"], &spans["todosvc/List"]);
    assert_eq!((&show.span_kind, &list.span_kind), (&SpanKind::Server, &SpanKind::Client));
    assert_eq!(show.parent_span_id.to_string(), "00f067aa0ba902b7");
    assert!(show.parent_span_is_remote && !list.parent_span_is_remote);
    assert_eq!(list.parent_span_id, show.span_context.span_id());
    for span in [show, list] {
        assert_eq!(span.span_context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.span_context.trace_state().header(), "a=1");
        assert_eq!(span.status, Status::Unset);
    }
    let expected =
        format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", list.span_context.span_id());
    assert_eq!((&*sent["traceparent"], &*sent["tracestate"]), (&*expected, "a=1"));
    let attribute = |span: &SpanData, key: &str| {
        let found = span.attributes.iter().find(|pair| pair.key.as_str() == key);
        found.map(|pair| pair.value.to_string())
    };
    assert_eq!(attribute(show, "rpc.method").as_deref(), Some("gateway/Show"));
    assert_eq!(attribute(show, "rpc.response.status_code").as_deref(), Some("OK"));
    assert_eq!(attribute(show, "span_id"), Some(show.span_context.span_id().to_string()));
}

#[test]
fn spans_made_by_hand_are_in_the_same_tree() {
    let list = client().layer(remote());
    let exported = Exported::default();
    let endpoint = server().layer(endpoint_fn(move |cx: Context, (): ()| {
        let call = list.call(cx, ());
        // The call begins outside of the span by hand and is polled inside of it, and the other
        // way round below: its parent is the span that it begins in.
        let outside = info_span!("outside");
        let answer = run(call.instrument(outside));
        std::future::ready(answer.map(drop))
    }));
    exported.listen(SdkSampler::AlwaysOn, || run(endpoint.call(Context::new(), ()))).unwrap();
    let spans = exported.spans();
    let show = spans["gateway/Show"].span_context.span_id();
    assert_eq!(spans["todosvc/List"].parent_span_id, show);
    assert_eq!(spans["outside"].parent_span_id, show);

    let list = client().layer(remote());
    let exported = Exported::default();
    let endpoint = server().layer(endpoint_fn(move |cx: Context, (): ()| {
        let answer = info_span!("by hand").in_scope(|| run(list.call(cx, ())));
        std::future::ready(answer.map(drop))
    }));
    exported.listen(SdkSampler::AlwaysOn, || run(endpoint.call(Context::new(), ()))).unwrap();
    let spans = exported.spans();
    let by_hand = &spans["by hand"];
    assert_eq!(spans["todosvc/List"].parent_span_id, by_hand.span_context.span_id());
    assert_eq!(by_hand.parent_span_id, spans["gateway/Show"].span_context.span_id());
}

#[test]
fn a_call_out_of_a_span_by_hand_belongs_to_its_trace_and_one_with_a_context_to_the_contexts() {
    let list = client().layer(remote());
    let exported = Exported::default();
    exported.listen(SdkSampler::AlwaysOn, || {
        info_span!("job").in_scope(|| run(list.call(Context::new(), ()))).unwrap();
    });
    let spans = exported.spans();
    let job = &spans["job"].span_context;
    let list_span = &spans["todosvc/List"];
    assert_eq!(list_span.parent_span_id, job.span_id());
    assert_eq!(list_span.span_context.trace_id(), job.trace_id());

    let exported = Exported::default();
    exported.listen(SdkSampler::AlwaysOn, || {
        let cx = Context::new().with(caller(TraceFlags::SAMPLED));
        info_span!("pool").in_scope(|| run(list.call(cx, ()))).unwrap();
    });
    let spans = exported.spans();
    assert_eq!(spans["todosvc/List"].parent_span_id.to_string(), "00f067aa0ba902b7");
    assert_eq!(spans["pool"].parent_span_id, SpanId::INVALID);
}

#[test]
fn what_the_sdk_does_not_sample_goes_out_as_not_sampled() {
    let exported = Exported::default();
    let endpoint = server().layer(client().layer(remote()));
    let sent =
        exported.listen(SdkSampler::AlwaysOff, || run(endpoint.call(Context::new(), ()))).unwrap();
    assert!(exported.spans().is_empty());
    assert!(sent["traceparent"].ends_with("-00"), "{sent:?}");
}

#[test]
fn spans_made_by_hand_in_a_call_that_is_not_sampled_are_not_recorded_polled_or_dropped() {
    struct Last;

    impl Drop for Last {
        fn drop(&mut self) {
            info_span!("dropped").in_scope(|| ());
        }
    }

    let endpoint = server().layer(client().layer(endpoint_fn(async |_: Context, (): ()| {
        let _last = Last;
        info_span!("by hand").in_scope(|| ());
        std::future::pending::<Result<(), Refusal>>().await
    })));
    let exported = Exported::default();
    exported.listen(SdkSampler::ParentBased(Box::new(SdkSampler::AlwaysOn)), || {
        let cx = Context::new().with(caller(TraceFlags::NOT_SAMPLED));
        let mut call = Box::pin(endpoint.call(cx, ()));
        for _ in 0..2 {
            assert!(call.as_mut().poll(&mut Task::from_waker(Waker::noop())).is_pending());
            info_span!("between").in_scope(|| ());
        }
        drop(call);
        info_span!("after").in_scope(|| ());
    });
    let mut names: Vec<_> = exported.spans().into_keys().collect();
    names.sort();
    assert_eq!(names, ["after", "between"]);
}

#[test]
fn baggage_is_there_in_a_call_that_is_not_sampled() {
    use opentelemetry::{Context as OtelContext, KeyValue, baggage::BaggageExt};

    let endpoint =
        server().sampled_by(oxkit_tracing::Never).layer(endpoint_fn(async |_: Context, (): ()| {
            let tenant = OtelContext::map_current(|cx| cx.baggage().get("tenant").cloned());
            Ok::<_, Refusal>(tenant.map(|tenant| tenant.to_string()))
        }));
    let tenant = Exported::default().listen(SdkSampler::AlwaysOn, || {
        let _there = OtelContext::new().with_baggage([KeyValue::new("tenant", "acme")]).attach();
        run(endpoint.call(Context::new(), ())).unwrap()
    });
    assert_eq!(tenant.as_deref(), Some("acme"));
}

#[test]
fn what_a_caller_deferred_or_debugs_is_recorded_and_goes_on_as_decided() {
    for (flags, b3) in [(TraceFlags::DEFERRED, "-1"), (TraceFlags::DEBUG, "-d")] {
        let exported = Exported::default();
        let endpoint = server().layer(remote());
        let cx = Context::new().with(caller(flags));
        let parent_based = SdkSampler::ParentBased(Box::new(SdkSampler::AlwaysOn));
        let sent = exported.listen(parent_based, || run(endpoint.call(cx, ()))).unwrap();
        assert_eq!(exported.spans().len(), 1);
        assert!(sent["b3"].ends_with(b3), "{sent:?}");
    }
}

#[test]
fn a_failure_is_the_status_of_the_span_and_a_stranger_is_linked() {
    let fails = endpoint_fn(async |_: Context, (): ()| {
        Err::<(), _>(Refusal::new(Reason::NoInstance).with_source("registry is down"))
    });
    let exported = Exported::default();
    let endpoint = server().public().layer(fails);
    let cx = Context::new().with(caller(TraceFlags::SAMPLED));
    let _ = exported.listen(SdkSampler::AlwaysOn, || run(endpoint.call(cx, ())));
    let show = &exported.spans()["gateway/Show"];
    assert_eq!(show.status, Status::error("no endpoints available: registry is down"));
    assert_eq!(show.parent_span_id, SpanId::INVALID);
    let links: Vec<_> =
        show.links.iter().map(|link| link.span_context.span_id().to_string()).collect();
    assert_eq!(links, ["00f067aa0ba902b7"]);
    assert_ne!(show.span_context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[test]
fn without_a_layer_of_opentelemetry_the_identifiers_are_random() {
    let endpoint = server().layer(remote());
    let sent = tracing::subscriber::with_default(Registry::default(), || {
        let cx = Context::new().with(caller(TraceFlags::SAMPLED));
        run(endpoint.call(cx, ()))
    })
    .unwrap();
    assert!(sent["traceparent"].starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    assert!(!sent["traceparent"].contains("00f067aa0ba902b7"));
}
