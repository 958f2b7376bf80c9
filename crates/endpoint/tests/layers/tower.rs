//! tower's own stateful middleware on both sides of the bridge: its state is shared by all calls.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context as Task, Poll},
    time::Duration,
};

use ::tower::{
    BoxError, Service, ServiceBuilder, ServiceExt,
    buffer::BufferLayer,
    limit::{ConcurrencyLimitLayer, RateLimitLayer},
    retry::{Policy, RetryLayer},
    service_fn,
};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Reason, Refusal};
use oxkit_endpoint::{
    CatchPanic, ConcurrencyLimit, Timeout,
    tower::{Call, EndpointService, ServiceEndpoint, tower_layer},
};
use static_assertions::assert_impl_all;
use tokio::{task::JoinSet, time::Instant};

use testing_contract::{Ask, DomainError, Mark, Probe, within};

assert_impl_all!(EndpointService<Probe>: Send, Sync, Clone, Service<Ask>, Service<Call<Ask>>);
assert_impl_all!(ServiceEndpoint<EndpointService<Probe>, Ask, DomainError>: Endpoint, Clone);

const SECOND: Duration = Duration::from_secs(1);

/// Tries again so many times, and writes into the context which try it is.
#[derive(Clone)]
struct Again(u32);

impl<Res, E> Policy<Call<Ask>, Res, E> for Again {
    type Future = Ready<()>;

    fn retry(&mut self, call: &mut Call<Ask>, result: &mut Result<Res, E>) -> Option<Ready<()>> {
        if result.is_ok() || self.0 == 0 {
            return None;
        }
        self.0 -= 1;
        call.cx.insert(Mark(self.0));
        Some(ready(()))
    }

    fn clone_request(&mut self, call: &Call<Ask>) -> Option<Call<Ask>> {
        Some(call.clone())
    }
}

/// Makes so many calls at once, each of which takes a second; how long all of them took.
async fn time_of<E>(endpoint: E, calls: u32) -> Duration
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
{
    let endpoint = Arc::new(endpoint);
    let begun = Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..calls {
        let endpoint = endpoint.clone();
        all.spawn(async move { endpoint.call(Context::new(), Ask::Sleep(SECOND)).await });
    }
    for result in all.join_all().await {
        assert_eq!(result, Ok(0));
    }
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_tower_concurrency_limit_is_shared_by_all_calls_and_clones() {
    let probe = Probe::new();
    let endpoint = tower_layer(ConcurrencyLimitLayer::new(3)).layer(probe.clone());
    assert_eq!(time_of(endpoint.clone(), 9).await, 3 * SECOND);
    assert_eq!(probe.most(), 3);

    let held = endpoint.clone();
    let held = tokio::spawn(async move { held.call(Context::new(), Ask::Wait(1)).await });
    probe.started(10).await;
    assert_eq!(time_of(endpoint, 4).await, 2 * SECOND);
    probe.open(1);
    assert_eq!(held.await.unwrap(), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_tower_rate_limit_behind_a_buffer_holds_for_all_calls() {
    let layer = (BufferLayer::new(32), RateLimitLayer::new(5, 10 * SECOND));
    let endpoint = tower_layer(layer).layer(Probe::new());
    // Five at once, five after ten seconds, two after twenty, and a second for the last.
    assert_eq!(time_of(endpoint, 12).await, 21 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_tower_retry_repeats_the_call_with_its_context() {
    let probe = Probe::new();
    let endpoint = tower_layer(RetryLayer::new(Again(2))).layer(probe.clone());
    let cx = within(SECOND).with(Mark(9));
    let deadline = cx.deadline();
    let result = endpoint.call(cx, Ask::Fail(ErrorKind::NotFound)).await;
    assert_eq!(result, Err(DomainError::Of(ErrorKind::NotFound)));
    assert_eq!(probe.calls(), 3);
    assert_eq!(probe.last_context(), Some((deadline, Some(Mark(0)))));
}

#[tokio::test(start_paused = true)]
async fn tower_layers_stand_between_ours() {
    let probe = Probe::new();
    let boundary = CatchPanic::new();
    let endpoint = (
        Timeout::new(5 * SECOND),
        tower_layer(
            ServiceBuilder::new().retry(Again(2)).buffer(8).layer(RateLimitLayer::new(100, SECOND)),
        ),
        boundary.clone(),
    )
        .layer(probe.clone());

    // Retried by tower, caught by our boundary inside of it, each time.
    let result = endpoint.call(Context::new(), Ask::PanicInPoll).await;
    assert_eq!(result, Err(DomainError::refused(Reason::Panicked)));
    assert_eq!(boundary.panics(), 3);

    // The deadline our timeout set is seen on the far side of the buffer.
    let end = Instant::now() + 5 * SECOND;
    let result = endpoint.call(Context::new(), Ask::Wait(1)).await;
    assert_eq!(result, Err(DomainError::refused(Reason::Deadline)));
    assert_eq!(probe.last_context().expect("it was called").0, Some(end.into_std()));
    assert_eq!(Instant::now(), end);
}

#[tokio::test(start_paused = true)]
async fn our_timeout_gives_up_waiting_for_a_tower_limit_and_the_place_is_free_again() {
    let probe = Probe::new();
    let limited = tower_layer(ConcurrencyLimitLayer::new(1));
    let endpoint = (Timeout::new(SECOND), limited).layer(probe.clone());
    let held = endpoint.clone();
    let patient = within(SECOND);
    let held = tokio::spawn(async move { held.call(patient, Ask::Wait(1)).await });
    probe.started(1).await;
    let late = endpoint.call(Context::new(), Ask::Answer(2)).await;
    assert_eq!(late, Err(DomainError::refused(Reason::Deadline)));
    assert!(held.await.unwrap().is_err());
    let answer = endpoint.call(Context::new(), Ask::Answer(3)).await;
    assert_eq!(answer, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn ours_serve_inside_of_a_tower_stack() {
    let probe = Probe::new();
    let limit = ConcurrencyLimit::new(2);
    let ours = (Timeout::new(10 * SECOND), limit).layer(probe.clone());
    let service = ServiceBuilder::new()
        .buffer(32)
        .rate_limit(4, 10 * SECOND)
        .concurrency_limit(8)
        .service(EndpointService::new(ours));

    let begun = Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..8 {
        all.spawn(service.clone().oneshot(Ask::Sleep(SECOND)));
    }
    for result in all.join_all().await {
        assert_eq!(result.unwrap(), 0);
    }
    // By the rate four now and four after ten seconds; by our limit two at a time.
    assert_eq!(begun.elapsed(), 12 * SECOND);
    assert_eq!(probe.most(), 2);

    let error = service.oneshot(Ask::Fail(ErrorKind::NotFound)).await.unwrap_err();
    assert_eq!(error.downcast_ref::<DomainError>(), Some(&DomainError::Of(ErrorKind::NotFound)));
}

#[tokio::test(start_paused = true)]
async fn a_tower_stack_serves_as_an_endpoint_inside_of_ours() {
    let stack =
        ServiceBuilder::new().buffer(32).rate_limit(3, 10 * SECOND).service_fn(async |n: u32| {
            match n {
                0 => Err(DomainError::Of(ErrorKind::NotFound)),
                n => Ok(n),
            }
        });
    let endpoint = ServiceEndpoint::new(stack).with_error::<DomainError>();
    let endpoint = Timeout::new(SECOND).layer(endpoint);
    for n in 1..=2 {
        assert_eq!(endpoint.call(Context::new(), n).await, Ok(n));
    }
    // The buffer boxes the error; it comes back as it was.
    let failed = endpoint.call(Context::new(), 0).await;
    assert_eq!(failed, Err(DomainError::Of(ErrorKind::NotFound)));
    let late = endpoint.call(Context::new(), 4).await;
    assert_eq!(late, Err(DomainError::refused(Reason::Deadline)));
    tokio::time::advance(10 * SECOND).await;
    assert_eq!(endpoint.call(Context::new(), 5).await, Ok(5));
}

/// Counts readiness as a limit does: each value must be made ready itself before it is called.
#[derive(Debug)]
struct Strict {
    ready: bool,
    asked: Arc<AtomicUsize>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { ready: false, asked: self.asked.clone() }
    }
}

impl Service<u32> for Strict {
    type Response = u32;
    type Error = Infallible;
    type Future = Ready<Result<u32, Infallible>>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        // Ready the second time it is asked.
        if self.asked.fetch_add(1, SeqCst).is_multiple_of(2) {
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, n: u32) -> Self::Future {
        assert!(self.ready, "called without having been ready");
        ready(Ok(n))
    }
}

#[tokio::test]
async fn the_clone_that_became_ready_is_the_one_that_is_called() {
    let asked = Arc::new(AtomicUsize::new(0));
    let endpoint = ServiceEndpoint::new(Strict { ready: false, asked: asked.clone() });
    for n in 0..3 {
        assert_eq!(endpoint.call(Context::new(), n).await.unwrap(), n);
    }
    assert_eq!(asked.load(SeqCst), 6);
}

#[tokio::test]
async fn errors_come_back_as_they_were_and_foreign_ones_as_a_source() {
    async fn check<E>(error: impl Fn() -> E + Clone + Send + Sync, kind: ErrorKind, text: &str)
    where
        E: Into<BoxError> + Send + 'static,
    {
        let service = service_fn(move |(): ()| ready(Err::<(), _>(error())));
        let endpoint = ServiceEndpoint::new(service);
        let refusal = endpoint.call(Context::new(), ()).await.unwrap_err();
        assert_eq!(refusal.kind(), kind);
        let innermost = std::error::Error::source(&refusal)
            .map_or_else(|| refusal.to_string(), ToString::to_string);
        assert_eq!(innermost, text);
    }

    let refusal = || Refusal::of_kind(ErrorKind::Aborted, "lost a race");
    check(refusal, ErrorKind::Aborted, "lost a race").await;
    let boxed = move || BoxError::from(refusal());
    check(boxed, ErrorKind::Aborted, "lost a race").await;
    let foreign = || io::Error::other("cable cut");
    check(foreign, ErrorKind::Unknown, "cable cut").await;
    check(|| BoxError::from("text"), ErrorKind::Unknown, "text").await;
}

#[tokio::test]
async fn a_service_that_does_not_become_ready_is_unavailable() {
    #[derive(Clone)]
    struct Closed;

    impl Service<()> for Closed {
        type Response = ();
        type Error = io::Error;
        type Future = Ready<io::Result<()>>;

        fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(io::Error::other("connection refused")))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            unreachable!("it is not ready")
        }
    }

    let endpoint = ServiceEndpoint::new(Closed);
    let refusal = endpoint.call(Context::new(), ()).await.unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Unavailable);
    assert!(!refusal.public_message().contains("connection"));
}
