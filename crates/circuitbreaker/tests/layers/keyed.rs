//! A breaker for each key: apart from each other, bounded, and forgotten in a sound order.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use oxkit_circuitbreaker::{Breaker, ConsecutiveFailures, State};
use oxkit_core::{Context, Endpoint, ErrorKind, Layer, endpoint_fn};
use tokio::time::advance;

use testing_contract::DomainError;

use crate::calls::refused;

/// Fails for keys that are asked to.
fn endpoint() -> impl Endpoint<Request = (u32, bool), Response = u32, Error = DomainError> {
    endpoint_fn(async |_cx, (key, ok): (u32, bool)| match ok {
        true => Ok(key),
        false => Err(DomainError::Of(ErrorKind::Unavailable)),
    })
}

fn key(_: &Context, request: &(u32, bool)) -> u32 {
    request.0
}

#[tokio::test(start_paused = true)]
async fn one_key_does_not_suffer_from_another() {
    let breakers = Breaker::builder(ConsecutiveFailures::new(1)).keyed(100, key);
    let endpoint = breakers.layer(endpoint());
    let call = async |request| endpoint.call(Context::new(), request).await;
    call((1, false)).await.unwrap_err();
    assert_eq!(call((1, true)).await, refused(Some(60)));
    assert_eq!(call((2, true)).await, Ok(2));
    advance(Duration::from_secs(60)).await;
    assert_eq!(call((1, true)).await, Ok(1));
    assert_eq!(breakers.state(&1), Some(State::Closed));
    assert_eq!(breakers.state(&3), None);
    assert_eq!(breakers.len(), 2);
}

#[tokio::test]
async fn a_flood_of_keys_neither_grows_it_nor_forgets_an_open_breaker() {
    for most in [1, 50, 1000] {
        let breakers = Breaker::builder(ConsecutiveFailures::new(1)).keyed(most, key);
        assert!(breakers.is_empty());
        let endpoint = breakers.layer(endpoint());
        endpoint.call(Context::new(), (0, false)).await.unwrap_err();
        for made_up in 1..5_000 {
            endpoint.call(Context::new(), (made_up, true)).await.unwrap();
        }
        assert!(breakers.len() <= most);
        // Where there is room for one, the next takes it.
        let expected = (most > 1).then_some(State::Open);
        assert_eq!(breakers.state(&0), expected, "{most}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_outlives_the_breaker_it_went_through() {
    let breakers = Breaker::builder(ConsecutiveFailures::new(1)).keyed(1, key);
    let slow = breakers.layer(endpoint_fn(async |_cx, (key, _): (u32, bool)| {
        tokio::time::sleep(Duration::from_secs(u64::from(key))).await;
        Err::<u32, _>(DomainError::Of(ErrorKind::Unavailable))
    }));
    let slow = Arc::new(slow);
    let first = {
        let slow = slow.clone();
        tokio::spawn(async move { slow.call(Context::new(), (9, false)).await })
    };
    tokio::task::yield_now().await;
    assert_eq!(breakers.state(&9), Some(State::Closed));
    slow.call(Context::new(), (1, false)).await.unwrap_err();
    assert_eq!(breakers.state(&9), None);
    first.await.expect("it does not panic").unwrap_err();
    assert_eq!(breakers.state(&9), None);
    assert_eq!(breakers.len(), 1);
}

#[tokio::test]
async fn changes_name_the_key_and_one_key_can_be_forced() {
    let (report, changes) = mpsc::channel();
    let breakers = Breaker::builder(ConsecutiveFailures::new(1))
        .on_change(move |change| {
            report.send((change.name.map(str::to_owned), change.to)).expect("the test listens");
        })
        .keyed(10, key);
    let endpoint = breakers.layer(endpoint());
    breakers.circuit(&7).force_open();
    assert_eq!(endpoint.call(Context::new(), (7, true)).await, refused(None));
    assert_eq!(endpoint.call(Context::new(), (8, true)).await, Ok(8));
    assert_eq!(changes.recv(), Ok((Some("7".to_owned()), State::ForcedOpen)));
}
