//! Shedding by the time that is left, against a fixed and a measured expectation.

use std::time::Duration;

use oxkit_core::{Context, Endpoint, ErrorKind, Layer, Reason};
use oxkit_endpoint::{Shed, Timeout};
use tokio::time::advance;

use testing_contract::{Ask, DomainError, Probe, within};

const MILLI: Duration = Duration::from_millis(1);
const SHED: Result<u32, DomainError> = Err(DomainError::refused(Reason::Deadline));

#[tokio::test(start_paused = true)]
async fn a_call_with_too_little_time_is_not_begun() {
    let probe = Probe::new();
    let endpoint = Shed::when_less_than(10 * MILLI).layer(probe.clone());
    assert_eq!(endpoint.call(within(9 * MILLI), Ask::Answer(1)).await, SHED);
    assert_eq!(probe.calls(), 0);
    let answer = endpoint.call(within(10 * MILLI), Ask::Answer(2)).await;
    assert_eq!(answer, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn without_deadline_nothing_is_shed_and_past_it_everything_is() {
    let probe = Probe::new();
    for endpoint in [
        Shed::when_less_than(Duration::ZERO).layer(probe.clone()).boxed(),
        Shed::when_less_than(Duration::MAX).layer(probe.clone()).boxed(),
        Shed::adaptive().layer(probe).boxed(),
    ] {
        let answer = endpoint.call(Context::new(), Ask::Answer(1)).await;
        assert_eq!(answer, Ok(1));
        for _ in 0..40 {
            let cx = within(MILLI);
            advance(MILLI).await;
            assert_eq!(endpoint.call(cx, Ask::Answer(1)).await, SHED);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_measured_duration_decides_for_every_clone() {
    let shed = Shed::adaptive();
    let probe = Probe::new();
    let endpoint = shed.layer(probe.clone());
    assert_eq!(shed.expected(), None);
    endpoint.call(within(MILLI * 500), Ask::Sleep(MILLI * 100)).await.unwrap();
    assert_eq!(shed.expected(), Some(MILLI * 100));

    let other = shed.layer(probe);
    for endpoint in [&endpoint, &other] {
        let refused = endpoint.call(within(MILLI * 99), Ask::Answer(1)).await;
        assert_eq!(refused, SHED);
    }
    let admitted = other.call(within(MILLI * 100), Ask::Sleep(MILLI * 100)).await;
    assert_eq!(admitted, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn calls_given_up_or_failed_raise_what_is_expected_and_never_lower_it() {
    let shed = Shed::adaptive();
    let endpoint = (Timeout::new(MILLI * 200), shed.clone()).layer(Probe::new());
    let call = async |ask| endpoint.call(Context::new(), ask).await;

    call(Ask::Sleep(MILLI * 100)).await.unwrap();
    let first = shed.expected();
    for _ in 0..10 {
        call(Ask::Fail(ErrorKind::NotFound)).await.unwrap_err();
    }
    assert_eq!(shed.expected(), first);
    for _ in 0..20 {
        // Given up by the timeout, after twice as long.
        call(Ask::Wait(1)).await.unwrap_err();
    }
    assert_eq!(shed.expected(), Some(MILLI * 200));
}

#[tokio::test(start_paused = true)]
async fn it_relents_once_the_endpoint_is_fast_again() {
    let shed = Shed::adaptive();
    let probe = Probe::new();
    let endpoint = shed.layer(probe.clone());
    endpoint.call(Context::new(), Ask::Sleep(MILLI * 10_000)).await.unwrap();

    let mut refused = 0;
    while endpoint.call(within(MILLI * 50), Ask::Sleep(MILLI)).await == SHED {
        refused += 1;
    }
    assert_eq!(refused, 15);
    assert_eq!(shed.expected(), Some(MILLI));
    for _ in 0..100 {
        let answer = endpoint.call(within(MILLI * 50), Ask::Sleep(MILLI)).await;
        assert_eq!(answer, Ok(0));
    }
}

#[tokio::test(start_paused = true)]
async fn while_there_is_no_hope_one_call_in_sixteen_is_let_through() {
    let probe = Probe::new();
    let endpoint = (Timeout::deadline_only(), Shed::adaptive()).layer(probe.clone());
    let slow = Ask::Sleep(MILLI * 1000);
    endpoint.call(Context::new(), slow.clone()).await.unwrap();
    for _ in 0..1600 {
        let result = endpoint.call(within(MILLI * 10), slow.clone()).await;
        assert_eq!(result, SHED);
    }
    assert_eq!(probe.calls(), 1 + 100);
}
