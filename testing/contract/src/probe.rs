//! An endpoint that does as the request says and keeps count.

use std::{
    panic::resume_unwind,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use oxkit_core::{Context, Endpoint, ErrorKind};
use tokio::sync::Semaphore;

use crate::{Answer, DomainError};

/// What the endpoint is to do.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Answer.
    Answer(u32),
    /// Fail.
    Fail(ErrorKind),
    /// Answer once the test [opens](Probe::open).
    Wait(u32),
    /// Answer after some time.
    Sleep(Duration),
    /// Panic before there is a future.
    PanicInCall,
    /// Panic when the future is polled.
    PanicInPoll,
}

/// The endpoint. Clones share the counts.
#[derive(Debug, Clone)]
pub struct Probe(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    in_flight: AtomicUsize,
    most: AtomicUsize,
    calls: AtomicUsize,
    started: Semaphore,
    gate: Semaphore,
    last: Mutex<Option<(Option<Instant>, Option<Mark>)>>,
}

/// A value that tests put into a context.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark(pub u32);

impl Default for Probe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe {
    /// An endpoint that nobody has called.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Counts {
            in_flight: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
            started: Semaphore::new(0),
            gate: Semaphore::new(0),
            last: Mutex::default(),
        }))
    }

    /// How many calls are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.0.in_flight.load(SeqCst)
    }

    /// The most that were in flight at once.
    #[must_use]
    pub fn most(&self) -> usize {
        self.0.most.load(SeqCst)
    }

    /// How many calls there were.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.0.calls.load(SeqCst)
    }

    /// Waits until `calls` more have started.
    ///
    /// # Panics
    ///
    /// Never: what it waits for is never closed.
    pub async fn started(&self, calls: u32) {
        let started = self.0.started.acquire_many(calls).await;
        started.expect("it is never closed").forget();
    }

    /// Lets `calls` that wait go on.
    pub fn open(&self, calls: usize) {
        self.0.gate.add_permits(calls);
    }

    /// The deadline and the mark of the last call, if there was one.
    ///
    /// # Panics
    ///
    /// Never: nothing panics while it is held.
    #[must_use]
    pub fn last_context(&self) -> Option<(Option<Instant>, Option<Mark>)> {
        *self.0.last.lock().expect("nothing panics while it is held")
    }
}

/// A call in flight.
struct InFlight(Arc<Counts>);

impl InFlight {
    fn begin(counts: &Arc<Counts>) -> Self {
        let now = counts.in_flight.fetch_add(1, SeqCst) + 1;
        counts.most.fetch_max(now, SeqCst);
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

    fn call(&self, cx: Context, request: Ask) -> impl Future<Output = Answer> + Send {
        let counts = &self.0;
        counts.calls.fetch_add(1, SeqCst);
        let seen = (cx.deadline(), cx.get::<Mark>().copied());
        *counts.last.lock().expect("nothing panics while it is held") = Some(seen);
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
                    opened.expect("it is never closed").forget();
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

/// A context that ends so long from now on tokio's clock.
#[must_use]
pub fn within(time: Duration) -> Context {
    Context::new().with_deadline((tokio::time::Instant::now() + time).into_std())
}
