//! The handle that a program wires into its servers and clients.

use std::convert::Infallible;

use oxkit_core::{Context, SpanContext, TraceFlags};
use oxkit_tracing::{B3, Extracted, Jaeger, Propagation, Propagator, W3c};
use static_assertions::assert_impl_all;

use super::{Headers, SPAN, TRACE, headers, injected, span};

assert_impl_all!(Propagation: Send, Sync, Clone, std::fmt::Debug);

fn sent(propagation: &Propagation, cx: &Context) -> Headers {
    let mut headers = Headers::new();
    propagation.inject(cx, &mut headers);
    headers
}

#[test]
fn of_several_forms_the_first_that_says_something_is_read_and_all_are_written() {
    let forms = (W3c::new(), B3::multi(), Jaeger::new());
    let jaeger = format!("{TRACE}:{SPAN}:0:1");
    let found = forms.extract(&headers([("b3", "junk"), ("uber-trace-id", &jaeger)]));
    assert!(matches!(found, Ok(Extracted::Span(_))), "junk in one form hides no other: {found:?}");

    let mut names: Vec<_> = injected(&forms, &span(TraceFlags::SAMPLED)).into_keys().collect();
    names.sort();
    let all = ["traceparent", "uber-trace-id", "x-b3-sampled", "x-b3-spanid", "x-b3-traceid"];
    assert_eq!(names, all);

    let chosen: Vec<Box<dyn Propagator>> = vec![Box::new(W3c::new()), Box::new(Jaeger::new())];
    assert_eq!(injected(&chosen, &span(TraceFlags::SAMPLED)).len(), 2);
}

#[test]
fn what_could_not_be_understood_is_counted_once_a_request_by_all_clones() {
    let propagation = Propagation::new((W3c::new(), B3::single()));
    let junk = headers([("traceparent", "junk"), ("b3", "junk")]);
    let mut cx = Context::new();
    let error = propagation.clone().extract(&mut cx, &junk).unwrap_err();
    assert_eq!(error.to_string(), "cannot make sense of the header traceparent");
    assert!(cx.get::<SpanContext>().is_none());
    assert_eq!(propagation.extract(&mut cx, &Headers::new()), Ok(()));
    assert_eq!(propagation.invalid(), 1);
}

#[test]
fn where_no_span_is_made_the_callers_is_passed_on_as_it_is() {
    let propagation = Propagation::new(W3c::new());
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let received = headers([("traceparent", &parent), ("tracestate", "a=1")]);
    let mut cx = Context::new();
    propagation.extract(&mut cx, &received).unwrap();
    assert_eq!(sent(&propagation, &cx), received);
}

#[test]
fn a_call_that_is_not_sampled_says_so_with_or_without_a_trace() {
    let propagation = Propagation::new(W3c::new());
    let cx = Context::new().with(span(TraceFlags::SAMPLED)).unsampled();
    assert_eq!(sent(&propagation, &cx)["traceparent"], format!("00-{TRACE}-{SPAN}-00"));

    let anew = |cx: &Context| sent(&propagation, cx).remove("traceparent").unwrap();
    let cx = Context::new().unsampled();
    assert!(anew(&cx).ends_with("-00"));
    assert_ne!(anew(&cx), anew(&cx), "the identifiers are nobody else's");
    assert!(sent(&propagation, &Context::new()).is_empty());
}

#[test]
fn a_decision_without_a_trace_is_passed_on() {
    let propagation = Propagation::new(B3::multi());
    for (state, name) in [("0", "x-b3-sampled"), ("1", "x-b3-sampled"), ("d", "x-b3-flags")] {
        let mut cx = Context::new();
        propagation.extract(&mut cx, &headers([("b3", state)])).unwrap();
        let said = sent(&propagation, &cx).remove(name).unwrap();
        assert_eq!(said, if state == "0" { "0" } else { "1" });
    }
}

#[test]
fn the_hooks_have_the_shape_that_transports_ask_for_and_refuse_nothing() {
    fn before_of_a_server<H>(hook: H) -> H
    where
        H: Fn(&mut Context, &mut Headers) -> Result<(), Infallible> + Send + Sync + 'static,
    {
        hook
    }
    fn before_of_a_client<H>(hook: H) -> H
    where
        H: Fn(&Context, &mut Headers) -> Result<(), Infallible> + Send + Sync + 'static,
    {
        hook
    }

    let propagation = Propagation::new(W3c::new());
    let (extract, inject) =
        (before_of_a_server(propagation.extractor()), before_of_a_client(propagation.injector()));
    let mut cx = Context::new();
    assert_eq!(extract(&mut cx, &mut headers([("traceparent", "junk")])), Ok(()));
    assert_eq!(propagation.invalid(), 1);
    let mut written = Headers::new();
    assert_eq!(inject(&Context::new().unsampled(), &mut written), Ok(()));
    assert_eq!(written.len(), 1);
}

#[cfg(feature = "http")]
#[test]
fn headers_of_http_are_a_carrier_and_a_value_that_is_no_text_is_none() {
    use http::{HeaderMap, HeaderValue, Request};

    let mut map = HeaderMap::new();
    map.append("tracestate", HeaderValue::from_static("a=1"));
    map.append("tracestate", HeaderValue::from_static("b=2"));
    map.insert("traceparent", format!("00-{TRACE}-{SPAN}-01").parse().unwrap());
    let Ok(Extracted::Span(found)) = W3c::new().extract(&map) else { panic!() };
    assert_eq!(found.state().map(|state| &**state), Some("a=1,b=2"));

    let (mut parts, ()) = Request::new(()).into_parts();
    let forms = (W3c::new(), B3::multi());
    forms.inject(&found, &mut parts);
    assert_eq!(parts.headers["x-b3-traceid"], TRACE);
    assert_eq!(parts.headers["tracestate"], "a=1,b=2");
    forms.inject(&span(TraceFlags::DEBUG), &mut parts);
    assert!(!parts.headers.contains_key("tracestate"));

    parts.headers.clear();
    parts.headers.insert("b3", HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(B3::single().extract(&parts), Ok(Extracted::Nothing));
    parts.headers.append("b3", HeaderValue::from_static("0"));
    assert_eq!(B3::single().extract(&parts), Ok(Extracted::Decision(TraceFlags::NOT_SAMPLED)));
}

#[cfg(feature = "http")]
#[test]
fn a_header_is_found_in_any_case_among_few_and_among_many() {
    use http::{HeaderMap, HeaderName, HeaderValue};
    use oxkit_tracing::Carrier;

    for others in [0, 1, 15, 16, 100] {
        let mut map = HeaderMap::new();
        for number in 0..others {
            let name = format!("x-traceparent-{number}");
            map.insert(HeaderName::try_from(name).unwrap(), HeaderValue::from_static("other"));
        }
        map.append("x-trace", HeaderValue::from_static("first"));
        map.append("x-trace", HeaderValue::from_static("second"));
        let mut values = Vec::new();
        map.each("X-Trace", &mut |value| values.push(value.to_owned()));
        assert_eq!(values, ["first", "second"], "among {others}");
    }
}

#[cfg(feature = "http")]
#[test]
fn one_look_finds_a_header_of_any_case_among_others() {
    use http::{HeaderMap, HeaderName, HeaderValue};
    use oxkit_tracing::Carrier;

    let map: HeaderMap = ["host", "content-type", "x-b3-sampled"]
        .into_iter()
        .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("1")))
        .collect();
    let check = |names: &[&str], expected| {
        assert_eq!(map.has_any(names), expected, "{names:?}");
        assert_eq!(names.iter().any(|name| map.contains_key(*name)), expected, "{names:?}");
    };
    check(&[], false);
    check(&["traceparent", "b3", "x-b3-traceid"], false);
    check(&["traceparent", "x-b3-sampled"], true);
    check(&["X-B3-Sampled"], true);
    check(&["hos", "hosts", ""], false);
}
