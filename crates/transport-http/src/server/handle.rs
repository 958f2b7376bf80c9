//! One request, from its head to the response.

use std::{future::pending, panic::resume_unwind};

use http::{HeaderValue, Request, Response, StatusCode, request};
use http_body::Body as _;
use oxkit_core::{
    Context, Endpoint, Failure, Peer, Reason, Refusal,
    future::{Panic, or_timer},
};
use tokio::time::{Instant, sleep_until};

use super::{
    Decode, Encode, Ended, RequestHead, Server, deadline::deadline, guard::guard,
    settings::Settings, watch::Watch,
};
use crate::{Body, REQUEST_ID_HEADER, Rejection, errors::render, json::says_json};

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
    pub async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let settings = &self.inner.settings;
        let (parts, body) = request.into_parts();
        let arrival = Instant::now().into_std();
        let (cx, told) = settings.admit(arrival, &parts);
        let mut watch = settings.watch(&cx, arrival, &parts);
        let end = cx.deadline();
        let caught = settings.catch_panics || watch.is_some();
        let run = guard(caught, self.run(cx, parts, body, &mut watch));
        let ended = or_timer(run, || async move {
            match end {
                Some(end) => sleep_until(Instant::from_std(end)).await,
                None => pending().await,
            }
        })
        .await;
        let mut response = match ended {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => return settings.panicked(panic, watch, told),
            Err(_) => settings.fail(Refusal::new(Reason::Deadline), &mut watch),
        };
        settings.tell(&mut response, told);
        match watch {
            Some(watch) => watch.follow(response),
            None => response,
        }
    }

    async fn run(
        &self,
        mut cx: Context,
        mut parts: request::Parts,
        body: Body,
        watch: &mut Option<Box<Watch>>,
    ) -> Response<Body> {
        let core = &*self.inner.core;
        let settings = &self.inner.settings;
        let allowed = settings.before(&mut cx, &mut parts, &body);
        if let Some(watch) = watch {
            watch.context(cx.clone());
        }
        if let Err(rejection) = allowed {
            return settings.fail(rejection, watch);
        }
        let body = body.with_limit(settings.body_limit);
        let request = Request::from_parts(parts, body);
        let request = match core.decode.decode(&cx, request).await {
            Ok(request) => request,
            Err(error) => return settings.fail(error, watch),
        };
        let response = match core.endpoint.call(cx.clone(), request).await {
            Ok(response) => response,
            Err(error) => return settings.fail(error, watch),
        };
        let response = match core.encode.encode(&cx, response).await {
            Ok(response) => response,
            Err(error) => settings.fail_boxed(error, watch),
        };
        settings.after(&cx, response)
    }
}

impl Settings {
    /// The context of a request, and the header that tells the caller its identifier.
    fn admit(
        &self,
        arrival: std::time::Instant,
        parts: &request::Parts,
    ) -> (Context, Option<HeaderValue>) {
        let mut cx = Context::received(arrival, self.operation.clone());
        if let Some(deadline) = deadline(arrival, self.timeout, &parts.headers) {
            cx = cx.with_deadline(deadline);
        }
        if let Some(peer) = peer(parts) {
            cx.insert(peer);
        }
        if self.keep_head {
            cx.insert(RequestHead::of(parts));
        }
        let told = self.request_ids.as_ref().map(|ids| {
            let (id, told) = ids.identify(&parts.headers);
            cx.insert(id);
            told
        });
        (cx, told)
    }

    fn watch(
        &self,
        cx: &Context,
        arrival: std::time::Instant,
        parts: &request::Parts,
    ) -> Option<Box<Watch>> {
        if self.finalizers.is_empty() {
            return None;
        }
        let finalizers = self.finalizers.clone();
        Some(Box::new(Watch::new(finalizers, cx.clone(), arrival, parts)))
    }

    fn before(
        &self,
        cx: &mut Context,
        parts: &mut request::Parts,
        body: &Body,
    ) -> Result<(), Rejection> {
        for before in &self.before {
            before(cx, parts)?;
        }
        // A request without a body has no content type to be wrong.
        if self.require_json && !body.is_end_stream() && !says_json(&parts.headers) {
            return Err(Rejection::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the content type must be application/json",
            ));
        }
        Ok(())
    }

    fn after(&self, cx: &Context, response: Response<Body>) -> Response<Body> {
        if self.after.is_empty() {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        for after in &self.after {
            after(cx, &mut parts);
        }
        Response::from_parts(parts, body)
    }

    fn fail(&self, error: impl Failure, watch: &mut Option<Box<Watch>>) -> Response<Body> {
        let response = render(&*self.errors, &error);
        if let Some(watch) = watch {
            watch.failed(Box::new(error));
        }
        response
    }

    fn fail_boxed(
        &self,
        error: Box<dyn Failure>,
        watch: &mut Option<Box<Watch>>,
    ) -> Response<Body> {
        let response = render(&*self.errors, &*error);
        if let Some(watch) = watch {
            watch.failed(error);
        }
        response
    }

    fn panicked(
        &self,
        panic: Panic,
        mut watch: Option<Box<Watch>>,
        told: Option<HeaderValue>,
    ) -> Response<Body> {
        if !self.catch_panics {
            if let Some(mut watch) = watch {
                watch.end(Ended::Panicked);
            }
            resume_unwind(panic.into_payload());
        }
        let refusal = Refusal::new(Reason::Panicked).with_source(panic);
        let mut response = self.fail(refusal, &mut watch);
        self.tell(&mut response, told);
        if let Some(watch) = &mut watch {
            watch.end_panicked(response.status());
        }
        response
    }

    fn tell(&self, response: &mut Response<Body>, id: Option<HeaderValue>) {
        if let Some(id) = id {
            response.headers_mut().insert(REQUEST_ID_HEADER, id);
        }
    }
}

/// The other end of the connection, if whoever serves it says.
fn peer(parts: &request::Parts) -> Option<Peer> {
    if let Some(peer) = parts.extensions.get::<Peer>() {
        return Some(*peer);
    }
    #[cfg(feature = "axum")]
    if let Some(info) = parts.extensions.get::<::axum::extract::ConnectInfo<std::net::SocketAddr>>()
    {
        return Some(Peer(info.0));
    }
    None
}
