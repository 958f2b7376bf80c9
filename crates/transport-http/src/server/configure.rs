//! What can be set on a server.

use std::{sync::Arc, time::Duration};

use http::{request, response};
use oxkit_core::{Context, Operation, RequestIds};

use super::{Report, Server, settings::Settings};
#[cfg(doc)]
use crate::RequestHead;
use crate::{ErrorEncoder, Rejection};

impl<E, D, N> Server<E, D, N> {
    /// Changes the endpoint, for a handler that is a server inside and is built step by step.
    #[cfg(feature = "jsonrpc")]
    pub(crate) fn change_endpoint(mut self, change: impl FnOnce(&mut E)) -> Self
    where
        E: Clone,
        D: Clone,
        N: Clone,
    {
        change(&mut Arc::make_mut(&mut Arc::make_mut(&mut self.inner).core).endpoint);
        self
    }

    /// Gives a request up only so long after its deadline: for an endpoint that answers for the
    /// deadline itself.
    #[cfg(feature = "jsonrpc")]
    pub(crate) fn grace(self, grace: Duration) -> Self {
        self.set(|settings| settings.grace = grace)
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        let settings = &mut Arc::make_mut(&mut self.inner).settings;
        change(settings);
        settings.look_over();
        self
    }

    /// Runs `hook` before the request is decoded.
    ///
    /// It may change the head of the request and put values into the context, or refuse the request
    /// with a status.
    ///
    /// ```
    /// use http::{StatusCode, header::AUTHORIZATION};
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_http::{Rejection, Server};
    ///
    /// struct Token(String);
    ///
    /// let endpoint = endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n));
    /// let server = Server::json(endpoint).before(|cx, head| {
    ///     let Some(value) = head.headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()) else {
    ///         return Err(Rejection::new(StatusCode::UNAUTHORIZED, "who are you?"));
    ///     };
    ///     cx.insert(Token(value.to_owned()));
    ///     Ok(())
    /// });
    /// ```
    pub fn before<H>(self, hook: H) -> Self
    where
        H: Fn(&mut Context, &mut request::Parts) -> Result<(), Rejection> + Send + Sync + 'static,
    {
        self.set(|settings| settings.before.push(Arc::new(hook)))
    }

    /// Runs `hook` on the head of the response, once the endpoint has answered and before any byte
    /// is sent.
    ///
    /// Runs for a business error that the response carried too, and not when the request was
    /// refused, not understood, or failed by the endpoint.
    ///
    /// ```
    /// # async fn example() {
    /// use http::{HeaderValue, Request, header::CACHE_CONTROL};
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_http::Server;
    ///
    /// let endpoint = endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n));
    /// let server = Server::json(endpoint).after(|_cx, head| {
    ///     head.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    /// });
    /// let response = server.handle(Request::new("7".into())).await;
    /// assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
    /// ```
    pub fn after<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &mut response::Parts) + Send + Sync + 'static,
    {
        self.set(|settings| settings.after.push(Arc::new(hook)))
    }

    /// Runs `finalizer` exactly once for each request, when it has truly ended: the last byte of
    /// the response was handed to the transport, it panicked, or the caller went away.
    ///
    /// The context is the one the before hooks made. Without finalizers nothing is measured and the
    /// response body is not wrapped. A finalizer runs on the connection's task: it must not block.
    /// If it panics, the panic hook writes it and nothing else happens.
    ///
    /// # An access log
    ///
    /// One line for each request, in a function that takes whatever writes lines. The path is
    /// without its query, which may hold secrets; both are the caller's words, so a log of plain
    /// text must escape them.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use oxkit_core::{Context, Peer, Refusal, RequestId, endpoint_fn};
    /// use oxkit_transport_http::{Report, Server};
    ///
    /// fn access_log(write: impl Fn(String)) -> impl Fn(&Context, &Report<'_>) {
    ///     move |cx, report| {
    ///         write(format!(
    ///             "{} {} {} {} {} {} {:?} {:?}",
    ///             cx.get::<Peer>().map_or_else(|| "-".to_owned(), |peer| peer.0.to_string()),
    ///             cx.get::<RequestId>().map_or("-", RequestId::as_str),
    ///             report.method(),
    ///             report.path(),
    ///             report.status().map_or(0, |status| status.as_u16()),
    ///             report.bytes(),
    ///             report.ended(),
    ///             report.kind(),
    ///         ));
    ///     }
    /// }
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let lines = Arc::new(Mutex::new(Vec::new()));
    /// let write = {
    ///     let lines = Arc::clone(&lines);
    ///     move |line| lines.lock().unwrap().push(line)
    /// };
    /// let endpoint = endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n));
    /// let server = Server::json(endpoint).finalize(access_log(write));
    ///
    /// let response = server.handle(http::Request::post("/n?key=7").body("41".into())?).await;
    /// assert_eq!(response.into_body().collect(10).await?, "41\n");
    /// assert_eq!(*lines.lock().unwrap(), ["- - POST /n 200 3 Answered None"]);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    ///
    /// [`Report::duration`] is the time to the last byte, and [`Report::headers`] has the
    /// response's headers where they are [kept](Self::keep_head).
    pub fn finalize<H>(self, finalizer: H) -> Self
    where
        H: Fn(&Context, &Report<'_>) + Send + Sync + 'static,
    {
        self.set(|settings| settings.finalizers.push(Arc::new(finalizer)))
    }

    /// Sets how failures are answered. By default [`PlainText`](crate::PlainText).
    pub fn errors(self, encoder: impl ErrorEncoder) -> Self {
        self.set(|settings| settings.errors = Arc::new(encoder))
    }

    /// Says which operation this is, for the layers that label by it.
    pub fn operation(self, operation: Operation) -> Self {
        self.set(|settings| settings.operation = Some(operation))
    }

    /// Limits the time from the head of the request to the head of the response; after that the
    /// call is dropped and answered with 504.
    ///
    /// The endpoint finds the limit as the deadline of its context. A caller that asks for less, in
    /// the header [`TIMEOUT_HEADER`](crate::TIMEOUT_HEADER), gets less; one that asks for more does
    /// not get more, and where there is [no limit](Self::without_timeout) at most a day.
    ///
    /// An answer that is ready wins over a limit that has passed. So zero, from either side, answers
    /// what is done without any waiting, and refuses the rest; the layer `Timeout` of
    /// `oxkit-endpoint` refuses all.
    pub fn timeout(self, limit: Duration) -> Self {
        self.set(|settings| settings.timeout = Some(limit))
    }

    /// Takes the [time limit](Self::timeout) away, for requests that take as long as they take.
    pub fn without_timeout(self) -> Self {
        self.set(|settings| settings.timeout = None)
    }

    /// Limits the request body, in bytes; a longer one is answered with 413. `u64::MAX` is no
    /// limit.
    ///
    /// It holds for every decoder, also for one that reads the body as a stream.
    pub fn body_limit(self, bytes: u64) -> Self {
        self.set(|settings| settings.body_limit = bytes)
    }

    /// Answers a request whose body is not said to be JSON with 415.
    ///
    /// `application/json` and any type that ends in `+json` will do.
    pub fn require_json(self) -> Self {
        self.set(|settings| settings.require_json = true)
    }

    /// Answers a panic with 500. It is written by the panic hook all the same, and finalizers are
    /// told of it.
    ///
    /// Without this a panic unwinds into the task of the connection, which ends it.
    pub fn catch_panics(self) -> Self {
        self.set(|settings| settings.catch_panics = true)
    }

    /// Gives every request an identifier: that of its
    /// [`X-Request-Id`](crate::REQUEST_ID_HEADER) if it is visible ASCII of at most 128 bytes,
    /// otherwise a new one of 32 hexadecimal digits.
    ///
    /// It is in the context as [`RequestId`](oxkit_core::RequestId) and is sent back in the
    /// response, whatever the response is.
    pub fn request_id(self) -> Self {
        self.set(|settings| settings.request_ids = Some(Arc::new(RequestIds::new())))
    }

    /// Puts a copy of the request's head into the context, as [`RequestHead`], and keeps a copy of
    /// the response's headers for the finalizers, as [`Report::headers`].
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::Request;
    /// use oxkit_core::{Context, Refusal, endpoint_fn};
    /// use oxkit_transport_http::{JsonCodec, RequestHead, Server, decode_nothing};
    ///
    /// let agent = endpoint_fn(async |cx: Context, (): ()| {
    ///     let agent = cx.get::<RequestHead>().and_then(|head| head.header("user-agent"));
    ///     Ok::<_, Refusal>(agent.unwrap_or("nobody").to_owned())
    /// });
    /// let server = Server::new(agent, decode_nothing, JsonCodec).keep_head();
    ///
    /// let request = Request::get("/").header("user-agent", "curl").body("".into())?;
    /// let response = server.handle(request).await;
    /// assert_eq!(response.into_body().collect(10).await?, "\"curl\"\n");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn keep_head(self) -> Self {
        self.set(|settings| settings.keep_head = true)
    }
}
