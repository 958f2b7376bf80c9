//! An endpoint that does as the request says and keeps count, and an error type of a domain.

use std::{
    error::Error,
    fmt,
    panic::resume_unwind,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Reason, Refusal};
use tokio::sync::Semaphore;

/// What a domain fails with. Compared in tests, so a refusal is kept by what it says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DomainError {
    Of(ErrorKind),
    Refused(Reason, Option<Duration>),
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for DomainError {}

impl Failure for DomainError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Of(kind) => *kind,
            Self::Refused(reason, _) => reason.kind(),
        }
    }
}

impl From<Refusal> for DomainError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.reason(), refusal.retry_after())
    }
}

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
    contexts: Mutex<Vec<(Option<Instant>, Option<Mark>)>>,
}

/// A value that tests put into a context.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mark(pub u32);

impl Probe {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Counts {
            in_flight: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
            started: Semaphore::new(0),
            gate: Semaphore::new(0),
            contexts: Mutex::default(),
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
        let started = self.0.started.acquire_many(calls).await;
        started.expect("never closed").forget();
    }

    /// Lets `calls` that wait go on.
    pub(crate) fn open(&self, calls: usize) {
        self.0.gate.add_permits(calls);
    }

    /// The deadline and the mark of the last call.
    pub(crate) fn last_context(&self) -> (Option<Instant>, Option<Mark>) {
        let contexts = self.0.contexts.lock().expect("no panic while it is held");
        contexts.last().copied().expect("there was a call")
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
    type Error = DomainError;

    fn call(
        &self,
        cx: Context,
        request: Ask,
    ) -> impl Future<Output = Result<u32, DomainError>> + Send {
        let counts = &self.0;
        counts.calls.fetch_add(1, SeqCst);
        let seen = (cx.deadline(), cx.get::<Mark>().copied());
        counts.contexts.lock().expect("no panic while it is held").push(seen);
        if matches!(request, Ask::PanicInCall) {
            resume_unwind(Box::new("on purpose"));
        }
        async move {
            let _in_flight = InFlight::begin(counts);
            counts.started.add_permits(1);
            match request {
                Ask::Answer(n) => Ok(n),
                Ask::Fail(kind) => Err(DomainError::Of(kind)),
                Ask::Wait(n) => {
                    let opened = counts.gate.acquire().await;
                    opened.expect("never closed").forget();
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

/// What [`Ask::Fail`] fails with when the endpoint is down.
pub(crate) const DOWN: Ask = Ask::Fail(ErrorKind::Unavailable);

/// The result of a call that a breaker refused, with this advice in seconds.
pub(crate) fn refused(seconds: Option<u64>) -> Result<u32, DomainError> {
    Err(DomainError::Refused(Reason::CircuitOpen, seconds.map(Duration::from_secs)))
}
