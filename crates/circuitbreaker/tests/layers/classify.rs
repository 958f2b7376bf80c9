//! Which ends of a call count, and the two styles of error.

use oxkit_circuitbreaker::{Breaker, ByKind, ConsecutiveFailures, State, Verdict};
use oxkit_core::{Context, Endpoint, ErrorKind, Layer, Outcome, Refusal, endpoint_fn};

use testing_contract::{Ask, DomainError, Probe};

/// The state of a breaker of three failures in a row after three of a kind.
async fn after_three(kinds: ByKind, kind: ErrorKind) -> State {
    let breaker = Breaker::builder(ConsecutiveFailures::new(3)).classify(kinds).build();
    let endpoint = breaker.layer(Probe::new());
    for _ in 0..3 {
        let result = endpoint.call(Context::new(), Ask::Fail(kind)).await;
        assert_eq!(result, Err(DomainError::Of(kind)));
    }
    breaker.state()
}

#[tokio::test]
async fn by_default_what_is_broken_opens_it_and_what_says_no_does_not() {
    use ErrorKind::*;
    for kind in ErrorKind::ALL {
        let broken = matches!(kind, Unknown | DeadlineExceeded | Internal | Unavailable | DataLoss);
        let expected = if broken { State::Open } else { State::Closed };
        assert_eq!(after_three(ByKind::new(), kind).await, expected, "{kind}");
    }
}

#[tokio::test]
async fn each_kind_can_be_told_to_count_or_not() {
    for kind in ErrorKind::ALL {
        assert_eq!(after_three(ByKind::new().failure(kind), kind).await, State::Open);
        assert_eq!(after_three(ByKind::new().success(kind), kind).await, State::Closed);
        assert_eq!(after_three(ByKind::new().ignored(kind), kind).await, State::Closed);
    }
}

#[tokio::test]
async fn an_answer_that_says_no_ends_a_row_and_a_limit_does_not() {
    for (kind, expected) in
        [(ErrorKind::NotFound, State::Closed), (ErrorKind::ResourceExhausted, State::Open)]
    {
        let breaker = Breaker::new(ConsecutiveFailures::new(2));
        let endpoint = breaker.layer(Probe::new());
        for kind in [ErrorKind::Unavailable, kind, ErrorKind::Unavailable] {
            endpoint.call(Context::new(), Ask::Fail(kind)).await.unwrap_err();
        }
        assert_eq!(breaker.state(), expected, "{kind}");
    }
}

/// Style one: the response carries the error.
fn style_one()
-> impl Endpoint<Request = ErrorKind, Response = Result<u32, DomainError>, Error = Refusal> {
    endpoint_fn(async |_cx, kind: ErrorKind| {
        Ok::<Result<u32, _>, Refusal>(Err(DomainError::Of(kind)))
    })
}

/// Style two: the endpoint fails.
fn style_two() -> impl Endpoint<Request = ErrorKind, Response = u32, Error = DomainError> {
    endpoint_fn(async |_cx, kind: ErrorKind| Err::<u32, _>(DomainError::Of(kind)))
}

#[tokio::test]
async fn style_one_leaves_it_closed_and_style_two_opens_it() {
    let one = Breaker::new(ConsecutiveFailures::default());
    let endpoint = one.layer(style_one());
    for _ in 0..100 {
        endpoint.call(Context::new(), ErrorKind::Internal).await.unwrap().unwrap_err();
    }
    assert_eq!(one.state(), State::Closed);

    let two = Breaker::new(ConsecutiveFailures::default());
    let endpoint = two.layer(style_two());
    for _ in 0..6 {
        endpoint.call(Context::new(), ErrorKind::Internal).await.unwrap_err();
    }
    assert_eq!(two.state(), State::Open);
}

#[tokio::test]
async fn business_errors_count_by_their_kind_when_asked() {
    for (kind, expected) in
        [(ErrorKind::Internal, State::Open), (ErrorKind::NotFound, State::Closed)]
    {
        let breaker = Breaker::builder(ConsecutiveFailures::new(2))
            .classify(ByKind::new().with_business_errors())
            .build();
        let endpoint = breaker.layer(style_one());
        for _ in 0..2 {
            endpoint.call(Context::new(), kind).await.unwrap().unwrap_err();
        }
        assert_eq!(breaker.state(), expected, "{kind}");
    }
}

#[tokio::test]
async fn a_function_can_look_at_the_answer_itself() {
    let breaker = Breaker::builder(ConsecutiveFailures::new(2))
        .classify_with(|outcome: Outcome<'_, u32, DomainError>| match outcome {
            Outcome::Response(0) => Verdict::Failure,
            Outcome::Response(_) => Verdict::Success,
            _ => Verdict::Ignored,
        })
        .build();
    let endpoint = breaker.layer(Probe::new());
    for ask in [Ask::Answer(0), Ask::Fail(ErrorKind::Internal), Ask::Answer(1), Ask::Answer(0)] {
        let _ = endpoint.call(Context::new(), ask).await;
        assert_eq!(breaker.state(), State::Closed);
    }
    endpoint.call(Context::new(), Ask::Answer(0)).await.unwrap();
    assert_eq!(breaker.state(), State::Open);
}
