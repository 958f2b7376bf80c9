//! The throttle around an endpoint.

use std::time::Duration;

use oxkit_circuitbreaker::{ByKind, Throttle};
use oxkit_core::{Context, Endpoint, ErrorKind, Layer};
use tokio::time::advance;

use testing_contract::{Ask, Probe};

use crate::calls::refused;

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_accepts_is_never_held_back() {
    let probe = Probe::new();
    let throttle = Throttle::new();
    let endpoint = throttle.layer(probe.clone());
    for n in 0..10_000 {
        // Half of the answers say no to the request, not to the load.
        let ask = if n % 2 == 0 { Ask::Answer(n) } else { Ask::Fail(ErrorKind::NotFound) };
        let _ = endpoint.call(Context::new(), ask).await;
    }
    assert_eq!(probe.calls(), 10_000);
    assert!(throttle.refusing().abs() < f64::EPSILON);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_rejects_is_spared_and_called_again_when_it_accepts() {
    let probe = Probe::new();
    let throttle = Throttle::builder().grace(5).build();
    let endpoint = throttle.layer(probe.clone());
    let overloaded = Ask::Fail(ErrorKind::ResourceExhausted);
    let mut results = Vec::new();
    for _ in 0..10_000 {
        results.push(endpoint.call(Context::new(), overloaded.clone()).await);
        advance(Duration::from_millis(1)).await;
    }
    let refusals = results.iter().filter(|&result| *result == refused(None)).count();
    assert_eq!(refusals + probe.calls(), 10_000);
    // One in a hundred of them passes, give or take what chance gives.
    assert!((50..500).contains(&probe.calls()), "{}", probe.calls());

    for _ in 0..60_000 {
        let _ = endpoint.call(Context::new(), Ask::Answer(1)).await;
        advance(Duration::from_millis(1)).await;
    }
    assert!(throttle.refusing().abs() < f64::EPSILON);
    assert_eq!(endpoint.call(Context::new(), Ask::Answer(1)).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn the_first_failures_are_forgiven_and_what_counts_can_be_said() {
    let kinds = ByKind::new().ignored(ErrorKind::Unavailable);
    let throttle = Throttle::builder().grace(5).classify(kinds).build();
    let endpoint = throttle.layer(Probe::new());
    for kind in [ErrorKind::Unavailable, ErrorKind::Internal] {
        for _ in 0..5 {
            let _ = endpoint.call(Context::new(), Ask::Fail(kind)).await;
        }
        assert!(throttle.refusing().abs() < f64::EPSILON, "{kind}");
    }
    let _ = endpoint.call(Context::new(), Ask::Fail(ErrorKind::Internal)).await;
    assert!(throttle.refusing() > 0.1);
}
