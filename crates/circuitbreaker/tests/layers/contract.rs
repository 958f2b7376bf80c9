//! What every layer must keep: answers and errors pass unchanged, calls do not wait for each other,
//! the context reaches the inner endpoint, dropping cancels, a panic leaves nothing behind.

use std::{sync::Arc, time::Duration};

use oxkit_circuitbreaker::{
    Breaker, ConsecutiveFailures, FailureRatio, Ratio, SlowCallRatio, Throttle,
};
use oxkit_core::{Context, Endpoint, ErrorKind, Layer, hook};

use crate::probe::{Ask, DomainError, Mark, Probe};

const AT_ONCE: u32 = 100;
const HOUR: Duration = Duration::from_secs(3600);

/// Checks a layer that does not mind some panics.
async fn check<L>(layer: L)
where
    L: Layer<Probe>,
    L::Service: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
{
    let probe = Probe::new();
    let endpoint = Arc::new(layer.layer(probe.clone()));
    passes_the_answer_and_the_error(&*endpoint).await;
    passes_the_context(&probe, &*endpoint).await;
    serves_many_at_once(&probe, &endpoint).await;
    cancels_when_dropped(&probe, &endpoint).await;
    survives_panics(&probe, &endpoint).await;
    serves_many_at_once(&probe, &endpoint).await;
}

async fn passes_the_answer_and_the_error<E>(endpoint: &E)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError>,
{
    assert_eq!(endpoint.call(Context::new(), Ask::Answer(7)).await, Ok(7));
    for kind in ErrorKind::ALL {
        let error = endpoint.call(Context::new(), Ask::Fail(kind)).await;
        assert_eq!(error, Err(DomainError::Of(kind)));
    }
}

async fn passes_the_context<E>(probe: &Probe, endpoint: &E)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError>,
{
    let deadline = (tokio::time::Instant::now() + HOUR / 2).into_std();
    let cx = Context::new().with_deadline(deadline).with(Mark(3));
    let deadline = cx.deadline();
    assert_eq!(endpoint.call(cx, Ask::Answer(0)).await, Ok(0));
    assert_eq!(probe.last_context(), (deadline, Some(Mark(3))));
}

async fn serves_many_at_once<E>(probe: &Probe, endpoint: &Arc<E>)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
{
    let calls: Vec<_> = (0..AT_ONCE)
        .map(|n| {
            let endpoint = endpoint.clone();
            tokio::spawn(async move { endpoint.call(Context::new(), Ask::Wait(n)).await })
        })
        .collect();
    while probe.in_flight() < AT_ONCE as usize {
        probe.started(1).await;
    }
    probe.open(AT_ONCE as usize);
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await.expect("it does not panic"), Ok(n));
    }
    assert_eq!(probe.in_flight(), 0);
}

async fn cancels_when_dropped<E>(probe: &Probe, endpoint: &Arc<E>)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
{
    for _ in 0..AT_ONCE {
        let call = {
            let endpoint = endpoint.clone();
            tokio::spawn(async move { endpoint.call(Context::new(), Ask::Wait(0)).await })
        };
        while probe.in_flight() == 0 {
            probe.started(1).await;
        }
        call.abort();
        let end = call.await.expect_err("it waits for ever");
        assert!(end.is_cancelled());
        assert_eq!(probe.in_flight(), 0);
    }
}

async fn survives_panics<E>(probe: &Probe, endpoint: &Arc<E>)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
{
    for ask in [Ask::PanicInCall, Ask::PanicInPoll] {
        let endpoint = endpoint.clone();
        let call = tokio::spawn(async move { endpoint.call(Context::new(), ask).await });
        assert!(call.await.expect_err("nothing catches it").is_panic());
    }
    assert_eq!(probe.in_flight(), 0);
    assert_eq!(endpoint.call(Context::new(), Ask::Answer(1)).await, Ok(1));
}

macro_rules! contract {
    ($($name:ident: $layer:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            check($layer).await;
        }
    )*};
}

contract! {
    of_consecutive_failures: Breaker::new(ConsecutiveFailures::default());
    of_the_hook: hook(Breaker::new(ConsecutiveFailures::default()));
    of_a_ratio_of_calls: Breaker::new(FailureRatio::over_calls(1000, Ratio::ALL));
    of_a_ratio_of_time: Breaker::new(FailureRatio::over_time(HOUR, Ratio::ALL));
    of_slow_calls: Breaker::new(SlowCallRatio::over_calls(1000, Ratio::ALL, HOUR));
    of_a_breaker_for_each_key: Breaker::builder(ConsecutiveFailures::default())
        .keyed(10, |_: &Context, _: &Ask| "the only one");
    of_a_throttle: Throttle::new();
    of_one_in_another: (
        Throttle::new(),
        Breaker::new(SlowCallRatio::over_time(HOUR, Ratio::ALL, HOUR)),
        Breaker::new(ConsecutiveFailures::default()),
    );
}
