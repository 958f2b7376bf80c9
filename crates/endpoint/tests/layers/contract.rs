//! What every layer must keep, kept by each of these.

use std::time::Duration;

use oxkit_core::Operation;
use oxkit_endpoint::{
    CatchPanic, ConcurrencyLimit, ForOperation, Shed, Timeout, from_fn, from_fn_with, map_error,
    map_request, map_response, try_map_request,
};
use testing_contract::{AT_ONCE, Ask, Contract, DomainError, contract};

use crate::from_fn::pass;

const HOUR: Duration = Duration::from_secs(3600);

contract! {
    Contract::new() =>
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
    of_concurrency_limit: ConcurrencyLimit::new(AT_ONCE as usize);
    of_concurrency_limit_that_does_not_wait:
        ConcurrencyLimit::new(AT_ONCE as usize).without_waiting();
    of_shed: Shed::when_less_than(Duration::from_millis(1));
    of_adaptive_shed: Shed::adaptive();
    of_for_operation: ForOperation::new(Operation::new("svc", "Method"));
}

contract! {
    Contract::new().panics_may_be_caught() =>
    of_catch_panic: CatchPanic::new();
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

    use oxkit_core::Layer;
    use oxkit_endpoint::tower::{Call, EndpointService, ServiceEndpoint, tower_layer};
    use testing_contract::Probe;
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
        Contract::new().panics_may_be_caught() =>
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

    contract! {
        Contract::new().without_the_context() =>
        of_an_endpoint_that_was_a_service: RoundTrip;
    }
}
