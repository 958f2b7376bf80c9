//! The contract as its users see it: sizes, auto traits, composition order, exactly-once hooks.

mod context;
mod hooks;
mod support;

use std::sync::Arc;

use oxkit_core::{
    BoxEndpoint, CarriesFailure, Context, Endpoint, ErrorKind, Failure, Layer, Refusal,
    endpoint_fn, endpoint_fn_with, endpoint_result_with, hook,
};
use static_assertions::{assert_impl_all, assert_obj_safe};
use support::{PendingFor, double, journal, run};

assert_impl_all!(Context: Send, Sync, Clone, Unpin);
assert_impl_all!(Refusal: Send, Sync, Clone, Failure);
assert_impl_all!(BoxEndpoint<u8, u8, Refusal>: Send, Sync, Clone, Endpoint);
assert_obj_safe!(Failure);

#[test]
fn a_context_is_two_words_and_a_boxed_endpoint_is_a_fat_pointer() {
    assert!(size_of::<Context>() <= 16);
    assert_eq!(size_of::<BoxEndpoint<u8, u8, Refusal>>(), 2 * size_of::<usize>());
}

#[test]
fn ten_hooks_and_ten_async_layers_stay_under_a_kilobyte() {
    struct Pass<E>(E);

    impl<E: Endpoint> Endpoint for Pass<E> {
        type Request = E::Request;
        type Response = E::Response;
        type Error = E::Error;

        async fn call(&self, cx: Context, request: E::Request) -> Result<E::Response, E::Error> {
            self.0.call(cx, request).await
        }
    }

    let p = Pass(Pass(Pass(Pass(Pass(Pass(Pass(Pass(Pass(Pass(endpoint_fn(double)))))))))));
    let call = p.call(Context::new(), 1);
    assert!(size_of_val(&call) < 1024, "async layers: {}", size_of_val(&call));

    let (a, _read) = journal();
    let h = || hook(a.clone());
    let chain = (h(), h(), h(), h(), h(), h(), h(), h(), h(), h()).layer(endpoint_fn(double));
    let call = chain.call(Context::new(), 1);
    assert!(size_of_val(&call) < 400, "hooks: {}", size_of_val(&call));
}

#[test]
fn an_erased_endpoint_answers_like_the_one_inside_and_clones_share_it() {
    let erased = endpoint_fn(double).boxed();
    let again = erased.clone().boxed();
    assert_eq!(run(erased.call(Context::new(), 4)).unwrap(), 8);
    assert_eq!(run(again.call(Context::new(), 5)).unwrap(), 10);
    assert_eq!(run(Arc::new(erased).call(Context::new(), 6)).unwrap(), 12);
}

#[test]
fn a_business_error_is_a_response_and_adds_nothing_to_the_future() {
    async fn half(_: &(), _: Context, n: u32) -> Result<u32, Refusal> {
        PendingFor(2).await;
        match n % 2 {
            0 => Ok(n / 2),
            _ => Err(Refusal::of_kind(ErrorKind::InvalidArgument, "odd")),
        }
    }

    let (a, read) = journal();
    let endpoint = hook(a).layer(endpoint_result_with((), half));
    assert_eq!(run(endpoint.call(Context::new(), 4)).unwrap().unwrap(), 2);
    let answer = run(endpoint.call(Context::new(), 5)).unwrap();
    assert_eq!(answer.failure().map(Failure::kind), Some(ErrorKind::InvalidArgument));
    assert_eq!(read(), ["a before", "a response", "a before", "a response"]);

    let plain = endpoint_fn_with((), half);
    let answering = endpoint_result_with((), half);
    let (plain, answering) = (plain.call(Context::new(), 1), answering.call(Context::new(), 1));
    assert_eq!(size_of_val(&answering), size_of_val(&plain));
}
