//! Hooks: in which order they are told, of what, and that they are told once.

use oxkit_core::{
    Context, Endpoint, ErrorKind, Failure, Hook, Layer, Outcome, Reason, Refusal, RequestId,
    endpoint_fn, hook,
};

use crate::support::{Journal, double, journal, poll, run};

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
