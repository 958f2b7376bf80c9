//! What every layer must keep.

use std::{sync::Arc, time::Duration};

use oxkit_core::{Context, Endpoint, ErrorKind, Layer};

use crate::{Answer, Ask, DomainError, Mark, Probe, within};

/// How many calls are in flight at once during a check.
pub const AT_ONCE: u32 = 100;

/// The longest deadline of a check.
const HOUR: Duration = Duration::from_secs(3600);

/// What every layer must keep: answers and errors pass unchanged, calls do not wait for each other,
/// the context reaches the inner endpoint, dropping cancels, a panic leaves nothing behind.
///
/// It is checked with a layer that lets at least [`AT_ONCE`] calls through at once and all that
/// follow, none of them for more than an hour.
#[derive(Debug, Clone, Copy)]
#[must_use = "a contract does nothing until a layer is checked"]
pub struct Contract {
    panics: u32,
    go_through: bool,
    context: bool,
}

impl Default for Contract {
    fn default() -> Self {
        Self::new()
    }
}

impl Contract {
    /// The contract as it is for most layers.
    pub const fn new() -> Self {
        Self { panics: AT_ONCE, go_through: true, context: true }
    }

    /// For a layer that takes many panics in a row as a sign.
    pub const fn with_few_panics(mut self) -> Self {
        self.panics = 1;
        self
    }

    /// For a layer that may make an error of a panic.
    pub const fn panics_may_be_caught(mut self) -> Self {
        self.go_through = false;
        self
    }

    /// For a layer that has no place for the context.
    pub const fn without_the_context(mut self) -> Self {
        self.context = false;
        self
    }

    /// Checks that `layer` keeps it.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub async fn check<L>(self, layer: L)
    where
        L: Layer<Probe>,
        L::Service: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
    {
        let probe = Probe::new();
        let endpoint = Arc::new(layer.layer(probe.clone()));
        passes_the_answer_and_the_error(&*endpoint).await;
        if self.context {
            passes_the_context(&probe, &*endpoint).await;
        }
        serves_many_at_once(&probe, &endpoint).await;
        cancels_when_dropped(&probe, &endpoint).await;
        self.survives_panics(&probe, &endpoint).await;
        serves_many_at_once(&probe, &endpoint).await;
    }

    async fn survives_panics<E>(self, probe: &Probe, endpoint: &Arc<E>)
    where
        E: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
    {
        for _ in 0..self.panics {
            for ask in [Ask::PanicInCall, Ask::PanicInPoll] {
                match begin(endpoint, ask).await {
                    Ok(answer) => assert!(
                        !self.go_through && answer.is_err(),
                        "a panic ends with {answer:?} and not with the task"
                    ),
                    Err(end) => assert!(end.is_panic()),
                }
            }
        }
        assert_eq!(probe.in_flight(), 0);
        assert_eq!(endpoint.call(Context::new(), Ask::Answer(1)).await, Ok(1));
    }
}

async fn passes_the_answer_and_the_error<E>(endpoint: &E)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError>,
{
    assert_eq!(endpoint.call(Context::new(), Ask::Answer(7)).await, Ok(7));
    for kind in ErrorKind::ALL {
        let error = endpoint.call(Context::new(), Ask::Fail(kind)).await;
        assert_eq!(error, Err(DomainError::Of(kind)));
    }
}

async fn passes_the_context<E>(probe: &Probe, endpoint: &E)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError>,
{
    let cx = within(HOUR / 2).with(Mark(3));
    let deadline = cx.deadline();
    assert_eq!(endpoint.call(cx, Ask::Answer(0)).await, Ok(0));
    assert_eq!(probe.last_context(), Some((deadline, Some(Mark(3)))));
}

async fn serves_many_at_once<E>(probe: &Probe, endpoint: &Arc<E>)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
{
    let calls: Vec<_> = (0..AT_ONCE).map(|n| begin(endpoint, Ask::Wait(n))).collect();
    while probe.in_flight() < AT_ONCE as usize {
        probe.started(1).await;
    }
    probe.open(AT_ONCE as usize);
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await.expect("it does not panic"), Ok(n));
    }
    assert_eq!(probe.in_flight(), 0);
}

async fn cancels_when_dropped<E>(probe: &Probe, endpoint: &Arc<E>)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
{
    // More than fit at once: what a dropped call held is there for the next.
    for _ in 0..AT_ONCE * 2 {
        let call = begin(endpoint, Ask::Wait(0));
        while probe.in_flight() == 0 {
            probe.started(1).await;
        }
        call.abort();
        let end = call.await.expect_err("it waits for ever");
        assert!(end.is_cancelled());
        assert_eq!(probe.in_flight(), 0);
    }
}

/// A call on a task of its own.
fn begin<E>(endpoint: &Arc<E>, ask: Ask) -> tokio::task::JoinHandle<Answer>
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError> + 'static,
{
    let endpoint = endpoint.clone();
    tokio::spawn(async move { endpoint.call(Context::new(), ask).await })
}
