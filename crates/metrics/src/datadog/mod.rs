//! Events and service checks, which Datadog's agent takes beside metrics.
//!
//! ```
//! use oxkit_metrics::{Registry, StatsdBuilder, Udp, datadog::{Alert, Event, ServiceCheck, Status}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), oxkit_metrics::MetricError> {
//! let registry = Registry::new();
//! let agent = Udp::new("127.0.0.1:8125");
//! let (exporter, events) = StatsdBuilder::dog_statsd().attach_with_events(&registry, agent)?;
//! let exporter = exporter.spawn();
//!
//! events.send(&Event::new("Deployed", "version 7").alert(Alert::Success).tags(&[("env", "test")]));
//! events.check(&ServiceCheck::new("shop.database", Status::Ok));
//!
//! // They go out with the next flush.
//! exporter.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! They wait for the next flush, and for an agent that is down, in a queue that is
//! [bounded](crate::StatsdBuilder::buffered_events), and carry the time at which they were made. No
//! server that takes events can be had for tests, so they are checked against the published format
//! and what Datadog's own client for Python writes.

mod check;
mod event;
mod text;

use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::PushStats;
pub use check::{ServiceCheck, Status};
pub use event::{Alert, Event};

/// Where events and service checks are handed in. Clones are the same queue.
///
/// Made by [`StatsdBuilder::attach_with_events`](crate::StatsdBuilder::attach_with_events).
#[derive(Clone)]
pub struct Events(Arc<Queue>);

struct Queue {
    /// Of all events, before their own.
    tags: String,
    limit: usize,
    stats: PushStats,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<String>,
    /// How many are on their way, and keep their places.
    taken: usize,
}

impl Events {
    pub(crate) fn new(tags: String, limit: usize, stats: PushStats) -> Self {
        Self(Arc::new(Queue { tags, limit, stats, waiting: Mutex::default() }))
    }

    /// Hands in an event. If the queue is full it is dropped and
    /// [counted](crate::PushStats::dropped).
    pub fn send(&self, event: &Event) {
        self.push(event.line(&self.0.tags));
    }

    /// Hands in the state of a service. If the queue is full it is dropped and
    /// [counted](crate::PushStats::dropped).
    pub fn check(&self, check: &ServiceCheck) {
        self.push(check.line(&self.0.tags));
    }

    fn push(&self, line: String) {
        let mut waiting = self.0.waiting();
        if waiting.lines.len() + waiting.taken < self.0.limit {
            waiting.lines.push_back(line);
        } else {
            self.0.stats.count_dropped(1);
        }
    }

    /// Takes all that wait.
    pub(crate) fn take(&self) -> Vec<Taken> {
        let mut waiting = self.0.waiting();
        let lines = mem::take(&mut waiting.lines);
        waiting.taken += lines.len();
        lines.into_iter().map(|line| Taken { line, queue: self.0.clone(), done: false }).collect()
    }
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.0.waiting().lines.len();
        f.debug_struct("Events").field("waiting", &waiting).finish_non_exhaustive()
    }
}

/// A line on its way. If it is dropped before it is [done](Self::done), it waits again.
pub(crate) struct Taken {
    pub(crate) line: String,
    queue: Arc<Queue>,
    done: bool,
}

impl Taken {
    /// It was sent, or never can be.
    pub(crate) fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut waiting = self.queue.waiting();
        waiting.taken -= 1;
        if !self.done {
            waiting.lines.push_back(mem::take(&mut self.line));
        }
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Taken").field(&self.line).finish()
    }
}
