//! Which calls have a span, and who is told.

use std::collections::HashMap;

use oxkit_core::{
    Context, Endpoint, Layer, Refusal, SpanContext, TraceFlags, TraceId, endpoint_fn,
};
use oxkit_tracing::{
    Always, B3, Candidate, Never, ParentBased, Propagation, Ratio, Sampler, Spans,
};
use proptest::prelude::*;

use super::{
    answers,
    book::Book,
    run, served,
    support::{CountedNo, caller},
};

/// Gives back the context that it is called with.
fn tell() -> impl Endpoint<Request = (), Response = Context, Error = Refusal> {
    endpoint_fn(async |cx: Context, (): ()| Ok(cx))
}

fn parent(flags: TraceFlags) -> Context {
    served().with(caller(flags))
}

/// How many spans there are, and the context inside.
fn sample(spans: &Spans, cx: Context) -> (usize, Context) {
    let book = Book::default();
    let endpoint = spans.layer(tell());
    let inside = book.listen(|| run(endpoint.call(cx, ()))).expect("it answers");
    (book.spans().len(), inside)
}

#[test]
fn the_decision_of_the_caller_is_honoured_and_one_that_was_deferred_is_made() {
    for (flags, by_never, by_always) in [
        (TraceFlags::SAMPLED, 1, 1),
        (TraceFlags::DEBUG, 1, 1),
        (TraceFlags::NOT_SAMPLED, 0, 0),
        (TraceFlags::DEFERRED, 0, 1),
    ] {
        let never = Spans::server().sampled_by(ParentBased::new(Never));
        assert_eq!(sample(&never, parent(flags)).0, by_never, "{flags:?}");
        assert_eq!(sample(&Spans::server(), parent(flags)).0, by_always, "{flags:?}");
    }
    // One that asks nobody.
    assert_eq!(sample(&Spans::server().sampled_by(Never), parent(TraceFlags::SAMPLED)).0, 0);
    let always = Spans::server().sampled_by(Always);
    let (spans, inside) = sample(&always, parent(TraceFlags::NOT_SAMPLED));
    assert!(spans == 1 && inside.get::<SpanContext>().unwrap().is_sampled());
}

#[test]
fn a_decision_without_a_trace_is_honoured_where_the_trace_begins() {
    let propagation = Propagation::new(B3::single());
    for (b3, spans) in [("0", 0), ("1", 1), ("d", 1)] {
        let mut cx = served();
        let headers = HashMap::from([("b3".to_owned(), b3.to_owned())]);
        propagation.extract(&mut cx, &headers).unwrap();
        let (made, inside) = sample(&Spans::server(), cx.clone());
        assert_eq!(made, spans, "{b3}");
        let debugs = inside.get::<SpanContext>().is_some_and(|span| span.flags().is_debug());
        assert_eq!(debugs, b3 == "d");
        // A stranger's decision is not.
        assert_eq!(sample(&Spans::server().public(), cx).0, 1);
    }
}

#[test]
fn a_no_holds_for_everything_that_is_called_on_the_way() {
    let no = CountedNo::default();
    let inner = Spans::client().layer(tell());
    let outer = Spans::server().sampled_by(no.clone()).layer(inner);
    let book = Book::default();
    let inside = book.listen(|| run(outer.call(served(), ()))).unwrap();
    assert!(inside.is_unsampled());
    assert_eq!((book.spans().len(), no.asked()), (0, 1));

    let mut sent = HashMap::new();
    Propagation::new(B3::single()).inject(&inside, &mut sent);
    assert!(sent["b3"].ends_with("-0"), "the callee must not decide anew: {sent:?}");
}

#[test]
fn a_sampler_can_decide_by_the_operation() {
    struct NoAdd;

    impl Sampler for NoAdd {
        fn samples(&self, call: &Candidate<'_>) -> bool {
            call.operation().is_none_or(|operation| operation.method() != "Add")
        }
    }

    let boxed: Box<dyn Sampler> = Box::new(NoAdd);
    let endpoint = Spans::server().sampled_by(boxed).layer(answers(Ok("done")));
    let book = Book::default();
    book.listen(|| run(endpoint.call(served(), ()))).unwrap();
    book.listen(|| run(endpoint.call(Context::new(), ()))).unwrap();
    assert_eq!(book.spans().len(), 1);
}

fn samples(ratio: f64, low: u64) -> bool {
    let id = TraceId::from_bytes((1_u128 << 64 | u128::from(low)).to_be_bytes()).expect("not zero");
    Ratio::new(ratio).expect("a ratio").samples(&Candidate::new(None, id, None))
}

#[test]
fn a_ratio_decides_at_the_very_identifier_where_the_sdks_do() {
    for (ratio, first_no) in [(0.5, 1_u64 << 63), (0.25, 1 << 62), (0.0, 0)] {
        assert!(!samples(ratio, first_no), "{ratio}");
        assert!(first_no == 0 || samples(ratio, first_no - 1), "{ratio}");
    }
    assert!(samples(1.0, u64::MAX));
    for wrong in [-0.1, 1.1, 10.0, f64::NAN, f64::INFINITY] {
        assert!(Ratio::new(wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn what_is_recorded_at_one_ratio_is_at_every_higher_one(
        a in 0.0..=1.0_f64, b in 0.0..=1.0_f64, low: u64
    ) {
        let (less, more) = if a < b { (a, b) } else { (b, a) };
        prop_assert!(!samples(less, low) || samples(more, low));
    }
}
