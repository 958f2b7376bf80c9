//! An endpoint that does as the request says and keeps count.

use std::{
    num::NonZeroU32,
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Reason, Refusal};
use oxkit_ratelimit::Quota;
use tokio::sync::Semaphore;

pub(crate) const MILLI: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) type Answer = Result<u32, Refusal>;

/// What the endpoint is to do.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Answer(u32),
    Fail(ErrorKind),
    /// Answer once the test [opens](Probe::open).
    Wait(u32),
    /// Answer after some time.
    Sleep(Duration),
    PanicInCall,
    PanicInPoll,
}

/// The endpoint. Clones share the counts.
#[derive(Debug, Clone)]
pub(crate) struct Probe(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    in_flight: AtomicUsize,
    calls: AtomicUsize,
    started: Semaphore,
    gate: Semaphore,
    deadline: std::sync::Mutex<Option<Instant>>,
}

impl Probe {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Counts {
            in_flight: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
            started: Semaphore::new(0),
            gate: Semaphore::new(0),
            deadline: std::sync::Mutex::default(),
        }))
    }

    /// How many calls are in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.0.in_flight.load(SeqCst)
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(SeqCst)
    }

    /// Waits until `calls` more have started.
    pub(crate) async fn started(&self, calls: u32) {
        self.0.started.acquire_many(calls).await.expect("never closed").forget();
    }

    /// Lets `calls` that wait go on.
    pub(crate) fn open(&self, calls: usize) {
        self.0.gate.add_permits(calls);
    }

    /// The deadline of the last call.
    pub(crate) fn last_deadline(&self) -> Option<Instant> {
        *self.0.deadline.lock().expect("no panic while it is held")
    }
}

/// A call in flight.
struct InFlight(Arc<Counts>);

impl InFlight {
    fn begin(counts: &Arc<Counts>) -> Self {
        counts.in_flight.fetch_add(1, SeqCst);
        Self(counts.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, SeqCst);
    }
}

impl Endpoint for Probe {
    type Request = Ask;
    type Response = u32;
    type Error = Refusal;

    fn call(&self, cx: Context, request: Ask) -> impl Future<Output = Answer> + Send {
        let counts = &self.0;
        counts.calls.fetch_add(1, SeqCst);
        *counts.deadline.lock().expect("no panic while it is held") = cx.deadline();
        if matches!(request, Ask::PanicInCall) {
            resume_unwind(Box::new("on purpose"));
        }
        async move {
            let _in_flight = InFlight::begin(counts);
            counts.started.add_permits(1);
            match request {
                Ask::Answer(n) => Ok(n),
                Ask::Fail(kind) => Err(Refusal::of_kind(kind, "as asked for")),
                Ask::Wait(n) => {
                    counts.gate.acquire().await.expect("never closed").forget();
                    Ok(n)
                }
                Ask::Sleep(time) => {
                    tokio::time::sleep(time).await;
                    Ok(0)
                }
                Ask::PanicInCall | Ask::PanicInPoll => resume_unwind(Box::new("on purpose")),
            }
        }
    }
}

/// Why a call was refused, or `None` if it was answered.
pub(crate) fn reason(answer: &Answer) -> Option<Reason> {
    answer.as_ref().err().map(Refusal::reason)
}

/// When a call was told to come back.
pub(crate) fn advice(answer: &Answer) -> Option<Duration> {
    answer.as_ref().err().and_then(Failure::retry_after)
}

/// A context that ends so long from now on tokio's clock.
pub(crate) fn within(time: Duration) -> Context {
    Context::new().with_deadline((tokio::time::Instant::now() + time).into_std())
}

/// So many a second, so many at once.
pub(crate) fn per_second(count: u32, burst: u32) -> Quota {
    let some = |n| NonZeroU32::new(n).expect("not zero");
    Quota::per_second(some(count)).burst(some(burst))
}
