//! Mapping: the types change, nothing else does.

use std::{error::Error, fmt};

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Reason, Refusal};
use oxkit_endpoint::{Timeout, map_error, map_request, map_response, nop, try_map_request};

use testing_contract::{Ask, DomainError, Probe};

/// What a facade shows of what is behind it.
#[derive(Debug, PartialEq)]
struct ApiError(ErrorKind);

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for ApiError {}

impl Failure for ApiError {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.kind())
    }
}

#[tokio::test]
async fn all_three_types_can_change_in_one_chain() {
    let endpoint = (
        map_error(|error: DomainError| ApiError(error.kind())),
        map_response(|n: u32| n.to_string()),
        map_request(|ok: bool| if ok { Ask::Answer(1) } else { Ask::Fail(ErrorKind::NotFound) }),
    )
        .layer(Probe::new());
    let answer = endpoint.call(Context::new(), true).await;
    assert_eq!(answer, Ok("1".to_owned()));
    let error = endpoint.call(Context::new(), false).await;
    assert_eq!(error, Err(ApiError(ErrorKind::NotFound)));
}

#[tokio::test]
async fn a_layer_outside_of_map_error_refuses_with_the_new_error() {
    let endpoint = (
        Timeout::new(std::time::Duration::ZERO),
        map_error(|error: DomainError| ApiError(error.kind())),
    )
        .layer(Probe::new());
    let refused = endpoint.call(Context::new(), Ask::Answer(1)).await;
    assert_eq!(refused, Err(ApiError(ErrorKind::DeadlineExceeded)));
}

#[tokio::test]
async fn a_request_that_cannot_be_turned_does_not_reach_the_endpoint() {
    let probe = Probe::new();
    let by_refusal = try_map_request(|(): ()| Err::<Ask, _>(Refusal::new(Reason::Unauthenticated)))
        .layer(probe.clone());
    let refused = by_refusal.call(Context::new(), ()).await;
    assert_eq!(refused, Err(DomainError::refused(Reason::Unauthenticated)));

    let by_own = try_map_request(|n: u32| match n {
        0 => Err(DomainError::Of(ErrorKind::NotFound)),
        n => Ok(Ask::Answer(n)),
    })
    .layer(probe.clone());
    let refused = by_own.call(Context::new(), 0).await;
    assert_eq!(refused, Err(DomainError::Of(ErrorKind::NotFound)));
    assert_eq!(probe.calls(), 0);
    assert_eq!(by_own.call(Context::new(), 2).await, Ok(2));
}

#[tokio::test]
async fn nop_answers_with_the_default_whatever_it_is_asked() {
    let endpoint = nop::<Ask, Vec<u8>, DomainError>();
    let answer = endpoint.call(Context::new(), Ask::PanicInCall).await;
    assert_eq!(answer, Ok(Vec::new()));
}
