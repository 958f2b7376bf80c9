//! One request, from its head to the response.

use std::{
    fmt,
    pin::Pin,
    task::{self, Poll, ready},
};

use http::{Request, Response, StatusCode, request::Parts};
use http_body::Body as _;
use oxkit_core::{Context, Endpoint, Failure, Peer, Reason, Refusal, future::Panic};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    Decode, Encode, Input, RequestHead, Server, deadline::deadline, pipeline::Pipeline,
    request_id::identify, settings::Settings, settle::Owed, stop::Stop, watch::Watch,
};
use crate::{Body, Rejection, json::says_json};

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
        let (mut cx, end) = settings.admit(arrival, &head);
        let body = body.of_request(settings.body_limit);
        if settings.is_plain() {
            return Begun { input: Ok(D::Input::take(head, body)), cx, end, owed: None };
        }
        let mut owed = settings.owed(&mut cx, arrival, &head);
        // Whatever is asked for: a panic is told, and goes on, where the request is answered, which
        // is not always the task that takes it.
        let before = Panic::catch(|| settings.before(&mut cx, &mut head, &body));
        if let Some(owed) = &mut owed {
            owed.context(&cx);
        }
        let input = match before {
            Ok(Ok(())) => Ok(D::Input::take(head, body)),
            Ok(Err(rejection)) => Err(Stop::failed(rejection)),
            Err(panic) => Err(Stop::panicked(panic)),
        };
        Begun { input, cx, end, owed }
    }

    /// The rest, which may wait.
    pub(super) fn finish(
        &self,
        begun: Begun<D::Input>,
    ) -> impl Future<Output = Response<Body>> + Send + use<'_, E, D, N> {
        let settings = &self.inner.settings;
        let core = &*self.inner.core;
        let Begun { input, cx, end, owed } = begun;
        let is_guarded =
            settings.catch_panics || owed.as_ref().is_some_and(|owed| owed.is_watched());
        // A clone is two atomic operations, so only those get one who look at it.
        let clone_if = |looks: bool| if looks { cx.clone() } else { Context::new() };
        let for_decode = clone_if(D::USES_CONTEXT);
        let for_encode = clone_if(N::USES_CONTEXT);
        let decoding = input.and_then(|input| {
            let begin = || core.decode.decode(for_decode, input);
            if is_guarded { Panic::catch(begin).map_err(Stop::panicked) } else { Ok(begin()) }
        });
        let call = move |request| core.endpoint.call(cx, request);
        let encode = move |response| core.encode.encode(for_encode, response);
        let run = Pipeline::new(decoding, call, encode, is_guarded);
        Handling { run, settings, end, timer: None, owed }
    }
}

/// A request that was taken, and is to be answered.
pub struct Begun<I> {
    input: Result<I, Box<dyn Failure>>,
    cx: Context,
    end: Option<std::time::Instant>,
    owed: Option<Box<Owed>>,
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
        end: Option<std::time::Instant>,
        // Made only for a request that has to wait.
        timer: Option<Pin<Box<Sleep>>>,
        owed: Option<Box<Owed>>,
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
            // Apart, for what may change a response copies it.
            Poll::Ready(Ok(response)) if this.owed.is_none() => return Poll::Ready(response),
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
        Poll::Ready(settings.settle(this.owed.take(), ended))
    }
}

impl Settings {
    /// The context of a request, and the instant at which it must be done.
    #[inline]
    fn admit(
        &self,
        arrival: std::time::Instant,
        head: &Parts,
    ) -> (Context, Option<std::time::Instant>) {
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
        (cx, end)
    }

    /// Gives a request up.
    fn timer(&self, end: std::time::Instant) -> Pin<Box<Sleep>> {
        let end = Instant::from_std(end);
        Box::pin(sleep_until(end.checked_add(self.grace).unwrap_or(end)))
    }

    /// What is to be done with the answer: for most nothing, and nothing is carried along.
    fn owed(
        &self,
        cx: &mut Context,
        arrival: std::time::Instant,
        head: &Parts,
    ) -> Option<Box<Owed>> {
        if self.request_ids.is_none() && self.finalizers.is_empty() && self.after.is_empty() {
            return None;
        }
        let told = self.request_ids.as_ref().map(|ids| {
            let (id, told) = identify(ids, &head.headers);
            cx.insert(id);
            told
        });
        let watch = (!self.finalizers.is_empty()).then(|| {
            let finalizers = self.finalizers.clone();
            Box::new(Watch::new(finalizers, cx.clone(), arrival, head, self.keep_head))
        });
        Some(Box::new(Owed::new(told, watch)))
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
}

/// The other end of the connection, if whoever serves it says.
#[inline]
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
