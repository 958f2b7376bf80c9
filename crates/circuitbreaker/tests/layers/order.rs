//! Who sees what: outside of a breaker refusals are seen too, inside of it only what is called.

use std::sync::{Arc, Mutex};

use oxkit_circuitbreaker::{Breaker, ConsecutiveFailures};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Hook, Layer, Outcome, hook};

use testing_contract::{Ask, DomainError, Probe};

use crate::calls::DOWN;

/// What happened, in order.
type Journal = Arc<Mutex<Vec<String>>>;

/// A hook that writes down what it sees.
#[derive(Clone)]
struct Note(&'static str, Journal);

impl Note {
    fn write(&self, what: &str) {
        let mut lines = self.1.lock().expect("no panic while it is held");
        lines.push(format!("{} {what}", self.0));
    }
}

impl<E: Endpoint> Hook<E> for Note {
    type State = ();

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        self.write("before");
        Ok(())
    }

    fn after(&self, (): (), outcome: Outcome<'_, E::Response, E::Error>) {
        match outcome {
            Outcome::Response(_) => self.write("response"),
            Outcome::Failure(error) => self.write(error.kind().name()),
            _ => self.write("no result"),
        }
    }
}

#[tokio::test]
async fn what_is_inside_sees_no_refusal_and_what_is_outside_sees_all() {
    let journal = Journal::default();
    let breaker = Breaker::new(ConsecutiveFailures::new(1));
    let endpoint =
        (hook(Note("outside", journal.clone())), breaker, hook(Note("inside", journal.clone())))
            .layer(Probe::new());
    let read = || std::mem::take(&mut *journal.lock().expect("no panic while it is held"));

    endpoint.call(Context::new(), Ask::Answer(1)).await.unwrap();
    assert_eq!(read(), ["outside before", "inside before", "inside response", "outside response"]);
    let error = endpoint.call(Context::new(), DOWN).await.unwrap_err();
    assert_eq!(error, DomainError::Of(ErrorKind::Unavailable));
    assert_eq!(
        read(),
        ["outside before", "inside before", "inside UNAVAILABLE", "outside UNAVAILABLE"]
    );
    endpoint.call(Context::new(), Ask::Answer(1)).await.unwrap_err();
    assert_eq!(read(), ["outside before", "outside UNAVAILABLE"]);
}

#[tokio::test]
async fn a_breaker_around_limits_sees_their_refusals_by_kind() {
    // An inner breaker stands for any layer that refuses with "unavailable".
    let inner = Breaker::new(ConsecutiveFailures::new(1));
    let outer = Breaker::new(ConsecutiveFailures::new(2));
    let endpoint = (outer.clone(), inner.clone()).layer(Probe::new());
    inner.force_open();
    for _ in 0..2 {
        endpoint.call(Context::new(), Ask::Answer(1)).await.unwrap_err();
    }
    assert_eq!(outer.snapshot().failures, 2);
}
