//! What the endpoint layer says of a call, however it ends.

use std::{
    future::pending,
    panic::resume_unwind,
    sync::Arc,
    time::{Duration, Instant},
};

use oxkit_core::{
    CarriesFailure, Context, Endpoint, ErrorKind, Failure, Layer, Operation, Reason, Refusal,
    endpoint_fn, hook,
};
use oxkit_metrics::{Buckets, Distribution, Measure, Registry, Snapshot};
use static_assertions::assert_impl_all;
use testing_contract::{Contract, contract};

assert_impl_all!(Measure: Send, Sync, Clone);

const ADD: Operation = Operation::new("todosvc", "Add");
const LIST: Operation = Operation::new("todosvc", "List");

#[derive(Debug, Clone)]
enum Ask {
    Answer,
    AnswerWithError,
    Fail(ErrorKind),
    Refuse,
    Sleep(Duration),
    Wait,
    PanicInCall,
    PanicInPoll,
}

/// A response that may carry a business error.
struct Answer(Option<Refusal>);

impl CarriesFailure for Answer {
    fn failure(&self) -> Option<&dyn Failure> {
        self.0.as_ref().map(|failure| failure as _)
    }
}

struct Probe;

impl Endpoint for Probe {
    type Request = Ask;
    type Response = Answer;
    type Error = Refusal;

    fn call(&self, _: Context, ask: Ask) -> impl Future<Output = Result<Answer, Refusal>> + Send {
        if matches!(ask, Ask::PanicInCall) {
            resume_unwind(Box::new("on purpose"));
        }
        async move {
            match ask {
                Ask::Answer => Ok(Answer(None)),
                Ask::AnswerWithError => {
                    Ok(Answer(Some(Refusal::of_kind(ErrorKind::NotFound, "no such item"))))
                }
                Ask::Fail(kind) => Err(Refusal::of_kind(kind, "failed")),
                Ask::Refuse => Err(Reason::CircuitOpen.into()),
                Ask::Sleep(time) => {
                    tokio::time::sleep(time).await;
                    Ok(Answer(None))
                }
                Ask::Wait => pending().await,
                Ask::PanicInCall | Ask::PanicInPoll => resume_unwind(Box::new("on purpose")),
            }
        }
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Makes one call on a task of its own, and gives it up if it waits.
async fn ask<E>(endpoint: &Arc<E>, cx: Context, ask: Ask)
where
    E: Endpoint<Request = Ask> + 'static,
{
    let endpoint = endpoint.clone();
    let waits = matches!(ask, Ask::Wait);
    let call = tokio::spawn(async move {
        let _ = endpoint.call(cx, ask).await;
    });
    if waits {
        tokio::task::yield_now().await;
        call.abort();
    }
    let _ = call.await;
}

fn of(operation: &Operation) -> [(&'static str, &str); 2] {
    [("service", operation.service()), ("method", operation.method())]
}

/// Calls that began, calls that ended, and calls in flight.
fn counts(seen: &Snapshot, operation: &Operation) -> (f64, u64, f64) {
    let labels = of(operation);
    (
        seen.number("endpoint_requests_total", &labels).unwrap_or_default(),
        seen.distribution("endpoint_duration_seconds", &labels).map_or(0, Distribution::count),
        seen.number("endpoint_in_flight", &labels).unwrap_or_default(),
    )
}

/// All errors of all operations, as `service/method outcome kind count`.
fn errors(seen: &Snapshot) -> Vec<String> {
    let all = seen.metrics().iter().find(|metric| metric.desc.name() == "endpoint_errors_total");
    let series = all.expect("it was made").series.iter();
    series
        .map(|series| {
            let values: Vec<_> = series.labels.values().collect();
            format!(
                "{}/{} {} {} {}",
                values[0],
                values[1],
                values[2],
                values[3],
                series.value.number().expect("a counter")
            )
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_way_to_end_is_counted_once() {
    let check = async |business: bool, asked: Ask, expected: &[&str]| {
        let registry = Registry::new();
        let measure = Measure::new(&registry).unwrap().for_operation(ADD);
        for times in 1..=3_u32 {
            if business {
                let endpoint = measure.clone().with_business_errors().layer(Probe);
                ask(&Arc::new(endpoint), Context::new(), asked.clone()).await;
            } else {
                let endpoint = measure.layer(Probe);
                ask(&Arc::new(endpoint), Context::new(), asked.clone()).await;
            }
            let seen = registry.snapshot();
            assert_eq!(counts(&seen, &ADD), (times.into(), u64::from(times), 0.0), "{asked:?}");
            let expected: Vec<_> =
                expected.iter().map(|what| format!("todosvc/Add {what} {times}")).collect();
            assert_eq!(errors(&seen), expected, "{asked:?}");
        }
    };
    for business in [false, true] {
        check(business, Ask::Answer, &[]).await;
        check(business, Ask::Refuse, &["error UNAVAILABLE"]).await;
        check(business, Ask::Wait, &["cancelled CANCELLED"]).await;
        check(business, Ask::PanicInCall, &["panicked INTERNAL"]).await;
        check(business, Ask::PanicInPoll, &["panicked INTERNAL"]).await;
        for kind in ErrorKind::ALL {
            check(business, Ask::Fail(kind), &[&format!("error {}", kind.name())]).await;
        }
    }
    check(false, Ask::AnswerWithError, &[]).await;
    check(true, Ask::AnswerWithError, &["business_error NOT_FOUND"]).await;
}

#[tokio::test(start_paused = true)]
async fn time_is_taken_from_the_arrival_or_from_the_call() {
    let registry = Registry::new();
    let buckets = Buckets::new(&[1.0, 2.0]).unwrap();
    let measure = Measure::prefixed(&registry, "server", buckets).unwrap().with_clock(now);
    let endpoint = Arc::new(measure.layer(Probe));
    let second = Duration::from_secs(1);
    let sum = |registry: &Registry| {
        let seen = registry.snapshot();
        seen.distribution("server_duration_seconds", &of(&ADD)).map(Distribution::sum)
    };

    let arrival = now();
    tokio::time::advance(second).await;
    ask(&endpoint, Context::received(arrival, ADD), Ask::Sleep(second)).await;
    assert_eq!(sum(&registry), Some(2.0));
    ask(&endpoint, Context::new().with_operation(ADD), Ask::Sleep(second)).await;
    assert_eq!(sum(&registry), Some(3.0));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_counts_for_the_operation_of_each_call() {
    let registry = Registry::new();
    let endpoint = Arc::new(Measure::new(&registry).unwrap().layer(Probe));
    let unknown = Operation::new("unknown", "unknown");
    for _ in 0..2 {
        ask(&endpoint, Context::new().with_operation(ADD), Ask::Answer).await;
        ask(&endpoint, Context::new().with_operation(LIST), Ask::Refuse).await;
        ask(&endpoint, Context::new(), Ask::Wait).await;
    }
    let seen = registry.snapshot();
    for operation in [ADD, LIST, unknown] {
        assert_eq!(counts(&seen, &operation), (2.0, 2, 0.0), "{operation}");
    }
    assert_eq!(
        errors(&seen),
        ["todosvc/List error UNAVAILABLE 2", "unknown/unknown cancelled CANCELLED 2"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_given_operation_counts_whatever_the_context_says() {
    let registry = Registry::new();
    let measure = Measure::new(&registry).unwrap().for_operation(ADD);
    assert_eq!(registry.snapshot().number("endpoint_requests_total", &of(&ADD)), Some(0.0));
    let endpoint = Arc::new(measure.layer(Probe));
    ask(&endpoint, Context::new().with_operation(LIST), Ask::Answer).await;
    let seen = registry.snapshot();
    assert_eq!(counts(&seen, &ADD), (1.0, 1, 0.0));
    assert_eq!(seen.value("endpoint_requests_total", &of(&LIST)), None);
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_seen_while_they_are() {
    let registry = Registry::new();
    let endpoint = Measure::new(&registry).unwrap().for_operation(ADD).layer(Probe);
    let calls: Vec<_> = (0..10).map(|_| endpoint.call(Context::new(), Ask::Wait)).collect();
    assert_eq!(counts(&registry.snapshot(), &ADD), (10.0, 0, 10.0));
    drop(calls);
    assert_eq!(counts(&registry.snapshot(), &ADD), (10.0, 10, 0.0));
}

#[tokio::test]
async fn operations_without_end_stay_within_the_bound() {
    let registry = Registry::new();
    let echo = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(()));
    let endpoint = Measure::new(&registry).unwrap().layer(echo);
    for n in 0..3_000 {
        let cx = Context::new().with_operation(Operation::named("svc", &*format!("m{n}")));
        endpoint.call(cx, ()).await.unwrap();
    }
    let seen = registry.snapshot();
    let requests = seen.metrics().iter().find(|m| m.desc.name() == "endpoint_requests_total");
    let series = &requests.unwrap().series;
    assert!(series.len() <= 1026, "{}", series.len());
    assert_eq!(series.iter().filter_map(|s| s.value.number()).sum::<f64>(), 3_000.0);
    let rest = seen.number(
        "endpoint_requests_total",
        &[("service", "__overflow__"), ("method", "__overflow__")],
    );
    assert!(rest > Some(1_900.0), "{rest:?}");
}

#[test]
fn two_measures_of_one_registry_are_the_same_metrics() {
    let registry = Registry::new();
    assert!(Measure::new(&registry).is_ok());
    assert!(Measure::new(&registry).is_ok());
    assert!(Measure::prefixed(&registry, "client", Buckets::log_linear()).is_ok());
    assert!(Measure::prefixed(&registry, "client", Buckets::default()).unwrap_err().is_conflict());
    assert!(Measure::prefixed(&registry, "a.b", Buckets::default()).unwrap_err().is_invalid_name());
    let bare = Measure::prefixed(&registry, "", Buckets::default()).unwrap().for_operation(ADD);
    assert_eq!(registry.snapshot().number("requests_total", &of(&ADD)), Some(0.0), "{bare:?}");
}

contract! {
    Contract::new() =>
    it_keeps_what_every_layer_must: Measure::new(&Registry::new()).unwrap();
    as_a_hook_it_does_so_too: hook(Measure::new(&Registry::new()).unwrap());
}
