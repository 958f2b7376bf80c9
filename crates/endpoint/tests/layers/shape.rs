//! Sizes and auto traits: what a chain weighs, and that it may move between threads.

use std::{fmt::Debug, time::Duration};

use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
use oxkit_endpoint::{
    CatchPanic, CatchPanicEndpoint, ConcurrencyLimit, ConcurrencyLimitEndpoint, ForOperation, Next,
    Nop, Shed, Timeout, TimeoutEndpoint, from_fn, map_error, map_response,
};
use static_assertions::assert_impl_all;

use testing_contract::Probe;

use crate::from_fn::pass;

assert_impl_all!(Timeout: Send, Sync, Copy, Debug);
assert_impl_all!(CatchPanic: Send, Sync, Clone, Debug);
assert_impl_all!(ConcurrencyLimit: Send, Sync, Clone, Debug);
assert_impl_all!(ForOperation: Send, Sync, Clone, Debug);
assert_impl_all!(Shed: Send, Sync, Clone, Debug);
assert_impl_all!(Next<'static, Probe>: Send, Sync, Copy, Debug);
assert_impl_all!(Nop<*const u8>: Send, Sync, Copy, Debug);
assert_impl_all!(TimeoutEndpoint<Probe>: Endpoint, Clone, Debug);
assert_impl_all!(CatchPanicEndpoint<Probe>: Endpoint, Clone, Debug);
assert_impl_all!(ConcurrencyLimitEndpoint<Probe>: Endpoint, Clone, Debug);

async fn leaf(_: Context, n: u32) -> Result<u32, Refusal> {
    tokio::task::yield_now().await;
    Ok(n)
}

fn size<E: Endpoint<Request = u32>>(endpoint: &E) -> usize {
    size_of_val(&endpoint.call(Context::new(), 1))
}

/// So many copies of a layer around the leaf.
macro_rules! nested {
    ($layer:expr; $($each:tt)*) => {
        ($({ let _ = $each; $layer },)*).layer(endpoint_fn(leaf))
    };
}

#[test]
fn ten_layers_of_a_kind_keep_the_future_small() {
    fn check(name: &str, size: usize, limit: usize) {
        assert!(size <= limit, "{name}: {size} bytes, not {limit}");
    }

    let functions = nested!(from_fn(pass); 0 1 2 3 4 5 6 7 8 9);
    check("functions", size(&functions), 400);
    let closures = nested!(
        from_fn(async |cx, request, next| next.call(cx, request).await);
        0 1 2 3 4 5 6 7 8 9
    );
    check("closures", size(&closures), 400);
    let mapped = nested!(map_response(|n: u32| n); 0 1 2 3 4 5 6 7 8 9);
    check("map_response", size(&mapped), 160);
    let errors = nested!(map_error(|error: Refusal| error); 0 1 2 3 4 5 6 7 8 9);
    check("map_error", size(&errors), 160);
    let boundaries = nested!(CatchPanic::new(); 0 1 2 3 4 5 6 7 8 9);
    check("catch_panic", size(&boundaries), 160);
    let shedding = nested!(Shed::adaptive(); 0 1 2 3 4 5 6 7 8 9);
    check("shed", size(&shedding), 400);
    let limits = nested!(ConcurrencyLimit::new(1); 0 1 2 3 4 5 6 7 8 9);
    check("concurrency_limit", size(&limits), 400);
    // Each holds a timer of tokio's, about a hundred bytes.
    let timeouts = nested!(Timeout::deadline_only(); 0 1 2 3 4 5 6 7 8 9);
    check("timeout", size(&timeouts), 1280);
}

#[test]
fn a_chain_as_a_service_has_it_stays_under_a_kilobyte() {
    let endpoint = (
        CatchPanic::new(),
        from_fn(pass),
        Timeout::new(Duration::from_secs(1)),
        ConcurrencyLimit::new(10),
        Shed::adaptive(),
    )
        .layer(endpoint_fn(leaf));
    let size = size(&endpoint);
    assert!(size <= 512, "{size}");
}
