//! Between HTTP and an endpoint's own types: the traits, and plain functions as codecs.

use http::{Request, Response};
use oxkit_core::{Context, Failure};

use super::Input;
use crate::{Body, Rejection};

/// Makes an endpoint's request of an HTTP request.
///
/// Any `async fn(http::Request<Body>) -> Result<T, Error>` is one, and so is a closure of that
/// shape. [`with_context`] makes one of a function that also takes the [`Context`].
///
/// The error is any [`Failure`]; [`Rejection`] is the ready one, and knows a status.
///
/// Where the decoder has settings, a type of its own implements the trait:
///
/// ```
/// # async fn example() {
/// use http::{Request, StatusCode, request::Parts};
/// use oxkit_core::{Context, Refusal, endpoint_fn};
/// use oxkit_transport_http::{Body, Decode, JsonCodec, Rejection, Server};
///
/// /// The path behind a prefix.
/// struct Behind(&'static str);
///
/// impl Decode<String> for Behind {
///     type Error = Rejection;
///     type Input = Parts;
///     const USES_CONTEXT: bool = false;
///
///     async fn decode(&self, _: Context, head: Parts) -> Result<String, Rejection> {
///         let rest = head.uri.path().strip_prefix(self.0).map(str::to_owned);
///         rest.ok_or_else(|| Rejection::new(StatusCode::NOT_FOUND, "not in here"))
///     }
/// }
///
/// let length = endpoint_fn(async |_cx, name: String| Ok::<_, Refusal>(name.len()));
/// let server = Server::new(length, Behind("/files/"), JsonCodec);
/// let request = |uri| Request::builder().uri(uri).body(Body::empty()).unwrap();
/// assert_eq!(server.handle(request("/files/a.txt")).await.status(), 200);
/// assert_eq!(server.handle(request("/a.txt")).await.status(), 404);
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decode a `{T}` from an HTTP request",
    note = "a decoder is an `async fn(http::Request<Body>) -> Result<{T}, Error>` whose error is a `Failure`, such as `Rejection`",
    note = "in a closure, write the type of the argument: `async |request: http::Request<Body>| ...`"
)]
pub trait Decode<T>: Send + Sync + 'static {
    /// Why a request was not understood.
    type Error: Failure;

    /// What it takes of a request: `http::Request<Body>`, or less.
    type Input: Input;

    /// Whether `decode` looks at the context. If not it is given an empty one, which saves two
    /// atomic operations.
    const USES_CONTEXT: bool = true;

    /// Decodes what was taken of a request. The body carries the server's limit with it.
    fn decode(
        &self,
        cx: Context,
        input: Self::Input,
    ) -> impl Future<Output = Result<T, Self::Error>> + Send;
}

/// Makes an HTTP response of an endpoint's response.
///
/// Any `async fn(T) -> Result<http::Response<Body>, Error>` is one, and so is a closure of that
/// shape. [`with_context`] makes one of a function that also takes the [`Context`].
///
/// Where the encoder has settings, a type of its own implements the trait:
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::{Request, Response};
/// use oxkit_core::{Context, Failure, Refusal, endpoint_fn};
/// use oxkit_transport_http::{Body, Encode, JsonCodec, Server};
///
/// /// One line for each item, with a mark in front.
/// struct Lines(char);
///
/// impl Encode<Vec<String>> for Lines {
///     const USES_CONTEXT: bool = false;
///
///     async fn encode(
///         &self,
///         _: Context,
///         items: Vec<String>,
///     ) -> Result<Response<Body>, Box<dyn Failure>> {
///         let lines: String = items.iter().map(|item| format!("{} {item}\n", self.0)).collect();
///         Ok(Response::new(lines.into()))
///     }
/// }
///
/// let echo = endpoint_fn(async |_cx, items: Vec<String>| Ok::<_, Refusal>(items));
/// let server = Server::new(echo, JsonCodec, Lines('-'));
/// let response = server.handle(Request::new(r#"["a", "b"]"#.into())).await;
/// assert_eq!(response.into_body().collect(100).await?, "- a\n- b\n");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not encode a `{T}` into an HTTP response",
    note = "an encoder is an `async fn({T}) -> Result<http::Response<Body>, Error>` whose error is a `Failure`, such as `Rejection`",
    note = "in a closure, write the type of the argument"
)]
pub trait Encode<T>: Send + Sync + 'static {
    /// Whether `encode` looks at the context. If not it is given an empty one, which saves two
    /// atomic operations.
    const USES_CONTEXT: bool = true;

    /// Encodes `response`.
    ///
    /// # Errors
    ///
    /// Why the response could not be written, or the failure the response
    /// [carries](oxkit_core::CarriesFailure). Either goes to the error encoder, as the very type it
    /// has inside the box.
    fn encode(
        &self,
        cx: Context,
        response: T,
    ) -> impl Future<Output = Result<Response<Body>, Box<dyn Failure>>> + Send;
}

impl<F, Decoding, T, Error> Decode<T> for F
where
    F: Fn(Request<Body>) -> Decoding + Send + Sync + 'static,
    Decoding: Future<Output = Result<T, Error>> + Send,
    Error: Failure,
{
    type Error = Error;
    type Input = Request<Body>;

    const USES_CONTEXT: bool = false;

    fn decode(
        &self,
        _: Context,
        request: Request<Body>,
    ) -> impl Future<Output = Result<T, Error>> + Send {
        self(request)
    }
}

impl<F, Encoding, T, Error> Encode<T> for F
where
    F: Fn(T) -> Encoding + Send + Sync + 'static,
    Encoding: Future<Output = Result<Response<Body>, Error>> + Send,
    T: Send,
    Error: Failure,
{
    const USES_CONTEXT: bool = false;

    async fn encode(&self, _: Context, response: T) -> Result<Response<Body>, Box<dyn Failure>> {
        self(response).await.map_err(boxed)
    }
}

pub(super) fn boxed(error: impl Failure) -> Box<dyn Failure> {
    Box::new(error)
}

/// A codec of a function that takes the [`Context`] before the request or the response.
///
/// For a decoder that needs what a before hook found, and for an encoder that answers in the form
/// the request asked for.
///
/// ```
/// use http::Response;
/// use oxkit_core::{Context, Refusal, RequestId, endpoint_fn};
/// use oxkit_transport_http::{Body, JsonCodec, Rejection, Server, with_context};
///
/// async fn encode(cx: Context, count: usize) -> Result<Response<Body>, Rejection> {
///     let id = cx.get::<RequestId>().map_or("-", RequestId::as_str);
///     Ok(Response::new(format!("{id}: {count}").into()))
/// }
///
/// let endpoint = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s.len()));
/// let server = Server::new(endpoint, JsonCodec, with_context(encode)).request_id();
/// ```
pub const fn with_context<F>(f: F) -> WithContext<F> {
    WithContext(f)
}

/// A codec that takes the context, made by [`with_context`].
#[derive(Clone, Copy)]
pub struct WithContext<F>(F);

impl<F> std::fmt::Debug for WithContext<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WithContext").field(&std::any::type_name::<F>()).finish()
    }
}

impl<F, Decoding, T, Error> Decode<T> for WithContext<F>
where
    F: Fn(Context, Request<Body>) -> Decoding + Send + Sync + 'static,
    Decoding: Future<Output = Result<T, Error>> + Send,
    Error: Failure,
{
    type Error = Error;
    type Input = Request<Body>;

    fn decode(
        &self,
        cx: Context,
        request: Request<Body>,
    ) -> impl Future<Output = Result<T, Error>> + Send {
        (self.0)(cx, request)
    }
}

impl<F, Encoding, T, Error> Encode<T> for WithContext<F>
where
    F: Fn(Context, T) -> Encoding + Send + Sync + 'static,
    Encoding: Future<Output = Result<Response<Body>, Error>> + Send,
    T: Send,
    Error: Failure,
{
    async fn encode(&self, cx: Context, response: T) -> Result<Response<Body>, Box<dyn Failure>> {
        (self.0)(cx, response).await.map_err(boxed)
    }
}

/// Decodes any request to `()`, without a look at its body: for methods without parameters.
///
/// # Errors
///
/// None.
pub async fn decode_nothing(request: Request<Body>) -> Result<(), Rejection> {
    drop(request);
    Ok(())
}
