//! The loop of everything that sends.

use std::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
    time::{Duration, SystemTime},
};

use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use super::{Backoff, Encode, Request, Schedule, chance};
use crate::{PushStats, Registry, SendError, Transport};

/// Sends the metrics of a registry in intervals. Made by the `attach` of a builder, such as
/// that of `StatsdBuilder`.
///
/// It does nothing by itself: await [`run`](Self::run), or [`spawn`](Self::spawn) it.
///
/// # A receiver that is down
///
/// Counters are sent as what came since the last time that worked, or as their sums, whichever the
/// protocol wants. Either way their increments wait in the metrics themselves, whole and in no more
/// memory, and arrive once the receiver is back. Gauges are sent as they are by then. Where
/// observations are sent one by one, as many wait as there is room for. The service is never held
/// up: it knows nothing of the exporter.
///
/// A request that failed is tried again after a second, then after twice as long each time up to
/// the interval and an hour at most, with some randomness, or when the receiver says. Where a request carries the time
/// of its values, and it is not known whether it arrived, it is sent again as it was, because the
/// receiver then takes it once. Otherwise it may be taken twice if an answer got lost, or, over UDP,
/// not at all: a network loses datagrams without telling.
///
/// What the receiver rejects is dropped, and [counted](PushStats::dropped); its words are in
/// [`PushStats::last_error`].
///
/// # How it tells
///
/// By [`PushStats`], and by two counters of the registry, which all its backends show once they are
/// not zero: `oxkit_metrics_push_failures_total` and `oxkit_metrics_push_dropped_total`, labelled by
/// `exporter`. Its values are the names of the features: `statsd`, `influxdb`.
#[must_use = "an exporter sends nothing until it runs"]
pub struct Exporter {
    driver: Box<dyn Drive>,
    schedule: Schedule,
    stats: PushStats,
}

impl Exporter {
    pub(crate) fn new<E: Encode, T: Transport + 'static>(
        schedule: Schedule,
        registry: Registry,
        encode: E,
        transport: T,
        stats: PushStats,
    ) -> Self {
        registry.watch(E::NAME, stats.clone());
        let driver = Driver {
            registry,
            encode,
            transport,
            schedule: schedule.clone(),
            stats: stats.clone(),
            in_flight: None,
        };
        Self { driver: Box::new(driver), schedule, stats }
    }

    /// How sending goes.
    #[must_use]
    pub fn stats(&self) -> PushStats {
        self.stats.clone()
    }

    /// Sends in intervals until `shutdown` is done, then once more, and ends. Spawn it, and await
    /// its end before the program's.
    ///
    /// The last flush has its own time limit (5 s unless set), also if it finds another one under
    /// way.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it sends nothing more; what came since the last interval is not sent.
    pub async fn run(mut self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let mut backoff = Backoff::new(self.schedule.interval);
        let mut next = after(Instant::now(), self.schedule.interval);
        loop {
            if timeout_at(next, &mut shutdown).await.is_ok() {
                let until = after(Instant::now(), self.schedule.last_flush);
                return self.end(until).await;
            }
            let began = Instant::now();
            next = match self.flush_until(shutdown.as_mut()).await {
                Flushed::Well => {
                    backoff.succeeded();
                    after(began, self.schedule.interval)
                }
                Flushed::Badly(error) => Instant::now() + backoff.failed(error.after, chance()),
                Flushed::Late(until) => return self.end(until).await,
            };
        }
    }

    /// As [`run`](Self::run) in a task of its own, which ends with what is returned.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn spawn(self) -> ExporterTask {
        let stats = self.stats();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(self.run(async {
            // Both say stop: the word, and that nobody is left to say it.
            let _ = stopped.await;
        }));
        ExporterTask { stop: Some(stop), task, stats }
    }

    /// Sends what there is now. [`run`](Self::run) does this; it is for programs that end by
    /// themselves, such as jobs.
    ///
    /// The first request that fails ends it, since the next would fare no better. What was not sent
    /// is kept for the next time. A rejection does not end it: what is rejected is dropped.
    ///
    /// # Errors
    ///
    /// The first thing that went wrong.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it keeps what it has not sent for the next time. The request on its way may have
    /// arrived, and is then sent twice.
    pub async fn flush(&mut self) -> Result<(), SendError> {
        self.driver.flush().await
    }

    /// Flushes, and if `shutdown` is done meanwhile, goes on for as long as the last flush may take.
    async fn flush_until(&mut self, mut shutdown: Pin<&mut impl Future<Output = ()>>) -> Flushed {
        let mut flush = self.driver.flush();
        let done = poll_fn(|cx| {
            if let Poll::Ready(flushed) = flush.as_mut().poll(cx) {
                return Poll::Ready(Some(flushed));
            }
            shutdown.as_mut().poll(cx).map(|()| None)
        });
        match done.await {
            Some(Err(error)) if !error.is_rejected() => Flushed::Badly(error),
            Some(_) => Flushed::Well,
            None => {
                let until = after(Instant::now(), self.schedule.last_flush);
                // It failed or it did not: the last flush comes anyway.
                let _ = timeout_at(until, flush).await;
                Flushed::Late(until)
            }
        }
    }

    /// The last flush. What it cannot send is lost with the program, and counted.
    async fn end(&mut self, until: Instant) {
        match timeout_at(until, self.driver.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.is_rejected() => {}
            _ => self.driver.give_up(),
        }
    }
}

/// A moment, or if there is none that late, one that nobody lives to see.
fn after(start: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);
    start + wait.min(CENTURY)
}

enum Flushed {
    Well,
    Badly(SendError),
    /// The program ends: so much time is left.
    Late(Instant),
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("schedule", &self.schedule)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

/// An [`Exporter`] that runs in a task. Dropped, the task is stopped without a last flush.
///
#[cfg_attr(feature = "statsd", doc = "```")]
#[cfg_attr(not(feature = "statsd"), doc = "```ignore")]
/// use oxkit_metrics::{Registry, StatsdBuilder, Udp};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oxkit_metrics::MetricError> {
/// let registry = Registry::new();
/// let exporter = StatsdBuilder::statsd().attach(&registry, Udp::new("127.0.0.1:8125"))?.spawn();
/// registry.counter("orders", "Orders placed.")?.increment();
///
/// // At the end of the program, after the servers have ended.
/// exporter.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "dropped, it sends nothing more"]
pub struct ExporterTask {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    stats: PushStats,
}

impl ExporterTask {
    /// How sending goes.
    #[must_use]
    pub fn stats(&self) -> PushStats {
        self.stats.clone()
    }

    /// Sends once more and ends, within the time limit of the last flush.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the task is stopped at once.
    pub async fn shutdown(mut self) {
        self.stop.take();
        // It does not panic, and if it did there would be nothing left to do here.
        let _ = (&mut self.task).await;
    }
}

impl Drop for ExporterTask {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An encoder and a transport together, whichever they are: all that the loop needs to know.
trait Drive: Send {
    fn flush(&mut self) -> Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + '_>>;

    /// Counts what is left as dropped, but for what is told of sending itself.
    fn give_up(&mut self);
}

struct Driver<E: Encode, T> {
    registry: Registry,
    encode: E,
    transport: T,
    schedule: Schedule,
    stats: PushStats,
    /// The request that is being sent. It is here and not in the future, so that it survives when
    /// that is dropped.
    in_flight: Option<Request<E::Receipt>>,
}

impl<E: Encode, T: Transport> Driver<E, T> {
    fn encode(&mut self) -> Vec<Request<E::Receipt>> {
        self.encode.encode(&self.registry.snapshot(), SystemTime::now(), &self.stats)
    }

    /// Sends the request in flight, if there is one. Rejected ones are settled too.
    async fn send(&mut self) -> Result<(), SendError> {
        let Some(Request { bytes, values, .. }) = &self.in_flight else { return Ok(()) };
        let values = *values;
        let limit = self.schedule.send_timeout;
        let sent = timeout(limit, self.transport.send(bytes)).await;
        let sent = sent.unwrap_or_else(|_| Err(SendError::new(format!("no answer in {limit:?}"))));
        match &sent {
            Ok(()) => self.stats.count_sent(),
            Err(error) => {
                self.stats.count_failure(error);
                if error.is_rejected() {
                    self.stats.count_dropped(error.values.unwrap_or(values).min(values));
                } else {
                    if !E::RESENDS {
                        self.in_flight = None;
                    }
                    return sent;
                }
            }
        }
        if let Some(request) = self.in_flight.take() {
            self.encode.settle(request.receipt);
        }
        sent
    }
}

impl<E: Encode, T: Transport> Drive for Driver<E, T> {
    fn flush(&mut self) -> Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + '_>> {
        Box::pin(async {
            if !E::RESENDS {
                // Of a flush that was given up.
                self.in_flight = None;
            }
            let mut outcome = Ok(());
            let mut note = |sent: Result<(), SendError>| match sent {
                Err(error) if error.is_rejected() => {
                    if outcome.is_ok() {
                        outcome = Err(error);
                    }
                    Ok(())
                }
                other => other,
            };
            note(self.send().await)?;
            for request in self.encode() {
                self.in_flight = Some(request);
                note(self.send().await)?;
            }
            outcome
        })
    }

    fn give_up(&mut self) {
        let in_flight = self.in_flight.take();
        let mut left = in_flight.as_ref().map_or(0, |request| request.values);
        if let Some(request) = in_flight {
            self.encode.settle(request.receipt);
        }
        let snapshot = self.registry.snapshot().without_pushed();
        let rest = self.encode.encode(&snapshot, SystemTime::now(), &self.stats);
        left += rest.iter().map(|request| request.values).sum::<u64>();
        self.stats.count_dropped(left);
    }
}
