//! One request, from its head to the response.

use std::{
    future::pending,
    mem,
    ops::ControlFlow::{Break, Continue},
    panic::resume_unwind,
    pin::Pin,
    task::{self, Poll, ready},
};

use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body as _;
use oxkit_core::{
    Context, Endpoint, Failure, Peer, Reason, Refusal,
    future::{Elapsed, Panic, or_timer},
};
use pin_project_lite::pin_project;
use tokio::time::{Instant, sleep_until};

use super::{
    Decode, Encode, Ended, RequestHead, Server,
    codec::boxed,
    deadline::deadline,
    guard::{guard, guarded},
    settings::Settings,
    stop::Stop,
    then::Then,
    watch::Watch,
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
        mut request: Request<Body>,
    ) -> impl Future<Output = Response<Body>> + Send + use<'_, E, D, N> {
        let settings = &self.inner.settings;
        let core = &*self.inner.core;
        let arrival = Instant::now().into_std();
        let (mut cx, told, end) = settings.admit(arrival, &request);
        let grace = settings.grace;
        let mut watch = settings.watch(&cx, arrival, &request);
        let armed = settings.catch_panics || watch.is_some();
        let begun = guarded(armed, || {
            settings.before(&mut cx, &mut request)?;
            let body = request.body_mut();
            *body = body.take().of_request(settings.body_limit);
            let for_decode = if D::USES_CONTEXT { cx.clone() } else { Context::new() };
            Ok::<_, Rejection>(core.decode.decode(for_decode, request))
        });
        if let Some(watch) = &mut watch {
            watch.context(cx.clone());
        }
        // A clone is two atomic operations, so only those get one who look at it.
        let for_encode = if N::USES_CONTEXT { cx.clone() } else { Context::new() };
        let for_after = if settings.after.is_empty() { Context::new() } else { cx.clone() };
        let encode = move |called: Result<E::Response, E::Error>| match called {
            Ok(response) => Continue(core.encode.encode(for_encode, response)),
            Err(error) => Break(Err(Stop::failed(error))),
        };
        let call = move |decoded: Result<E::Request, D::Error>| match decoded {
            Ok(request) => {
                Continue(Then::First { future: core.endpoint.call(cx, request), next: encode })
            }
            Err(error) => Break(Err(Stop::failed(error))),
        };
        let run = match begun {
            Ok(Ok(decoding)) => Then::First { future: decoding, next: call },
            Ok(Err(rejection)) => Then::Ended { output: Err(Stop::failed(rejection)) },
            Err(panic) => Then::Ended { output: Err(Stop::panicked(panic)) },
        };
        // Boxed, because only a request that has to wait makes one, and all would carry its room
        // from place to place.
        let timer = move || {
            Box::pin(async move {
                match end {
                    Some(end) => {
                        let end = Instant::from_std(end);
                        sleep_until(end.checked_add(grace).unwrap_or(end)).await;
                    }
                    None => pending().await,
                }
            })
        };
        Handling { run: or_timer(guard(armed, run), timer), settings, cx: for_after, told, watch }
    }
}

pin_project! {
    /// A request on its way through decoder, endpoint and encoder.
    struct Handling<'a, F> {
        #[pin]
        run: F,
        settings: &'a Settings,
        cx: Context,
        told: Option<HeaderValue>,
        watch: Option<Box<Watch>>,
    }
}

impl<F> Future for Handling<'_, F>
where
    F: Future<Output = Result<Result<Response<Body>, Box<dyn Failure>>, Elapsed>>,
{
    type Output = Response<Body>;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let ended = ready!(this.run.poll(task));
        let settings = *this.settings;
        let mut watch = this.watch.take();
        let mut response = match ended {
            Ok(Ok(response)) if settings.after.is_empty() => response,
            Ok(Ok(response)) => settings.after(this.cx, response, &mut watch),
            Ok(Err(error)) => settings.failed(this.cx, error, &mut watch),
            Err(Elapsed) => {
                let deadline = Stop::failed(Refusal::new(Reason::Deadline));
                settings.failed(this.cx, deadline, &mut watch)
            }
        };
        if let Some(id) = this.told.take() {
            response.headers_mut().insert(REQUEST_ID_HEADER, id);
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
        request: &Request<Body>,
    ) -> (Context, Option<HeaderValue>, Option<std::time::Instant>) {
        let mut cx = Context::received(arrival, self.operation.clone());
        let end = deadline(arrival, self.timeout, request.headers());
        if let Some(end) = end {
            cx = cx.with_deadline(end);
        }
        if let Some(peer) = peer(request) {
            cx.insert(peer);
        }
        if self.keep_head {
            cx.insert(RequestHead::of(request));
        }
        let told = self.request_ids.as_ref().map(|ids| {
            let (id, told) = ids.identify(request.headers());
            cx.insert(id);
            told
        });
        (cx, told, end)
    }

    fn watch(
        &self,
        cx: &Context,
        arrival: std::time::Instant,
        request: &Request<Body>,
    ) -> Option<Box<Watch>> {
        if self.finalizers.is_empty() {
            return None;
        }
        let finalizers = self.finalizers.clone();
        Some(Box::new(Watch::new(finalizers, cx.clone(), arrival, request, self.keep_head)))
    }

    fn before(&self, cx: &mut Context, request: &mut Request<Body>) -> Result<(), Rejection> {
        if !self.before.is_empty() {
            let (mut parts, body) = mem::take(request).into_parts();
            let allowed = self.before.iter().try_for_each(|before| before(cx, &mut parts));
            *request = Request::from_parts(parts, body);
            allowed?;
        }
        // A request without a body has no content type to be wrong.
        if self.require_json && !request.body().is_end_stream() && !says_json(request.headers()) {
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
fn peer(request: &Request<Body>) -> Option<Peer> {
    if let Some(peer) = request.extensions().get::<Peer>() {
        return Some(*peer);
    }
    #[cfg(feature = "axum")]
    if let Some(info) =
        request.extensions().get::<::axum::extract::ConnectInfo<std::net::SocketAddr>>()
    {
        return Some(Peer(info.0));
    }
    None
}
