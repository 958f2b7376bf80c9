//! Both styles of error with the real breaker and the real limit, on the service's side and on the
//! client's.

use std::sync::Arc;

use addsvc::{AddError, AddService, Basic, Calling, Endpoints, Limits, Serving, transport};
use oxkit_core::{Context, Failure, Reason};
use oxkit_log::{Discard, Logger};
use oxkit_metrics::Registry;
use oxkit_tracing::{Propagation, W3c};
use oxkit_transport_grpc::Router;

/// As many failures in a row as open a breaker.
const ROW: usize = 6;

fn serving(limits: Limits) -> (Serving, Registry) {
    let registry = Registry::new();
    let serving = Serving::new(Logger::new(Discard), &registry).expect("no name is taken");
    (serving.limits(limits), registry)
}

fn served(limits: Limits) -> (Endpoints, Registry) {
    let (serving, registry) = serving(limits);
    (serving.endpoints(&Arc::new(Basic)).expect("no name is taken"), registry)
}

/// The state of the breaker around `Sum`, as its metric shows it.
fn state(registry: &Registry) -> Option<f64> {
    registry.snapshot().number("circuitbreaker_state", &[("name", "Sum")])
}

async fn sum(service: &impl AddService, a: i64, b: i64) -> Result<i64, AddError> {
    service.sum(Context::new(), a, b).await
}

fn refused(answer: Result<i64, AddError>) -> Option<Reason> {
    match answer {
        Err(AddError::Refused(refusal)) => Some(refusal.reason()),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn overflows_open_the_breaker() {
    let (service, registry) = served(Limits::NONE);
    for _ in 0..ROW {
        assert_eq!(state(&registry), Some(0.0));
        assert!(matches!(sum(&service, i64::MAX, 1).await, Err(AddError::IntOverflow)));
    }
    assert_eq!(state(&registry), Some(2.0), "it is open");
    let error = sum(&service, 1, 2).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(60)));
    assert_eq!(refused(Err(error)), Some(Reason::CircuitOpen));
    // Each method has a breaker of its own.
    assert!(service.concat(Context::new(), "a".into(), "b".into()).await.is_ok());
    // After its time one call is let through, and closes it.
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    assert_eq!(sum(&service, 1, 2).await.unwrap(), 3);
    assert_eq!(state(&registry), Some(0.0));
}

#[tokio::test]
async fn two_zeroes_do_not_open_the_breaker_and_end_a_row_of_overflows() {
    let (service, registry) = served(Limits::NONE);
    for _ in 0..ROW * 10 {
        assert!(matches!(sum(&service, 0, 0).await, Err(AddError::TwoZeroes)));
    }
    for _ in 0..ROW {
        for _ in 1..ROW {
            sum(&service, i64::MAX, 1).await.unwrap_err();
        }
        sum(&service, 0, 0).await.unwrap_err();
    }
    assert_eq!(state(&registry), Some(0.0));
    assert_eq!(sum(&service, 1, 2).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn calls_that_the_limit_refuses_do_not_open_the_breaker() {
    let (service, registry) = served(Limits::default());
    assert_eq!(sum(&service, 1, 2).await.unwrap(), 3);
    for _ in 0..ROW * 10 {
        assert_eq!(refused(sum(&service, 1, 2).await), Some(Reason::RateLimited));
    }
    assert_eq!(state(&registry), Some(0.0));
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert_eq!(sum(&service, 1, 2).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_default_limits_are_go_kits() {
    let (service, _) = served(Limits::default());
    let concat = async || service.concat(Context::new(), "a".into(), "b".into()).await;
    for _ in 0..100 {
        assert!(concat().await.is_ok());
    }
    let error = concat().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(1)));
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_refused_and_counts() {
    struct Stuck;

    impl AddService for Stuck {
        async fn sum(&self, _cx: Context, _a: i64, _b: i64) -> Result<i64, AddError> {
            std::future::pending().await
        }

        async fn concat(&self, _cx: Context, a: String, _b: String) -> Result<String, AddError> {
            panic!("{a} is too much");
        }
    }

    let (serving, registry) = serving(Limits::NONE);
    let serving = serving.timeout(std::time::Duration::from_millis(1));
    let service = serving.endpoints(&Arc::new(Stuck)).unwrap();
    for _ in 0..ROW {
        assert_eq!(refused(sum(&service, 1, 2).await), Some(Reason::Deadline));
    }
    assert_eq!(state(&registry), Some(2.0));
    // A panic stays inside.
    let answer = service.concat(Context::new(), "a".into(), "b".into()).await;
    assert!(
        matches!(answer, Err(AddError::Refused(refusal)) if refusal.reason() == Reason::Panicked)
    );
}

/// A client over gRPC to the same service without anything around it, within the process.
fn client() -> Endpoints {
    let endpoints = Endpoints::bare(&Arc::new(Basic));
    let (serving, _) = serving(Limits::NONE);
    let stream = addsvc::streaming::sum_stream(&serving, &Arc::new(Basic));
    let router: Router = transport::grpc::router(&endpoints, stream, &Propagation::new(W3c::new()));
    transport::grpc::client(router, &Calling::new())
}

#[tokio::test]
async fn a_clients_breaker_counts_what_the_services_own_would() {
    let service = client();
    for _ in 0..ROW * 10 {
        assert!(matches!(sum(&service, 0, 0).await, Err(AddError::TwoZeroes)));
    }
    for _ in 0..ROW {
        assert!(matches!(sum(&service, i64::MAX, 1).await, Err(AddError::IntOverflow)));
    }
    assert_eq!(refused(sum(&service, 1, 2).await), Some(Reason::CircuitOpen));
}
