//! One request, from its head to the response.

use std::{
    fmt,
    panic::resume_unwind,
    pin::Pin,
    task::{self, Poll, ready},
};

use http::{HeaderValue, Request, Response, StatusCode, request::Parts};
use http_body::Body as _;
use oxkit_core::{Context, Endpoint, Failure, Peer, Reason, Refusal, future::Panic};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    Decode, Encode, Ended, Input, RequestHead, Server, codec::boxed, deadline::deadline,
    guard::guarded, pipeline::Pipeline, settings::Settings, stop::Stop, watch::Watch,
};
use crate::{Body, PlainText, REQUEST_ID_HEADER, Rejection, errors::render, json::says_json};

impl<E, D, N> Server<E, D, N>
where
    E: Endpoint,
    D: Decode<E::Request>,
    N: Encode<E::Response>,
{
    /// Serves one request. There is always a response.
    ///
    /// What the mounts call; calling it by hand needs no network, which makes for short tests.
    ///
    /// # Panics
    ///
    /// When a hook, the codec or the endpoint does, unless the server
    /// [catches panics](Self::catch_panics).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the call, and tells the finalizers that the caller is gone.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::Request;
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_http::Server;
    ///
    /// let server = Server::json(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n + 1)));
    /// let response = server.handle(Request::new("41".into())).await;
    /// assert_eq!(response.status(), 200);
    /// assert_eq!(response.into_body().collect(10).await?, "42\n");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn handle(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Response<Body>> + Send + use<'_, E, D, N> {
        let (head, body) = request.into_parts();
        let begun = self.begin(head, body);
        async move { self.finish(begun).await }
    }

    /// What is done of a request when it comes: all that needs its head.
    pub(super) fn begin(&self, mut head: Parts, body: Body) -> Begun<D::Input> {
        let settings = &self.inner.settings;
        let arrival = Instant::now().into_std();
        let (mut cx, told, end) = settings.admit(arrival, &head);
        let mut watch = settings.watch(&cx, arrival, &head);
        // Whatever is asked for: a panic is told, and goes on, where the request is answered, which
        // is not always the task that takes it.
        let before = guarded(true, || settings.before(&mut cx, &mut head, &body));
        if let Some(watch) = &mut watch {
            watch.context(cx.clone());
        }
        let input = match before {
            Ok(Ok(())) => Ok(D::Input::take(head, body.of_request(settings.body_limit))),
            Ok(Err(rejection)) => Err(Stop::failed(rejection)),
            Err(panic) => Err(Stop::panicked(panic)),
        };
        Begun { input, cx, end, told, watch }
    }

    /// The rest, which may wait.
    pub(super) fn finish(
        &self,
        begun: Begun<D::Input>,
    ) -> impl Future<Output = Response<Body>> + Send + use<'_, E, D, N> {
        let settings = &self.inner.settings;
        let core = &*self.inner.core;
        let Begun { input, cx, end, told, watch } = begun;
        let is_guarded = settings.catch_panics || watch.is_some();
        // A clone is two atomic operations, so only those get one who look at it.
        let clone_if = |looks: bool| if looks { cx.clone() } else { Context::new() };
        let for_decode = clone_if(D::USES_CONTEXT);
        let for_encode = clone_if(N::USES_CONTEXT);
        let for_after = clone_if(!settings.after.is_empty());
        let decoding = input.and_then(|input| {
            guarded(is_guarded, || core.decode.decode(for_decode, input)).map_err(Stop::panicked)
        });
        let call = move |request| core.endpoint.call(cx, request);
        let encode = move |response| core.encode.encode(for_encode, response);
        let run = Pipeline::new(decoding, call, encode, is_guarded);
        Handling { run, settings, cx: for_after, end, timer: None, told, watch }
    }
}

/// A request that was taken, and is to be answered.
pub struct Begun<I> {
    input: Result<I, Box<dyn Failure>>,
    cx: Context,
    end: Option<std::time::Instant>,
    told: Option<Box<HeaderValue>>,
    watch: Option<Box<Watch>>,
}

impl<I> fmt::Debug for Begun<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("cx", &self.cx).finish_non_exhaustive()
    }
}

pin_project! {
    /// A request on its way through decoder, endpoint and encoder.
    struct Handling<'a, F> {
        #[pin]
        run: F,
        settings: &'a Settings,
        cx: Context,
        end: Option<std::time::Instant>,
        // Made only for a request that has to wait.
        timer: Option<Pin<Box<Sleep>>>,
        told: Option<Box<HeaderValue>>,
        watch: Option<Box<Watch>>,
    }
}

impl<F> Future for Handling<'_, F>
where
    F: Future<Output = Result<Response<Body>, Box<dyn Failure>>>,
{
    type Output = Response<Body>;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let settings = *this.settings;
        // An answer that is there wins over a deadline that has passed.
        let ended = match this.run.poll(task) {
            Poll::Ready(ended) => ended,
            Poll::Pending => {
                let Some(end) = *this.end else {
                    return Poll::Pending;
                };
                let timer = this.timer.get_or_insert_with(|| settings.timer(end));
                ready!(timer.as_mut().poll(task));
                Err(Stop::failed(Refusal::new(Reason::Deadline)))
            }
        };
        let mut watch = this.watch.take();
        let mut response = match ended {
            Ok(response) if settings.after.is_empty() => response,
            Ok(response) => settings.after(this.cx, response, &mut watch),
            Err(error) => settings.failed(this.cx, error, &mut watch),
        };
        if let Some(id) = this.told.take() {
            response.headers_mut().insert(REQUEST_ID_HEADER, *id);
        }
        if let Some(watch) = watch {
            response = watch.follow(response);
        }
        Poll::Ready(response)
    }
}

impl Settings {
    /// The context of a request, the header that tells the caller its identifier, and the instant
    /// at which it must be done.
    fn admit(
        &self,
        arrival: std::time::Instant,
        head: &Parts,
    ) -> (Context, Option<Box<HeaderValue>>, Option<std::time::Instant>) {
        let mut cx = Context::received(arrival, self.operation.clone());
        let end = deadline(arrival, self.timeout, &head.headers);
        if let Some(end) = end {
            cx = cx.with_deadline(end);
        }
        if let Some(peer) = peer(head) {
            cx.insert(peer);
        }
        if self.keep_head {
            cx.insert(RequestHead::of(head));
        }
        let told = self.request_ids.as_ref().map(|ids| {
            let (id, told) = ids.identify(&head.headers);
            cx.insert(id);
            Box::new(told)
        });
        (cx, told, end)
    }

    /// Gives a request up.
    fn timer(&self, end: std::time::Instant) -> Pin<Box<Sleep>> {
        let end = Instant::from_std(end);
        Box::pin(sleep_until(end.checked_add(self.grace).unwrap_or(end)))
    }

    fn watch(&self, cx: &Context, arrival: std::time::Instant, head: &Parts) -> Option<Box<Watch>> {
        if self.finalizers.is_empty() {
            return None;
        }
        let finalizers = self.finalizers.clone();
        Some(Box::new(Watch::new(finalizers, cx.clone(), arrival, head, self.keep_head)))
    }

    fn before(&self, cx: &mut Context, head: &mut Parts, body: &Body) -> Result<(), Rejection> {
        self.before.iter().try_for_each(|before| before(cx, head))?;
        // A request without a body has no content type to be wrong.
        if self.require_json && !body.is_end_stream() && !says_json(&head.headers) {
            return Err(Rejection::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the content type must be application/json",
            ));
        }
        Ok(())
    }

    /// Runs the after hooks on what the encoder wrote.
    fn after(
        &self,
        cx: &Context,
        response: Response<Body>,
        watch: &mut Option<Box<Watch>>,
    ) -> Response<Body> {
        let hooked = self.guarded(watch, || {
            let (mut parts, body) = response.into_parts();
            for after in &self.after {
                after(cx, &mut parts);
            }
            Response::from_parts(parts, body)
        });
        hooked.unwrap_or_else(|panic| self.panicked(panic, watch))
    }

    /// Answers a failure. One of the encoder is a business error, or the like: the endpoint did
    /// answer, so the after hooks run.
    fn failed(
        &self,
        cx: &Context,
        error: Box<dyn Failure>,
        watch: &mut Option<Box<Watch>>,
    ) -> Response<Body> {
        let (error, has_answered) = match Stop::unmark(error) {
            Ok(Stop::Panicked(panic)) => return self.panicked(panic, watch),
            Ok(Stop::Failed(error)) => (error, false),
            Err(error) => (error, true),
        };
        let rendered = self.guarded(watch, || render(&*self.errors, &*error));
        if let Some(watch) = watch {
            watch.failed(error);
        }
        match rendered {
            Ok(response) if has_answered => self.after(cx, response, watch),
            Ok(response) => response,
            Err(panic) => self.panicked(panic, watch),
        }
    }

    /// Runs what the user's hooks and encoders have a part in.
    fn guarded<T>(&self, watch: &Option<Box<Watch>>, f: impl FnOnce() -> T) -> Result<T, Panic> {
        guarded(self.catch_panics || watch.is_some(), f)
    }

    /// Answers a panic, or goes on panicking once the finalizers know.
    fn panicked(&self, panic: Panic, watch: &mut Option<Box<Watch>>) -> Response<Body> {
        if !self.catch_panics {
            if let Some(watch) = watch {
                watch.end(Ended::Panicked);
            }
            resume_unwind(panic.into_payload());
        }
        let refusal = Refusal::new(Reason::Panicked).with_source(panic);
        // It may have been the error encoder itself.
        let response = guarded(true, || render(&*self.errors, &refusal))
            .unwrap_or_else(|_| render(&PlainText, &refusal));
        if let Some(watch) = watch {
            watch.failed(boxed(refusal));
            watch.caught();
        }
        response
    }
}

/// The other end of the connection, if whoever serves it says.
fn peer(head: &Parts) -> Option<Peer> {
    if let Some(peer) = head.extensions.get::<Peer>() {
        return Some(*peer);
    }
    #[cfg(feature = "axum")]
    if let Some(info) = head.extensions.get::<::axum::extract::ConnectInfo<std::net::SocketAddr>>()
    {
        return Some(Peer(info.0));
    }
    None
}
