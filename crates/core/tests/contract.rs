//! The contract as its users see it: sizes, auto traits, composition order, exactly-once hooks.

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context as Task, Poll, Waker},
    time::{Duration, Instant},
};

use oxkit_core::{
    BoxEndpoint, CarriesFailure, Context, Endpoint, ErrorKind, Failure, Hook, Layer, Operation,
    Outcome, Reason, Refusal, RequestId, endpoint_fn, endpoint_fn_with, endpoint_result_with, hook,
};
use static_assertions::{assert_impl_all, assert_obj_safe};

assert_impl_all!(Context: Send, Sync, Clone, Unpin);
assert_impl_all!(Refusal: Send, Sync, Clone, Failure);
assert_impl_all!(BoxEndpoint<u8, u8, Refusal>: Send, Sync, Clone, Endpoint);
assert_obj_safe!(Failure);

/// Pending `.0` times, then ready.
struct PendingFor(u32);

impl Future for PendingFor {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        Poll::Pending
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Task::from_waker(Waker::noop()))
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
}

async fn double(_: Context, n: u32) -> Result<u32, Refusal> {
    PendingFor(2).await;
    Ok(n * 2)
}

/// A hook that writes down what it is told.
#[derive(Clone)]
struct Journal(&'static str, Arc<Mutex<Vec<String>>>);

impl Journal {
    fn write(&self, what: &str) {
        self.1.lock().expect("no test panics while it holds it").push(format!("{} {what}", self.0));
    }
}

impl<E: Endpoint> Hook<E> for Journal {
    type State = ();

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        self.write("before");
        Ok(())
    }

    fn after(&self, (): (), outcome: Outcome<'_, E::Response, E::Error>) {
        self.write(match outcome {
            Outcome::Response(_) => "response",
            Outcome::Failure(_) => "failure",
            Outcome::Panicked => "panicked",
            Outcome::Dropped => "dropped",
            _ => "unknown",
        });
    }
}

fn journal() -> (Journal, impl Fn() -> Vec<String>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let read = lines.clone();
    (Journal("a", lines), move || {
        std::mem::take(&mut *read.lock().expect("no test panics while it holds it"))
    })
}

#[test]
fn a_context_is_two_words_and_a_boxed_endpoint_is_a_fat_pointer() {
    assert!(size_of::<Context>() <= 16);
    assert_eq!(size_of::<BoxEndpoint<u8, u8, Refusal>>(), 2 * size_of::<usize>());
}

#[test]
fn the_first_layer_of_a_tuple_is_outermost() {
    let (a, read) = journal();
    let b = Journal("b", a.1.clone());
    let endpoint = (hook(a), hook(b)).layer(endpoint_fn(double));
    assert_eq!(run(endpoint.call(Context::new(), 21)).unwrap(), 42);
    assert_eq!(read(), ["a before", "b before", "b response", "a response"]);
}

#[test]
fn a_hook_is_told_of_every_end_exactly_once() {
    let (a, read) = journal();

    let fails = hook(a.clone())
        .layer(endpoint_fn(async |_cx, (): ()| Err::<(), Refusal>(Reason::Overloaded.into())));
    assert!(run(fails.call(Context::new(), ())).is_err());
    assert_eq!(read(), ["a before", "a failure"]);

    let waits = hook(a.clone()).layer(endpoint_fn(double));
    let mut call = Box::pin(waits.call(Context::new(), 1));
    assert!(poll(call.as_mut()).is_pending());
    drop(call);
    assert_eq!(read(), ["a before", "a dropped"]);

    let panics = hook(a).layer(endpoint_fn(async |_cx, (): ()| -> Result<(), Refusal> {
        std::panic::resume_unwind(Box::new("on purpose"))
    }));
    let mut call = Box::pin(panics.call(Context::new(), ()));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(call.as_mut())));
    assert!(caught.is_err());
    assert_eq!(read(), ["a before", "a panicked"]);
    drop(call);
    assert_eq!(read(), Vec::<String>::new(), "a panic is told once, not again when dropped");
}

#[test]
fn a_hook_is_told_of_a_panic_before_there_is_a_future() {
    struct PanicsInCall;

    impl Endpoint for PanicsInCall {
        type Request = ();
        type Response = ();
        type Error = Refusal;

        fn call(&self, _: Context, (): ()) -> impl Future<Output = Result<(), Refusal>> + Send {
            std::panic::resume_unwind(Box::new("on purpose"));
            #[expect(unreachable_code, reason = "it gives the future its type")]
            std::future::ready(Ok(()))
        }
    }

    let (a, read) = journal();
    let endpoint = hook(a).layer(PanicsInCall);
    let call = || drop(endpoint.call(Context::new(), ()));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err());
    assert_eq!(read(), ["a before", "a panicked"]);
}

/// A hook that panics when it is told of the end.
#[derive(Clone)]
struct PanicsAfter;

impl<E: Endpoint> Hook<E> for PanicsAfter {
    type State = ();

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        Ok(())
    }

    fn after(&self, (): (), _: Outcome<'_, E::Response, E::Error>) {
        panic!("second")
    }
}

/// The text `run` panicked with.
fn panic_of<T>(run: impl FnOnce() -> T) -> Option<&'static str> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    caught.err().and_then(|payload| payload.downcast_ref().copied())
}

#[test]
fn a_hook_that_panics_while_a_panic_unwinds_does_not_end_the_process() {
    let (a, read) = journal();
    let endpoint = (hook(a), hook(PanicsAfter))
        .layer(endpoint_fn(async |_cx, (): ()| -> Result<(), Refusal> { panic!("first") }));
    assert_eq!(panic_of(|| run(endpoint.call(Context::new(), ()))), Some("first"));
    assert_eq!(read(), ["a before", "a panicked"]);

    // The call is dropped by a panic that is none of its own.
    let (a, read) = journal();
    let endpoint = (hook(a), hook(PanicsAfter)).layer(endpoint_fn(double));
    let elsewhere = || {
        let _call = endpoint.call(Context::new(), 1);
        panic!("elsewhere")
    };
    assert_eq!(panic_of(elsewhere), Some("elsewhere"));
    assert_eq!(read(), ["a before", "a dropped"]);
}

#[test]
fn a_hook_that_panics_alone_panics_the_call() {
    let (a, read) = journal();
    let endpoint = (hook(a), hook(PanicsAfter)).layer(endpoint_fn(double));
    assert_eq!(panic_of(|| run(endpoint.call(Context::new(), 1))), Some("second"));
    assert_eq!(read(), ["a before", "a panicked"]);
}

/// A hook that panics before the call.
#[derive(Clone)]
struct PanicsBefore;

impl<E: Endpoint> Hook<E> for PanicsBefore {
    type State = ();

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        std::panic::resume_unwind(Box::new("before"))
    }

    fn after(&self, (): (), _: Outcome<'_, E::Response, E::Error>) {}
}

/// A hook that lets nobody pass.
#[derive(Clone)]
struct Refuses;

impl<E: Endpoint> Hook<E> for Refuses {
    type State = ();

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        Err(Refusal::new(Reason::CircuitOpen).into())
    }

    fn after(&self, (): (), _: Outcome<'_, E::Response, E::Error>) {
        unreachable!("nothing was begun")
    }
}

#[test]
fn two_hooks_in_one_are_told_in_the_order_of_two_layers() {
    let (a, read) = journal();
    let b = || Journal("b", a.1.clone());

    let one = hook((a.clone(), b())).layer(endpoint_fn(double));
    assert_eq!(run(one.call(Context::new(), 21)).unwrap(), 42);
    assert_eq!(read(), ["a before", "b before", "b response", "a response"]);

    drop(one.call(Context::new(), 1));
    assert_eq!(read(), ["a before", "b before", "b dropped", "a dropped"]);

    let refused = hook((a.clone(), (b(), Refuses))).layer(endpoint_fn(double));
    assert!(run(refused.call(Context::new(), 1)).is_err());
    assert_eq!(read(), ["a before", "b before", "b failure", "a failure"]);

    let panics = hook(((a.clone(), b()), PanicsBefore)).layer(endpoint_fn(double));
    assert_eq!(panic_of(|| run(panics.call(Context::new(), 1))), Some("before"));
    assert_eq!(read(), ["a before", "b before", "b panicked", "a panicked"]);

    let panics = hook((a.clone(), (b(), PanicsAfter))).layer(endpoint_fn(double));
    assert_eq!(panic_of(|| run(panics.call(Context::new(), 1))), Some("second"));
    assert_eq!(read(), ["a before", "b before", "b panicked", "a panicked"]);
}

#[test]
fn a_refusal_from_before_keeps_the_inner_endpoint_from_being_called() {
    let (inner, read) = journal();
    let endpoint = (hook(Refuses), hook(inner)).layer(endpoint_fn(double));
    let refused = run(endpoint.call(Context::new(), 1)).unwrap_err();
    assert_eq!(refused.reason(), Reason::CircuitOpen);
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(read().is_empty());
}

#[test]
fn what_a_hook_puts_into_the_context_reaches_the_endpoint() {
    #[derive(Clone)]
    struct Tag;

    impl<E: Endpoint<Request = u32>> Hook<E> for Tag {
        type State = ();

        fn before(&self, cx: &mut Context, request: &mut u32) -> Result<(), E::Error> {
            cx.insert(RequestId::from("r-1"));
            *request += 1;
            Ok(())
        }

        fn after(&self, (): (), _: Outcome<'_, E::Response, E::Error>) {}
    }

    let endpoint = hook(Tag).layer(endpoint_fn(async |cx: Context, n: u32| {
        Ok::<_, Refusal>((n, cx.get::<RequestId>().cloned()))
    }));
    let answer = run(endpoint.call(Context::new(), 1)).unwrap();
    assert_eq!(answer, (2, Some(RequestId::from("r-1"))));
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
fn deriving_leaves_the_original_as_it_was() {
    let now = Instant::now();
    let base = Context::received(now, Operation::new("svc", "Get")).with(1_u8);
    let derived =
        base.clone().with(2_u8).with("text").with_operation(Operation::new("other", "Put"));
    assert_eq!(base.get::<u8>(), Some(&1));
    assert_eq!(derived.get::<u8>(), Some(&2));
    assert_eq!(base.get::<&str>(), None);
    assert_eq!(base.operation(), Some(&Operation::new("svc", "Get")));
    assert_eq!(derived.operation(), Some(&Operation::new("other", "Put")));
    assert_eq!(derived.arrival(), Some(now));
}

#[test]
fn a_deadline_is_brought_forward_and_never_put_off() {
    let now = Instant::now();
    let second = Duration::from_secs(1);
    let cx = Context::new().with_deadline(now + 5 * second);
    assert_eq!(cx.clone().with_deadline(now + 9 * second).deadline(), Some(now + 5 * second));
    assert_eq!(cx.clone().with_deadline(now + second).deadline(), Some(now + second));
    assert_eq!(cx.clone().without_deadline().deadline(), None);
    assert!(!cx.is_expired(now));
    assert!(cx.is_expired(now + 5 * second));
    assert_eq!(cx.remaining(now + 9 * second), Some(Duration::ZERO));
    assert_eq!(Context::new().remaining(now), None);
}

#[test]
fn a_long_list_of_values_is_dropped_without_recursion() {
    let mut cx = Context::new();
    for n in 0..200_000_u32 {
        cx.insert(n);
    }
    let shared = cx.clone();
    drop(cx);
    assert_eq!(shared.get::<u32>(), Some(&199_999));
}

#[test]
fn an_outgoing_call_has_a_beginning_of_its_own_and_the_deadline_of_its_caller() {
    let now = Instant::now();
    let second = Duration::from_secs(1);
    let serving = Context::received(now, Operation::new("gateway", "Show"))
        .with_deadline(now + 5 * second)
        .with(7_u8);
    let calling = serving.clone().outgoing(now + second, Operation::new("todosvc", "List"));
    assert_eq!(calling.operation(), Some(&Operation::new("todosvc", "List")));
    assert_eq!(calling.arrival(), Some(now + second));
    assert_eq!(calling.deadline(), Some(now + 5 * second));
    assert_eq!(calling.get::<u8>(), Some(&7));
    assert_eq!(serving.operation(), Some(&Operation::new("gateway", "Show")));
    assert_eq!(serving.arrival(), Some(now));
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
