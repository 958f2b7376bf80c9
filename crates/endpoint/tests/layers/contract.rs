//! What every layer must keep: answers and errors pass unchanged, calls do not wait for each other,
//! the context reaches the inner endpoint, dropping cancels, a panic leaves nothing behind.

use std::{sync::Arc, time::Duration};

use oxkit_core::{Context, Endpoint, Layer, Operation};
use oxkit_endpoint::{
    CatchPanic, ConcurrencyLimit, ForOperation, Next, Shed, Timeout, from_fn, from_fn_with,
    map_error, map_request, map_response, try_map_request,
};

use crate::probe::{Ask, DomainError, Mark, Probe, within};

const AT_ONCE: u32 = 100;
const HOUR: Duration = Duration::from_secs(3600);

async fn pass<E: Endpoint>(
    cx: Context,
    request: E::Request,
    next: Next<'_, E>,
) -> Result<E::Response, E::Error> {
    next.call(cx, request).await
}

/// Checks a layer that lets at least [`AT_ONCE`] calls through, none of them for more than an hour.
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
    let answer = endpoint.call(Context::new(), Ask::Answer(7)).await;
    assert_eq!(answer, Ok(7));
    let error = endpoint.call(Context::new(), Ask::Fail(8)).await;
    assert_eq!(error, Err(DomainError::NoSuch(8)));
}

async fn passes_the_context<E>(probe: &Probe, endpoint: &E)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError>,
{
    let cx = within(HOUR / 2).with(Mark(3));
    let deadline = cx.deadline();
    let answer = endpoint.call(cx, Ask::Answer(0)).await;
    assert_eq!(answer, Ok(0));
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
    // More than fit at once: what a dropped call held is there for the next.
    for _ in 0..AT_ONCE * 2 {
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
    for _ in 0..AT_ONCE {
        for ask in [Ask::PanicInCall, Ask::PanicInPoll] {
            let endpoint = endpoint.clone();
            let call = tokio::spawn(async move { endpoint.call(Context::new(), ask).await });
            // Through the task, or as an error where a boundary caught it: never an answer.
            assert!(!matches!(call.await, Ok(Ok(_))));
        }
    }
    assert_eq!(probe.in_flight(), 0);
    let answer = endpoint.call(Context::new(), Ask::Answer(1)).await;
    assert_eq!(answer, Ok(1));
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
    of_a_named_function: from_fn(pass);
    of_a_closure: from_fn(async |cx, request, next| next.call(cx, request).await);
    of_a_function_with_state:
        from_fn_with("state", async |_, cx, request, next| next.call(cx, request).await);
    of_map_request: map_request(|ask: Ask| ask);
    of_try_map_request: try_map_request(Ok::<Ask, DomainError>);
    of_map_response: map_response(|n: u32| n);
    of_map_error: map_error(|error: DomainError| error);
    of_timeout: Timeout::new(HOUR);
    of_timeout_by_deadline_only: Timeout::deadline_only();
    of_catch_panic: CatchPanic::new();
    of_concurrency_limit: ConcurrencyLimit::new(AT_ONCE as usize);
    of_concurrency_limit_that_does_not_wait:
        ConcurrencyLimit::new(AT_ONCE as usize).without_waiting();
    of_shed: Shed::when_less_than(Duration::from_millis(1));
    of_adaptive_shed: Shed::adaptive();
    of_for_operation: ForOperation::new(Operation::new("svc", "Method"));
    of_all_of_them: (
        CatchPanic::new(),
        from_fn(pass),
        Timeout::new(HOUR),
        (ConcurrencyLimit::new(AT_ONCE as usize), Shed::adaptive()),
        from_fn(pass),
        map_request(|ask: Ask| ask),
        map_response(|n: u32| n),
        map_error(|error: DomainError| error),
        CatchPanic::new(),
    );
}

#[cfg(feature = "tower")]
mod of_tower {
    use std::future::Ready;

    use oxkit_endpoint::tower::{Call, EndpointService, ServiceEndpoint, tower_layer};
    use tower::{
        ServiceBuilder,
        buffer::BufferLayer,
        limit::{ConcurrencyLimitLayer, RateLimitLayer},
        retry::{Policy, RetryLayer},
    };

    use super::*;

    #[derive(Clone)]
    struct Never;

    impl<Res, E> Policy<Call<Ask>, Res, E> for Never {
        type Future = Ready<()>;

        fn retry(&mut self, _: &mut Call<Ask>, _: &mut Result<Res, E>) -> Option<Ready<()>> {
            None
        }

        fn clone_request(&mut self, call: &Call<Ask>) -> Option<Call<Ask>> {
            Some(call.clone())
        }
    }

    /// Far more than the checks make.
    const RATE: RateLimitLayer = RateLimitLayer::new(1_000_000, HOUR);

    contract! {
        concurrency_limit: tower_layer(ConcurrencyLimitLayer::new(AT_ONCE as usize));
        buffer_and_rate_limit: tower_layer((BufferLayer::new(AT_ONCE as usize), RATE));
        retry: tower_layer(RetryLayer::new(Never));
        all_of_them: tower_layer(
            ServiceBuilder::new()
                .concurrency_limit(AT_ONCE as usize)
                .retry(Never)
                .buffer(AT_ONCE as usize)
                .layer(RATE),
        );
        all_of_them_between_ours: (
            CatchPanic::new(),
            Timeout::new(HOUR),
            tower_layer((BufferLayer::new(AT_ONCE as usize), RATE)),
            ConcurrencyLimit::new(AT_ONCE as usize),
            tower_layer(RetryLayer::new(Never)),
        );
    }

    /// There and back through the two bridges, without a layer.
    #[derive(Clone)]
    struct RoundTrip;

    impl Layer<Probe> for RoundTrip {
        type Service = ServiceEndpoint<EndpointService<Probe>, Ask, DomainError>;

        fn layer(&self, inner: Probe) -> Self::Service {
            ServiceEndpoint::<_, Ask>::new(EndpointService::new(inner)).with_error()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_was_a_service_keeps_all_but_the_context() {
        let probe = Probe::new();
        let endpoint = Arc::new(RoundTrip.layer(probe.clone()));
        passes_the_answer_and_the_error(&*endpoint).await;
        serves_many_at_once(&probe, &endpoint).await;
        cancels_when_dropped(&probe, &endpoint).await;
        survives_panics(&probe, &endpoint).await;
    }
}
