//! What the tests of spans share, each a program of its own.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context as Task, Poll, Waker},
};

use oxkit_core::{SpanContext, TraceFlags};
use oxkit_tracing::{Candidate, Sampler};

/// Runs a future that is done after so many polls as it takes.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Task::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// The span that a caller elsewhere is in.
pub(crate) fn caller(flags: TraceFlags) -> SpanContext {
    SpanContext::new(
        "4bf92f3577b34da6a3ce929d0e0e4736".parse().expect("an identifier"),
        "00f067aa0ba902b7".parse().expect("an identifier"),
        flags,
    )
    .with_state(Some("a=1".into()))
    .remote()
}

/// Counts how often it is asked, and says no.
#[derive(Clone, Default)]
pub(crate) struct CountedNo(Arc<AtomicUsize>);

impl CountedNo {
    pub(crate) fn asked(&self) -> usize {
        self.0.load(Relaxed)
    }
}

impl Sampler for CountedNo {
    fn samples(&self, _: &Candidate<'_>) -> bool {
        self.0.fetch_add(1, Relaxed);
        false
    }
}
