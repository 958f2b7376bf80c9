//! Middleware functions: what infers, what they can do, whom they can wrap.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use oxkit_core::{
    BoxEndpoint, Context, Endpoint, ErrorKind, Hook, Layer, Outcome, Reason, Refusal, endpoint_fn,
    hook,
};
use oxkit_endpoint::{Next, Timeout, from_fn, from_fn_with};

use testing_contract::{Ask, DomainError, Mark, Probe};

/// Does nothing but pass the call on.
pub(crate) async fn pass<E: Endpoint>(
    cx: Context,
    request: E::Request,
    next: Next<'_, E>,
) -> Result<E::Response, E::Error> {
    next.call(cx, request).await
}

async fn counted<E: Endpoint>(
    calls: &Arc<AtomicU32>,
    cx: Context,
    request: E::Request,
    next: Next<'_, E>,
) -> Result<E::Response, E::Error> {
    calls.fetch_add(1, Relaxed);
    next.call(cx, request).await
}

#[derive(Clone)]
struct Quiet;

impl<E: Endpoint> Hook<E> for Quiet {
    type State = ();

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        Ok(())
    }

    fn after(&self, (): (), _: Outcome<'_, E::Response, E::Error>) {}
}

#[tokio::test]
async fn functions_and_closures_infer_in_a_tuple_with_other_layers() {
    let calls = Arc::new(AtomicU32::new(0));
    let endpoint = (
        from_fn(pass),
        hook(Quiet),
        from_fn(async |cx, request, next| next.call(cx, request).await),
        from_fn_with(calls.clone(), counted),
        from_fn_with(calls.clone(), async |calls, cx, request, next| {
            let result = next.call(cx, request).await;
            calls.fetch_add(10, Relaxed);
            result
        }),
        Timeout::deadline_only(),
    )
        .layer(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n + 1)));
    assert_eq!(endpoint.call(Context::new(), 1).await.unwrap(), 2);
    assert_eq!(calls.load(Relaxed), 11);
}

#[tokio::test]
async fn it_can_refuse_change_the_request_and_derive_the_context() {
    let probe = Probe::new();
    let endpoint = from_fn(async |cx: Context, request, next| match request {
        Ask::Answer(0) => Err(Refusal::new(Reason::PermissionDenied).into()),
        Ask::Answer(n) => next.call(cx.with(Mark(n)), Ask::Answer(n * 2)).await,
        other => next.call(cx, other).await,
    })
    .layer(probe.clone());

    let refused = endpoint.call(Context::new(), Ask::Answer(0)).await;
    assert_eq!(refused, Err(DomainError::refused(Reason::PermissionDenied)));
    assert_eq!(probe.calls(), 0);

    let answer = endpoint.call(Context::new(), Ask::Answer(5)).await;
    assert_eq!(answer, Ok(10));
    assert_eq!(probe.last_context(), Some((None, Some(Mark(5)))));
}

#[tokio::test]
async fn next_can_be_called_again() {
    let probe = Probe::new();
    let endpoint = from_fn(async |cx: Context, request: Ask, next| {
        match next.call(cx.clone(), request).await {
            Err(DomainError::Of(ErrorKind::NotFound)) => next.call(cx, Ask::Answer(4)).await,
            result => result,
        }
    })
    .layer(probe.clone());
    let answer = endpoint.call(Context::new(), Ask::Fail(ErrorKind::NotFound)).await;
    assert_eq!(answer, Ok(4));
    assert_eq!(probe.calls(), 2);
}

#[tokio::test]
async fn what_is_around_an_erased_or_shared_endpoint_is_an_endpoint() {
    let probe = Probe::new();
    let erased = from_fn(pass).layer(probe.clone().boxed()).boxed();
    let shared = from_fn(pass).layer(Arc::new(erased));
    let answer = shared.call(Context::new(), Ask::Answer(3)).await;
    assert_eq!(answer, Ok(3));
}

#[tokio::test]
async fn one_layer_value_wraps_many_endpoints() {
    let calls = Arc::new(AtomicU32::new(0));
    let layer = from_fn_with(calls.clone(), counted);
    let probe = Probe::new();
    let (a, b) = (layer.layer(probe.clone()), layer.clone().layer(probe));
    a.call(Context::new(), Ask::Answer(0)).await.unwrap();
    b.call(Context::new(), Ask::Answer(0)).await.unwrap();
    assert_eq!(calls.load(Relaxed), 2);
}

#[tokio::test]
async fn a_borrowed_endpoint_and_a_borrowed_state_can_be_wrapped() {
    let probe = Probe::new();
    let calls = Arc::new(AtomicU32::new(0));
    let endpoint = (
        from_fn(pass),
        from_fn_with(&calls, async |calls, cx, request, next| {
            calls.fetch_add(1, Relaxed);
            next.call(cx, request).await
        }),
    )
        .layer(&probe);
    let answer = endpoint.call(Context::new(), Ask::Answer(3)).await;
    assert_eq!(answer, Ok(3));
    assert_eq!(calls.load(Relaxed), 1);
}

/// As a library writes it: the endpoint is known by its trait alone.
fn guarded<E: Endpoint + 'static>(inner: E) -> BoxEndpoint<E::Request, E::Response, E::Error> {
    (
        from_fn(pass),
        from_fn(async |cx, request, next| next.call(cx, request).await),
        from_fn_with(1_u8, async |_, cx, request, next| next.call(cx, request).await),
        Timeout::deadline_only(),
    )
        .layer(inner)
        .boxed()
}

#[tokio::test]
async fn functions_and_closures_infer_around_a_generic_endpoint() {
    let answer = guarded(Probe::new()).call(Context::new(), Ask::Answer(3)).await;
    assert_eq!(answer, Ok(3));
}
