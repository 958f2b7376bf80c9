//! An endpoint as an HTTP handler.

mod codec;
mod configure;
mod deadline;
mod handle;
mod head;
mod input;
mod json;
mod mount;
mod pipeline;
mod reply;
mod report;
mod request_id;
mod settings;
mod settle;
mod stop;
mod watch;

use std::{any::type_name, fmt, sync::Arc};

use oxkit_core::{CarriesFailure, Endpoint, Failure};
use serde::de::DeserializeOwned;

pub use codec::{Decode, Encode, WithContext, decode_nothing, with_context};
pub use handle::Begun;
pub use head::RequestHead;
pub use input::Input;
pub use json::{JsonCodec, JsonOrFailureCodec, JsonResultCodec, decode_json, encode_json};
pub use reply::{JsonReply, Reply};
pub use report::{Ended, Report};
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
/// # What is not checked
///
/// A request over HTTP/1.1 without a `Host` is served, though RFC 9112 (3.2) asks for 400: nothing
/// here depends on the host, and looking for it would cost every request. Where names matter, such
/// as for virtual hosts, refuse it in a before hook.
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
    /// If the response is a `Result`, or a [`Reply`] with one, which serde would write as
    /// `{"Ok": ...}` with status 200: that is [`json_result`](Self::json_result).
    ///
    /// ```
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_http::Server;
    ///
    /// let server = Server::json(endpoint_fn(async |_cx, s: String| {
    ///     Ok::<_, Refusal>(s.to_uppercase())
    /// }));
    /// ```
    #[track_caller]
    pub fn json(endpoint: E) -> Self {
        writes_no_result::<E::Response>();
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
    /// # Panics
    ///
    /// If `T` is again a `Result`, or a [`Reply`] with one: see [`json`](Self::json).
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
    #[track_caller]
    pub fn json_result(endpoint: E) -> Self {
        writes_no_result::<T>();
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
    ///
    /// # Panics
    ///
    /// If the response is a `Result`, which is for [`json_result`](Self::json_result).
    ///
    /// ```
    /// # async fn example() {
    /// use http::Request;
    /// use oxkit_core::{CarriesFailure, ErrorKind, Failure, Refusal, endpoint_fn};
    /// use oxkit_transport_http::Server;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Found {
    ///     todo: Option<String>,
    ///     #[serde(skip)]
    ///     failure: Option<Refusal>,
    /// }
    ///
    /// impl CarriesFailure for Found {
    ///     fn failure(&self) -> Option<&(dyn Failure + 'static)> {
    ///         self.failure.as_ref().map(|failure| failure as _)
    ///     }
    /// }
    ///
    /// let server = Server::json_or_failure(endpoint_fn(async |_cx, id: u32| {
    ///     let absent = Refusal::of_kind(ErrorKind::NotFound, format!("no todo {id}"));
    ///     Ok::<_, Refusal>(Found { todo: None, failure: Some(absent) })
    /// }));
    /// assert_eq!(server.handle(Request::new("7".into())).await.status(), 404);
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
    /// ```
    #[track_caller]
    pub fn json_or_failure(endpoint: E) -> Self {
        writes_no_result::<E::Response>();
        Self::new(endpoint, JsonCodec, JsonOrFailureCodec)
    }
}

/// Serde would write a `Result` as `{"Ok": ...}`, and its error with status 200.
///
/// Not a matter of types, as `Result` is `Serialize` and no bound can leave one type out; so it is
/// found when the program starts. A bound that two impls make ambiguous for `Result` alone would be
/// found by the compiler, which then asks for an annotation, and with one all would compile.
#[track_caller]
fn writes_no_result<T: JsonReply>() {
    assert!(
        !type_name::<T::Json>().starts_with("core::result::Result<"),
        "the response is a `Result`: use `Server::json_result`, so that its error is answered as \
         one",
    );
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
