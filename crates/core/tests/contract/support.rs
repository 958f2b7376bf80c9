//! Futures that wait, and a hook that writes down what it is told.

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context as Task, Poll, Waker},
};

use oxkit_core::{Context, Endpoint, Hook, Outcome, Refusal};

/// Pending `.0` times, then ready.
pub(crate) struct PendingFor(pub(crate) u32);

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

pub(crate) fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Task::from_waker(Waker::noop()))
}

pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
}

pub(crate) async fn double(_: Context, n: u32) -> Result<u32, Refusal> {
    PendingFor(2).await;
    Ok(n * 2)
}

/// A hook that writes down what it is told.
#[derive(Clone)]
pub(crate) struct Journal(pub(crate) &'static str, pub(crate) Arc<Mutex<Vec<String>>>);

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

pub(crate) fn journal() -> (Journal, impl Fn() -> Vec<String>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let read = lines.clone();
    (Journal("a", lines), move || {
        std::mem::take(&mut *read.lock().expect("no test panics while it holds it"))
    })
}
