//! W3C Trace Context: the examples of the recommendation, and the cases of its test suite.

use oxkit_core::TraceFlags;
use oxkit_tracing::{Extracted, Propagator, W3c};

use super::{SPAN, TRACE, headers, injected, read, refuse, span};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn the_example_of_the_recommendation_reads_and_writes_back() {
    let found = read(
        &W3c::new(),
        [("traceparent", PARENT), ("tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")],
    );
    assert_eq!(
        (found.trace_id().to_string(), found.span_id().to_string()),
        (TRACE.into(), SPAN.into())
    );
    assert!(found.is_sampled() && found.is_remote());
    assert_eq!(
        injected(&W3c::new(), &found),
        headers([
            ("traceparent", PARENT),
            ("tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ])
    );
}

#[test]
fn every_flag_that_means_something_is_kept_and_no_other() {
    for (sent, kept) in [("00", 0), ("01", 1), ("02", 2), ("03", 3), ("ff", 3), ("fc", 0)] {
        let parent = format!("00-{TRACE}-{SPAN}-{sent}");
        let found = read(&W3c::new(), [("traceparent", &parent)]);
        assert_eq!(found.flags(), TraceFlags::from_w3c(kept), "{sent}");
    }
}

#[test]
fn a_higher_version_is_read_as_far_as_this_one_goes_and_written_as_this_one() {
    for parent in [
        format!("cc-{TRACE}-{SPAN}-01"),
        format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like"),
        format!("01-{TRACE}-{SPAN}-01-"),
    ] {
        let found = read(&W3c::new(), [("traceparent", &parent)]);
        assert_eq!(injected(&W3c::new(), &found)["traceparent"], PARENT, "{parent}");
    }
}

#[test]
fn what_is_no_parent_is_refused() {
    for parent in [
        "",
        "00",
        "00-",
        // No version, a version that is not one, the one that is forbidden.
        "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ".0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        // More than this version has, and what is too much for any.
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
        // Upper case, other characters, too short, too long, all zero.
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47.6-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47367-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-.0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7 01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b-701",
        "00-4bf92f3577b34da6a3ce929d0e0e4736--00f067aa0ba902b7-1",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b\u{e9}-01",
    ] {
        refuse(&W3c::new(), [("traceparent", parent)], "traceparent");
    }
}

#[test]
fn space_around_a_value_belongs_to_http() {
    let parent = format!(" \t{PARENT}\t ");
    assert!(read(&W3c::new(), [("traceparent", &parent)]).is_sampled());
}

#[test]
fn of_two_parents_neither_is_believed() {
    let twice = vec![
        ("traceparent".to_owned(), PARENT.to_owned()),
        ("Traceparent".to_owned(), PARENT.to_owned()),
    ];
    assert!(W3c::new().extract(&twice).is_err());
}

#[test]
fn without_a_parent_a_state_is_nothing() {
    let found = W3c::new().extract(&headers([("tracestate", "a=1")]));
    assert_eq!(found, Ok(Extracted::Nothing));
}

#[track_caller]
fn state(sent: &str, kept: Option<&str>) {
    let found = read(&W3c::new(), [("traceparent", PARENT), ("tracestate", sent)]);
    assert_eq!(found.state().map(|state| &**state), kept, "{sent:?}");
}

#[test]
fn a_state_that_is_well_formed_is_kept_without_the_space_between_its_members() {
    state("foo=1", Some("foo=1"));
    state("foo=1,bar=2", Some("foo=1,bar=2"));
    state(" foo=1 \t,\t bar=2 ", Some("foo=1,bar=2"));
    state("foo=1,,bar=2,", Some("foo=1,bar=2"));
    state("foo= 1", Some("foo= 1"));
    state("fw529a3039@dt=FfD4,z-_*/@0=~", Some("fw529a3039@dt=FfD4,z-_*/@0=~"));
    state("0tenant@system=x", Some("0tenant@system=x"));
    let longest = format!("{}={}", "k".repeat(256), "v".repeat(255));
    state(&longest, Some(&longest));
    let most = (0..32).map(|n| format!("k{n}=1")).collect::<Vec<_>>().join(",");
    state(&most, Some(&most));
}

#[test]
fn a_state_that_is_not_well_formed_is_dropped_as_a_whole_and_the_parent_counts() {
    for sent in [
        "",
        ",",
        " ",
        "foo",
        "foo=",
        "=1",
        "foo@=1,FOO=1",
        "foo =1",
        "foo.bar=1",
        "foo=1=2",
        "_k=1",
        "foo=1,bar",
        "foo=b\u{e4}r",
        "foo=1\u{1}",
        "foo=1;bar=2,b@r@z",
    ] {
        state(sent, None);
    }
    state(&format!("{}=1", "k".repeat(257)), None);
    state(&format!("k={}", "v".repeat(257)), None);
    state(&(0..33).map(|n| format!("k{n}=1")).collect::<Vec<_>>().join(","), None);
}

#[test]
fn the_states_of_several_headers_are_one_in_their_order() {
    let sent = vec![
        ("traceparent".to_owned(), PARENT.to_owned()),
        ("tracestate".to_owned(), "foo=1,bar=2".to_owned()),
        ("tracestate".to_owned(), String::new()),
        ("tracestate".to_owned(), "baz=3".to_owned()),
    ];
    let Ok(Extracted::Span(found)) = W3c::new().extract(&sent) else { panic!() };
    assert_eq!(found.state().map(|state| &**state), Some("foo=1,bar=2,baz=3"));
}

#[test]
fn a_state_that_is_too_long_loses_long_members_first_and_then_the_last() {
    let long = |key: &str, length: usize| format!("{key}={}", "v".repeat(length - key.len() - 1));
    // 512 characters in all: nothing is lost.
    let fits = [long("a", 200), long("b", 200), long("c", 110)].join(",");
    assert_eq!(fits.len(), 512);
    state(&fits, Some(&fits));
    // One more: the last of the long ones is.
    let more = [long("a", 200), long("b", 200), long("c", 111)].join(",");
    state(&more, Some(&[long("a", 200), long("c", 111)].join(",")));
    // Only short ones: the last are.
    let short: Vec<_> = (0..6).map(|n| long(&format!("k{n}"), 100)).collect();
    state(&short.join(","), Some(&short[..5].join(",")));
    // No member fits, not even alone: 256 characters are allowed on either side of the `=`.
    let whole = format!("{}={}", "k".repeat(256), "v".repeat(256));
    state(&whole, None);
    state(&[whole.clone(), whole.clone()].join(","), None);
    state(&["a=1", &whole].join(","), Some("a=1"));
}

#[test]
fn a_state_of_no_end_is_not_read_to_its_end() {
    let sent = vec![",".repeat(9000); 1000].concat();
    state(&sent, None);
}

#[test]
fn a_state_of_a_call_before_does_not_stay_in_the_headers() {
    let mut sent = headers([("tracestate", "old=1")]);
    W3c::new().inject(&span(TraceFlags::SAMPLED), &mut sent);
    assert_eq!(sent, headers([("traceparent", PARENT)]));
}
