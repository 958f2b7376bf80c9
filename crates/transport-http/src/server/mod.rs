//! An endpoint as an HTTP handler.

mod codec;
mod deadline;
mod guard;
mod handle;
mod head;
mod json;
mod mount;
mod reply;
mod report;
mod request_id;
mod settings;
mod stop;
mod then;
mod watch;

use std::{any::type_name, fmt, sync::Arc, time::Duration};

use http::{request, response};
use oxkit_core::{CarriesFailure, Context, Endpoint, Failure, Operation};
use serde::de::DeserializeOwned;

use crate::{ErrorEncoder, Rejection};
pub use codec::{Decode, Encode, WithContext, decode_nothing, with_context};
pub use head::RequestHead;
pub use json::{JsonCodec, JsonOrFailureCodec, JsonResultCodec, decode_json, encode_json};
pub use reply::{JsonReply, Reply};
pub use report::{Ended, Report};
use request_id::RequestIds;
use settings::Settings;

/// An [`Endpoint`] as an HTTP handler: decode the request, call the endpoint, encode what comes
/// back.
///
/// Mounts straight on hyper, in a [`Router`](crate::Router), wherever a tower service is expected,
/// and with the feature `axum` as an axum handler. A clone shares the endpoint.
///
/// # Order
///
/// ```text
/// request  -> before hooks -> decode -> endpoint -> encode -> after hooks -> response
///                 |             |          |          |                         |
///                 +-------------+----------+----------+--> error encoder -------+--> finalizers
/// ```
///
/// Hooks of one kind run in the order in which they were added. The time limit holds from the
/// first before hook to the last after hook; a streamed response body may take longer. The request
/// body is not read before the decoder reads it.
///
/// # Defaults
///
/// | setting | default | why |
/// |---|---|---|
/// | [`body_limit`](Self::body_limit) | 2 MiB | more than any JSON request should need |
/// | [`timeout`](Self::timeout) | 30 s | a caller that waits longer has given up |
/// | [`errors`](Self::errors) | [`PlainText`](crate::PlainText) | Go kit's |
/// | [`require_json`](Self::require_json) | off | so that `curl -d` works |
/// | [`catch_panics`](Self::catch_panics) | off | the panic goes on and the connection closes |
/// | [`operation`](Self::operation) | none | |
/// | [`request_id`](Self::request_id), [`keep_head`](Self::keep_head) | off | |
///
/// # The same settings for many
///
/// A set of servers gets its common settings from a function:
///
/// ```
/// use oxkit_transport_http::{Problem, Server};
///
/// fn common<E, D, N>(server: Server<E, D, N>) -> Server<E, D, N> {
///     server.errors(Problem).request_id().catch_panics()
/// }
/// # use oxkit_core::{Refusal, endpoint_fn};
/// # let endpoint = endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n + 1));
/// let server = common(Server::json(endpoint));
/// ```
#[must_use = "a server does nothing until it is mounted"]
pub struct Server<E, D, N> {
    inner: Arc<Inner<E, D, N>>,
}

/// Settings and core are apart so that a server which was cloned can still be configured: that
/// copies the settings, and nobody need be able to copy an endpoint.
struct Inner<E, D, N> {
    core: Arc<Core<E, D, N>>,
    settings: Settings,
}

#[derive(Clone)]
struct Core<E, D, N> {
    endpoint: E,
    decode: D,
    encode: N,
}

impl<E, D, N> Server<E, D, N>
where
    E: Endpoint,
    D: Decode<E::Request>,
    N: Encode<E::Response>,
{
    /// A server with a codec of one's own. `decode` and `encode` may be plain async functions.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_http::{Body, JsonCodec, Rejection, Server};
    ///
    /// async fn decode(request: Request<Body>) -> Result<String, Rejection> {
    ///     Ok(request.uri().path().trim_start_matches('/').to_owned())
    /// }
    ///
    /// let endpoint = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s.len()));
    /// let text = Server::new(endpoint, decode, async |count: usize| {
    ///     Ok::<_, Rejection>(Response::new(Body::from(count.to_string())))
    /// });
    /// # async fn check(server: impl AsyncFn(Request<Body>) -> Response<Body>) {
    /// # let response = server(Request::builder().uri("/four").body(Body::empty()).unwrap()).await;
    /// # assert_eq!(response.into_body().collect(9).await.unwrap(), "4");
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap()
    /// #     .block_on(check(async |request| text.handle(request).await));
    ///
    /// let json = Server::new(endpoint, decode, JsonCodec);
    /// ```
    pub fn new(endpoint: E, decode: D, encode: N) -> Self {
        Self {
            inner: Arc::new(Inner {
                core: Arc::new(Core { endpoint, decode, encode }),
                settings: Settings::new(),
            }),
        }
    }
}

impl<E> Server<E, JsonCodec, JsonCodec>
where
    E: Endpoint<Request: DeserializeOwned, Response: JsonReply>,
{
    /// JSON in, JSON out: see [`JsonCodec`].
    ///
    /// # Panics
    ///
    /// If the response is a `Result`, which serde would write as `{"Ok": ...}` with status 200:
    /// that is [`json_result`](Self::json_result).
    ///
    /// ```
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_http::Server;
    ///
    /// let server = Server::json(endpoint_fn(async |_cx, s: String| {
    ///     Ok::<_, Refusal>(s.to_uppercase())
    /// }));
    /// ```
    pub fn json(endpoint: E) -> Self {
        assert!(
            !type_name::<E::Response>().starts_with("core::result::Result<"),
            "the response is a `Result`: use `Server::json_result`, so that its error is answered \
             as one",
        );
        Self::new(endpoint, JsonCodec, JsonCodec)
    }
}

impl<E, T, F> Server<E, JsonCodec, JsonResultCodec>
where
    E: Endpoint<Request: DeserializeOwned, Response = Result<T, F>>,
    T: JsonReply,
    F: Failure,
{
    /// JSON for an endpoint whose response is `Result<T, DomainError>`: the business error is
    /// answered with its own status, and breakers and retries do not see it.
    ///
    /// ```
    /// # async fn example() {
    /// use http::Request;
    /// use oxkit_core::{ErrorKind, Refusal, endpoint_fn};
    /// use oxkit_transport_http::Server;
    ///
    /// let server = Server::json_result(endpoint_fn(async |_cx, id: u32| {
    ///     let absent = Refusal::of_kind(ErrorKind::NotFound, format!("no todo {id}"));
    ///     Ok::<Result<u32, Refusal>, Refusal>(Err(absent))
    /// }));
    /// assert_eq!(server.handle(Request::new("7".into())).await.status(), 404);
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
    /// ```
    pub fn json_result(endpoint: E) -> Self {
        Self::new(endpoint, JsonCodec, JsonResultCodec)
    }
}

impl<E> Server<E, JsonCodec, JsonOrFailureCodec>
where
    E: Endpoint<Request: DeserializeOwned, Response: JsonReply + CarriesFailure + Sync + 'static>,
{
    /// JSON for an endpoint whose response is a type of its own that
    /// [may carry a failure](CarriesFailure), which is then answered with its status.
    ///
    /// To answer with status 200 and the failure as a field of the JSON, as the first Go kit
    /// example does, use [`json`](Self::json).
    pub fn json_or_failure(endpoint: E) -> Self {
        Self::new(endpoint, JsonCodec, JsonOrFailureCodec)
    }
}

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

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut Arc::make_mut(&mut self.inner).settings);
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
    /// ```
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_http::Server;
    ///
    /// let endpoint = endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n));
    /// let server = Server::json(endpoint).finalize(|_cx, report| {
    ///     println!(
    ///         "{} {} {:?} {:?} {} bytes in {:?}",
    ///         report.method(), report.path(), report.ended(), report.status(),
    ///         report.bytes(), report.duration(),
    ///     );
    /// });
    /// ```
    pub fn finalize<H>(self, finalizer: H) -> Self
    where
        H: Fn(&Context, &Report<'_>) + Send + Sync + 'static,
    {
        self.set(|settings| Arc::make_mut(&mut settings.finalizers).push(Arc::new(finalizer)))
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

    /// Puts a copy of the request's head into the context, as [`RequestHead`].
    pub fn keep_head(self) -> Self {
        self.set(|settings| settings.keep_head = true)
    }
}

impl<E, D, N> Clone for Server<E, D, N> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<E, D, N> Clone for Inner<E, D, N> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), settings: self.settings.clone() }
    }
}

impl<E, D, N> fmt::Debug for Server<E, D, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.inner.settings;
        f.debug_struct("Server")
            .field("operation", &settings.operation)
            .field("timeout", &settings.timeout)
            .field("body_limit", &settings.body_limit)
            .finish_non_exhaustive()
    }
}
