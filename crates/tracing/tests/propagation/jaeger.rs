//! The header of Jaeger's own clients.

use oxkit_core::TraceFlags;
use oxkit_tracing::Jaeger;

use super::{SPAN, TRACE, headers, injected, read, refuse, span};

#[track_caller]
fn check(text: &str, trace: &str, id: &str, flags: TraceFlags) {
    let found = read(&Jaeger::new(), [("uber-trace-id", text)]);
    let ids = (found.trace_id().to_string(), found.span_id().to_string());
    assert_eq!((ids, found.flags()), ((trace.to_owned(), id.to_owned()), flags), "{text}");
}

#[test]
fn zeros_in_front_may_be_missing_and_colons_may_be_encoded() {
    check(&format!("{TRACE}:{SPAN}:0:1"), TRACE, SPAN, TraceFlags::SAMPLED);
    check(&format!("{TRACE}:f067aa0ba902b7:{SPAN}:0"), TRACE, SPAN, TraceFlags::NOT_SAMPLED);
    check(&format!("{TRACE}%3A{SPAN}%3A0%3A01"), TRACE, SPAN, TraceFlags::SAMPLED);
    check("A:b:0:3", &format!("{:032x}", 10), &format!("{:016x}", 11), TraceFlags::DEBUG);
    // Debugging what is not recorded has no meaning, and other bits are not for us.
    check("a:b:0:2", &format!("{:032x}", 10), &format!("{:016x}", 11), TraceFlags::NOT_SAMPLED);
    check("a:b:0:9", &format!("{:032x}", 10), &format!("{:016x}", 11), TraceFlags::SAMPLED);
}

#[test]
fn each_decision_is_written() {
    for (flags, bits) in [
        (TraceFlags::SAMPLED, 1),
        (TraceFlags::NOT_SAMPLED, 0),
        (TraceFlags::DEFERRED, 0),
        (TraceFlags::DEBUG, 3),
    ] {
        let text = format!("{TRACE}:{SPAN}:0:{bits}");
        assert_eq!(injected(&Jaeger::new(), &span(flags)), headers([("uber-trace-id", &text)]));
    }
}

#[test]
fn what_is_no_jaeger_is_refused() {
    let long = format!("0{TRACE}:{SPAN}:0:1");
    for text in [
        "",
        ":::",
        "1:2:3",
        "1:2:3:4:5",
        "0:1:0:1",
        "1:0:0:1",
        "1:2::1",
        "1:2:0:",
        "1:2:0:100",
        "1:2:0:x",
        "1:2:x:1",
        "x:2:0:1",
        "1:x:0:1",
        "1:+2:0:1",
        "1:2:0:+1",
        "\u{e9}:2:0:1",
        &long,
    ] {
        refuse(&Jaeger::new(), [("uber-trace-id", text)], "uber-trace-id");
    }
}
