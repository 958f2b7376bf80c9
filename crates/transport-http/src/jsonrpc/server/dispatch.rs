//! From the bytes of a body to the answers: finds each method and calls it.

use std::{collections::HashMap, future::pending, panic::resume_unwind, sync::Arc};

use bytes::Bytes;
use oxkit_core::{
    Context, Endpoint, Failure, Finalizers, Operation, Reason, Refusal,
    future::{catch_panic, or_timer},
};
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep_until};

use super::{
    Params,
    answer::{Answer, CallFailed},
    codec::Answers,
    join::join,
    method::{Method, boxed},
    read::{Incoming, Invalid, Message, read, request},
    watch::{CallFinalizer, CallWatch},
};
use crate::{
    Ended,
    jsonrpc::{Call, Error, codes},
};

pub(super) type BeforeCodec = dyn Fn(&mut Context, &Call) -> Result<(), Error> + Send + Sync;

/// How much of an unknown method's name is sent back.
const LONGEST_NAME: usize = 128;

/// The methods and what holds for each call of one.
///
/// Cloned only while the server is configured.
#[derive(Clone)]
pub(super) struct Dispatch {
    pub(super) methods: HashMap<Arc<str>, Entry>,
    pub(super) service: Arc<str>,
    pub(super) before_codec: Vec<Arc<BeforeCodec>>,
    pub(super) finalizers: Finalizers<CallFinalizer>,
    pub(super) batch_limit: usize,
    pub(super) batch_concurrency: usize,
    pub(super) catch_panics: bool,
}

/// A method of the table.
#[derive(Clone)]
pub(super) struct Entry {
    /// The key, to be shared with each call.
    pub(super) name: Arc<str>,
    pub(super) operation: Operation,
    pub(super) method: Arc<dyn Method>,
}

type Called = Result<Vec<u8>, Box<dyn Failure>>;

impl Endpoint for Dispatch {
    type Request = Bytes;
    type Response = Answers;
    type Error = Refusal;

    async fn call(&self, cx: Context, body: Bytes) -> Result<Answers, Refusal> {
        Ok(match read(&body, self.batch_limit) {
            Message::One(message) => {
                self.answer(&cx, message, false).await.map_or(Answers::None, Answers::One)
            }
            Message::Batch(messages) => {
                let calls = messages.into_iter().map(|message| self.one_of_many(&cx, message));
                let answers = join(calls, self.batch_concurrency).await;
                let answers: Vec<_> = answers.into_iter().flatten().collect();
                if answers.is_empty() { Answers::None } else { Answers::Batch(answers) }
            }
        })
    }
}

impl Dispatch {
    async fn one_of_many(&self, cx: &Context, message: &RawValue) -> Option<Answer> {
        self.answer(cx, request(message.get()), true).await
    }

    /// Performs what `message` asks for. `None` if the caller awaits no answer.
    async fn answer(
        &self,
        cx: &Context,
        message: Result<Incoming<'_>, Invalid>,
        waited: bool,
    ) -> Option<Answer> {
        match message {
            Ok(incoming) => self.perform(cx, incoming, waited).await,
            Err(Invalid { id, error }) => {
                if let Some(mut watch) = CallWatch::new(&self.finalizers, cx, None) {
                    watch.end(Ended::Answered, Some(&error));
                }
                Some(Answer::Failed(CallFailed { id, failure: Box::new(error) }))
            }
        }
    }

    async fn perform(&self, cx: &Context, incoming: Incoming<'_>, waited: bool) -> Option<Answer> {
        let Incoming { method, params, id } = incoming;
        let entry = self.methods.get(&*method);
        let name = entry.map_or_else(|| Arc::from(&*method), |entry| Arc::clone(&entry.name));
        let call = Call { method: name, id };
        // The context of the request is shared by all calls of a batch, so each derives its own.
        let mut own = cx.clone().with(call.clone());
        if let Some(entry) = entry {
            own = own.with_operation(entry.operation.clone());
        }
        let mut watch = CallWatch::new(&self.finalizers, &own, Some(&call));
        let end = cx.deadline();
        // Caught even if it goes on afterwards, as the finalizers are told which call it was.
        let run = catch_panic(self.run(own, &call, entry, params, waited, &mut watch));
        let ended = or_timer(run, || async move {
            match end {
                Some(end) => sleep_until(Instant::from_std(end)).await,
                None => pending().await,
            }
        })
        .await;
        let (ended, called) = match ended {
            Ok(Ok(called)) => (Ended::Answered, called),
            Ok(Err(panic)) => {
                if !self.catch_panics {
                    if let Some(watch) = &mut watch {
                        watch.end(Ended::Panicked, None);
                    }
                    resume_unwind(panic.into_payload());
                }
                let refusal = Refusal::new(Reason::Panicked).with_source(panic);
                (Ended::Panicked, Err(boxed(refusal)))
            }
            Err(_) => (Ended::Answered, Err(boxed(Refusal::new(Reason::Deadline)))),
        };
        if let Some(watch) = &mut watch {
            watch.end(ended, called.as_ref().err().map(|failure| &**failure));
        }
        let id = call.id?;
        Some(match called {
            Ok(result) => Answer::Result(result, id),
            Err(failure) => Answer::Failed(CallFailed { id, failure }),
        })
    }

    async fn run(
        &self,
        mut cx: Context,
        call: &Call,
        entry: Option<&Entry>,
        params: Params<'_>,
        waited: bool,
        watch: &mut Option<CallWatch<'_>>,
    ) -> Called {
        // The others of a batch may have taken all the time there was.
        if waited && cx.is_expired(Instant::now().into_std()) {
            return Err(boxed(Refusal::new(Reason::Deadline)));
        }
        let mut allowed = Ok(());
        for before in &self.before_codec {
            allowed = before(&mut cx, call);
            if allowed.is_err() {
                break;
            }
        }
        if let Some(watch) = watch {
            watch.context(cx.clone());
        }
        allowed.map_err(boxed)?;
        let Some(entry) = entry else {
            return Err(boxed(not_found(&call.method)));
        };
        entry.method.start(cx, params)?.await
    }
}

/// Go kit's text. A name of any length came from the caller, so not all of it goes back.
fn not_found(method: &str) -> Error {
    let message = match method.char_indices().nth(LONGEST_NAME) {
        None => format!("Method {method} was not found."),
        Some((end, _)) => format!("Method {}… was not found.", &method[..end]),
    };
    Error::new(codes::METHOD_NOT_FOUND, message)
}
