//! The order in which layers act, as one golden list.

use std::sync::{Arc, Mutex};

use oxkit_core::{Context, Endpoint, ErrorKind, Hook, Layer, Outcome, hook};
use oxkit_endpoint::{
    CatchPanic, ConcurrencyLimit, Shed, Timeout, from_fn_with, map_request, map_response,
};

use testing_contract::{Ask, Probe};

/// What happened, in order.
#[derive(Debug, Clone, Default)]
struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn write(&self, line: impl Into<String>) {
        let mut lines = self.0.lock().expect("no panic while it is held");
        lines.push(line.into());
    }
}

/// A hook that writes down what it sees.
#[derive(Clone)]
struct Note(&'static str, Journal);

impl<E: Endpoint> Hook<E> for Note {
    type State = ();

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        self.1.write(format!("{} before", self.0));
        Ok(())
    }

    fn after(&self, (): (), outcome: Outcome<'_, E::Response, E::Error>) {
        let how = match outcome {
            Outcome::Response(_) => "response",
            Outcome::Failure(_) => "failure",
            Outcome::Panicked => "panicked",
            Outcome::Dropped => "dropped",
            _ => "otherwise",
        };
        self.1.write(format!("{} {how}", self.0));
    }
}

/// The first listed is outermost: requests go down the list, answers come up it.
fn chain(journal: &Journal) -> impl Endpoint<Request = Ask, Response = u32> + use<> {
    let note = |name| hook(Note(name, journal.clone()));
    (
        note("outermost"),
        from_fn_with(journal.clone(), async |journal: &Journal, cx, request, next| {
            journal.write("function before");
            let result = next.call(cx, request).await;
            journal.write("function after");
            result
        }),
        CatchPanic::new(),
        note("in the boundary"),
        Timeout::new(std::time::Duration::from_secs(1)),
        (ConcurrencyLimit::new(1), Shed::adaptive()),
        map_request({
            let journal = journal.clone();
            move |ask: Ask| {
                journal.write("request mapped");
                ask
            }
        }),
        map_response({
            let journal = journal.clone();
            move |n: u32| {
                journal.write("response mapped");
                n
            }
        }),
        note("innermost"),
    )
        .layer(Probe::new())
}

#[tokio::test(start_paused = true)]
async fn each_layer_acts_in_its_place_however_the_call_ends() {
    const DOWN: [&str; 5] = [
        "outermost before",
        "function before",
        "in the boundary before",
        "request mapped",
        "innermost before",
    ];

    async fn check(ask: Ask, up: &[&str]) {
        let journal = Journal::default();
        // How it ends is what the lines say.
        let _ = chain(&journal).call(Context::new(), ask.clone()).await;
        let lines = journal.0.lock().expect("no panic while it is held");
        assert_eq!(*lines, [&DOWN, up].concat(), "{ask:?}");
    }

    check(
        Ask::Answer(1),
        &[
            "innermost response",
            "response mapped",
            "in the boundary response",
            "function after",
            "outermost response",
        ],
    )
    .await;
    check(
        Ask::Fail(ErrorKind::NotFound),
        &["innermost failure", "in the boundary failure", "function after", "outermost failure"],
    )
    .await;
    check(
        Ask::PanicInPoll,
        &["innermost panicked", "in the boundary panicked", "function after", "outermost failure"],
    )
    .await;
    // Time runs out: what is inside of the timeout is dropped, what is outside sees the refusal.
    check(
        Ask::Wait(1),
        &["in the boundary failure", "innermost dropped", "function after", "outermost failure"],
    )
    .await;
}
