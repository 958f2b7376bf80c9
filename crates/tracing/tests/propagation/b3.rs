//! B3: the examples of its specification, and what is not one.

use oxkit_core::TraceFlags;
use oxkit_tracing::{B3, Extracted, Propagator};

use super::{SPAN, TRACE, headers, injected, read, refuse, span};

const B3_TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
const B3_SPAN: &str = "e457b5a2e4d86bd1";
const B3_PARENT: &str = "05e3ac9a4f6e3b90";

#[track_caller]
fn single(text: &str, flags: TraceFlags) {
    let found = read(&B3::single(), [("b3", text)]);
    assert_eq!(found.trace_id().to_string(), B3_TRACE, "{text}");
    assert_eq!(found.span_id().to_string(), B3_SPAN, "{text}");
    assert_eq!(found.flags(), flags, "{text}");
    assert!(found.is_remote());
}

#[test]
fn the_single_header_has_four_forms() {
    single(&format!("{B3_TRACE}-{B3_SPAN}-1-{B3_PARENT}"), TraceFlags::SAMPLED);
    single(&format!("{B3_TRACE}-{B3_SPAN}-0-{B3_PARENT}"), TraceFlags::NOT_SAMPLED);
    single(&format!("{B3_TRACE}-{B3_SPAN}-d"), TraceFlags::DEBUG);
    single(&format!("{B3_TRACE}-{B3_SPAN}"), TraceFlags::DEFERRED);
    single(&format!("{}-{B3_SPAN}-1", B3_TRACE.to_uppercase()), TraceFlags::SAMPLED);
    for (text, flags) in
        [("0", TraceFlags::NOT_SAMPLED), ("1", TraceFlags::SAMPLED), ("d", TraceFlags::DEBUG)]
    {
        let found = B3::multi().extract(&headers([("b3", text)]));
        assert_eq!(found, Ok(Extracted::Decision(flags)), "{text}");
    }
}

#[test]
fn a_trace_of_64_bits_is_read_and_written_with_zeros_in_front() {
    let found = read(&B3::single(), [("b3", "64fe8b2a57d3eff7-e457b5a2e4d86bd1-1")]);
    assert_eq!(
        injected(&B3::single(), &found)["b3"],
        "000000000000000064fe8b2a57d3eff7-e457b5a2e4d86bd1-1"
    );
}

#[test]
fn the_several_headers_say_the_same() {
    for (name, value, flags) in [
        ("x-b3-sampled", "1", TraceFlags::SAMPLED),
        ("x-b3-sampled", "true", TraceFlags::SAMPLED),
        ("x-b3-sampled", "0", TraceFlags::NOT_SAMPLED),
        ("x-b3-sampled", "false", TraceFlags::NOT_SAMPLED),
        ("x-b3-flags", "1", TraceFlags::DEBUG),
        ("x-b3-flags", "0", TraceFlags::DEFERRED),
    ] {
        let found = read(
            &B3::single(),
            [
                ("x-b3-traceid", B3_TRACE),
                ("x-b3-parentspanid", B3_PARENT),
                ("x-b3-spanid", B3_SPAN),
                (name, value),
            ],
        );
        assert_eq!(
            (found.trace_id().to_string(), found.flags()),
            (B3_TRACE.into(), flags),
            "{name}"
        );
    }
    let found = B3::single().extract(&headers([("x-b3-sampled", "0")]));
    assert_eq!(found, Ok(Extracted::Decision(TraceFlags::NOT_SAMPLED)));
}

#[test]
fn the_single_header_counts_where_there_are_both_unless_it_is_garbled() {
    let multi = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "1")];
    let both = format!("{B3_TRACE}-{B3_SPAN}-0");
    let found = read(&B3::single(), [("b3", &both), multi[0], multi[1], multi[2]]);
    assert_eq!(found.trace_id().to_string(), B3_TRACE);
    let found = read(&B3::single(), [("b3", "garbled"), multi[0], multi[1], multi[2]]);
    assert_eq!(found.trace_id().to_string(), TRACE);
}

#[test]
fn each_decision_is_written_in_either_form() {
    let trace = ("x-b3-traceid", TRACE);
    let id = ("x-b3-spanid", SPAN);
    for (flags, state, more) in [
        (TraceFlags::SAMPLED, "-1", ("x-b3-sampled", "1")),
        (TraceFlags::NOT_SAMPLED, "-0", ("x-b3-sampled", "0")),
        (TraceFlags::DEBUG, "-d", ("x-b3-flags", "1")),
    ] {
        let expected = format!("{TRACE}-{SPAN}{state}");
        assert_eq!(injected(&B3::single(), &span(flags)), headers([("b3", &expected)]));
        assert_eq!(injected(&B3::multi(), &span(flags)), headers([trace, id, more]));
    }
    let deferred = span(TraceFlags::DEFERRED);
    assert_eq!(injected(&B3::single(), &deferred)["b3"], format!("{TRACE}-{SPAN}"));
    assert_eq!(injected(&B3::multi(), &deferred), headers([trace, id]));
}

#[test]
fn what_was_said_before_does_not_stay_in_the_headers() {
    let mut sent = headers([("x-b3-flags", "1"), ("x-b3-parentspanid", B3_PARENT)]);
    B3::multi().inject(&span(TraceFlags::NOT_SAMPLED), &mut sent);
    assert_eq!(
        sent,
        headers([("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "0")])
    );
}

#[test]
fn what_is_no_b3_is_refused() {
    for text in [
        "",
        "-",
        "2",
        "D",
        "01",
        "80f198ee56343ba864fe8b2a57d3eff7",
        "80f198ee56343ba864fe8b2a57d3eff7-",
        "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-",
        "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-2",
        "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-",
        "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3",
        "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90-1",
        "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd-1",
        "80f198ee56343ba864fe8b2a57d3eff-e457b5a2e4d86bd1-1",
        "00000000000000000000000000000000-e457b5a2e4d86bd1-1",
        "80f198ee56343ba864fe8b2a57d3eff7-0000000000000000-1",
        "80f198ee56343ba864fe8b2a57d3efg7-e457b5a2e4d86bd1-1",
    ] {
        refuse(&B3::multi(), [("b3", text)], "b3");
    }
    refuse(&B3::multi(), [("x-b3-traceid", TRACE)], "x-b3-spanid");
    refuse(&B3::multi(), [("x-b3-traceid", "1"), ("x-b3-spanid", SPAN)], "x-b3-traceid");
    refuse(&B3::multi(), [("x-b3-sampled", "yes")], "x-b3-sampled");
    refuse(&B3::multi(), [("x-b3-flags", "2")], "x-b3-flags");
}
