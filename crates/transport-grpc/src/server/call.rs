//! One call, from its head to the response.

use std::{future::Future, panic::resume_unwind, sync::Arc};

use http::{HeaderMap, HeaderValue, Request, Response};
use oxkit_core::{
    Context, Failure, Peer, Reason, Refusal, RequestIds,
    future::{Elapsed, Panic, catch_panic, or_timer},
};
use tokio::time::Instant;
use tonic::body::Body;

use super::{
    settings::Settings,
    watch::{Caught, Watch, send},
};
use crate::{GrpcError, deadline::until, metadata::REQUEST_ID, wire};

/// A call whose head was understood and whose hooks let it through.
pub(super) struct Call {
    pub(super) cx: Context,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    pub(super) end: Option<Instant>,
}

/// What the work on a call came to.
pub(super) struct Answer {
    pub(super) response: Response<Body>,
    /// Where the endpoint's stream leaves what it panicked with.
    pub(super) caught: Option<Arc<Caught>>,
    /// When it must have ended: only for a stream, as everything else is there already.
    pub(super) end: Option<Instant>,
}

pub(super) type Answered = Result<Answer, Box<dyn Failure>>;

/// Serves a call by `work`, with all that is the same for every kind of method.
pub(super) async fn serve<W, F>(
    settings: Arc<Settings>,
    request: Request<Body>,
    work: W,
) -> Response<Body>
where
    W: FnOnce(Call) -> F,
    F: Future<Output = Answered>,
{
    let arrival = Instant::now();
    let (head, body) = request.into_parts();
    let mut cx = Context::received(arrival.into_std(), settings.operation.clone());
    if let Some(peer) = head.extensions.get::<Peer>() {
        cx.insert(*peer);
    }
    let told = settings.request_ids.as_ref().map(|ids| identify(ids, &head.headers, &mut cx));
    let mut response = handle(settings, arrival, cx, head.headers, body, work).await;
    if let Some(id) = told {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Puts the identifier of the call into the context; gives the header that tells the caller.
fn identify(ids: &RequestIds, headers: &HeaderMap, cx: &mut Context) -> HeaderValue {
    let id = ids.identify(headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()));
    let value = HeaderValue::from_str(id.as_str()).expect("it is visible ASCII");
    cx.insert(id);
    value
}

async fn handle<W, F>(
    settings: Arc<Settings>,
    arrival: Instant,
    mut cx: Context,
    mut headers: HeaderMap,
    body: Body,
    work: W,
) -> Response<Body>
where
    W: FnOnce(Call) -> F,
    F: Future<Output = Answered>,
{
    let mut watch = Watch::new(&settings.finalizers, arrival.into_std());
    if let Some(watch) = &mut watch {
        watch.context(cx.clone());
    }
    let end = match settings.end(arrival.into_std(), &headers) {
        Ok(end) => end,
        Err(refusal) => return failed(&settings, Box::new(refusal), watch),
    };
    if let Some(end) = end {
        cx = cx.with_deadline(end);
    }
    let end = end.map(Instant::from_std);
    // For the after hooks, which see the context that the before hooks made.
    let mut seen = Context::new();
    let run = async {
        settings.before(&mut cx, &mut headers).map_err(|refusal| Box::new(refusal) as _)?;
        if let Some(watch) = &mut watch {
            watch.context(cx.clone());
        }
        if !settings.after.is_empty() {
            seen = cx.clone();
        }
        work(Call { cx, headers, body, end }).await
    };
    // Boxed, because only a call that has to wait makes one.
    let timer = || Box::pin(until(end));
    match catch_panic(or_timer(run, timer)).await {
        Ok(Ok(Ok(answer))) => answered(&settings, &seen, answer, watch),
        Ok(Ok(Err(failure))) => failed(&settings, failure, watch),
        Ok(Err(Elapsed)) => failed(&settings, Box::new(Refusal::new(Reason::Deadline)), watch),
        Err(panic) => panicked(&settings, panic, watch),
    }
}

fn answered(
    settings: &Arc<Settings>,
    cx: &Context,
    answer: Answer,
    watch: Option<Box<Watch>>,
) -> Response<Body> {
    let Answer { mut response, caught, end } = answer;
    let mut trailers = HeaderMap::new();
    if !settings.after.is_empty() {
        match guarded(settings, &watch, || settings.after(cx)) {
            Ok((header, trailer)) => {
                header.write_to(response.headers_mut());
                trailer.write_to(&mut trailers);
            }
            Err(panic) => return panicked(settings, panic, watch),
        }
    }
    send(response, trailers, watch, caught, end.map(|end| (end, Arc::clone(settings))))
}

fn failed(
    settings: &Settings,
    failure: Box<dyn Failure>,
    watch: Option<Box<Watch>>,
) -> Response<Body> {
    let status = match guarded(settings, &watch, || settings.status(&*failure)) {
        Ok(status) => status,
        Err(panic) => return panicked(settings, panic, watch),
    };
    let is_encoding =
        failure_is_of_encoding(&*failure).then(|| HeaderValue::from_static(wire::ACCEPTED));
    let mut watch = watch;
    if let Some(watch) = &mut watch {
        watch.failed(status.kind(), failure);
    }
    let mut response = status.into_tonic().into_http::<Body>();
    if let Some(accepted) = is_encoding {
        response.headers_mut().insert(wire::ACCEPT_ENCODING, accepted);
    }
    send(response, HeaderMap::new(), watch, None, None)
}

/// Runs what the program has a part in, where a panic is to be answered or told of.
fn guarded<T>(
    settings: &Settings,
    watch: &Option<Box<Watch>>,
    f: impl FnOnce() -> T,
) -> Result<T, Panic> {
    if settings.catches_panics || watch.is_some() { Panic::catch(f) } else { Ok(f()) }
}

/// Answers a panic, or goes on panicking once the finalizers know.
fn panicked(settings: &Settings, panic: Panic, watch: Option<Box<Watch>>) -> Response<Body> {
    match settings.panicked(panic, watch) {
        Ok(status) => status.into_tonic().into_http(),
        Err(panic) => resume_unwind(panic.into_payload()),
    }
}

/// A caller whose compression is not understood is told which ones are.
fn failure_is_of_encoding(failure: &(dyn Failure + 'static)) -> bool {
    let error: &(dyn std::error::Error + 'static) = failure;
    error.downcast_ref::<GrpcError>().is_some_and(GrpcError::is_of_encoding)
}
