//! Between an endpoint's own types and HTTP, seen from the client.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, Uri,
    header::{ACCEPT, CONTENT_TYPE},
};
use oxkit_core::{Context, ErrorKind, Failure};
use serde::{Serialize, de::DeserializeOwned};

use super::ClientError;
use crate::Body;

/// Makes an HTTP request of an endpoint's request.
///
/// Any `async fn(T) -> Result<http::Request<Body>, Error>` is one, and so is a closure of that
/// shape. A type of your own is one that has settings, or that looks at the context:
///
/// ```
/// use http::Request;
/// use oxkit_core::{Context, ErrorKind, Operation};
/// use oxkit_transport_http::{Body, ClientError, client::{Client, EncodeRequest, JsonResponse, Pool}};
///
/// /// Calls the path that bears the operation's name.
/// struct ByName;
///
/// impl EncodeRequest<String> for ByName {
///     async fn encode(&self, cx: &Context, text: String) -> Result<Request<Body>, ClientError> {
///         let mut request = Request::new(Body::from(text));
///         let name = cx.operation().map_or("", Operation::method);
///         *request.uri_mut() = format!("/{name}").parse().map_err(|_| {
///             ClientError::of_kind(ErrorKind::Internal, "the operation's name is no path")
///         })?;
///         Ok(request)
///     }
/// }
///
/// let client: Client<String, u64, _, _> = Client::new(&Pool::new(), ByName, JsonResponse);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not encode a `{T}` into an HTTP request",
    note = "an encoder is an `async fn({T}) -> Result<http::Request<Body>, Error>` whose error is a `Failure`, such as `ClientError`"
)]
pub trait EncodeRequest<T>: Send + Sync + 'static {
    /// Encodes `request`. The address is whole, or a path to join to the client's
    /// [base](super::Client::base).
    fn encode(
        &self,
        cx: &Context,
        request: T,
    ) -> impl Future<Output = Result<Request<Body>, ClientError>> + Send;
}

/// Makes an endpoint's response of an HTTP response.
///
/// Any `async fn(http::Response<Body>) -> Result<T, Error>` is one, and so is a closure of that
/// shape. It is given only responses that say success, unless the client takes
/// [any status](super::Client::any_status).
///
/// ```
/// use http::{Response, header::ETAG};
/// use oxkit_core::Context;
/// use oxkit_transport_http::{Body, ClientError, client::DecodeResponse};
///
/// /// Only wants to know the version.
/// struct Version;
///
/// impl DecodeResponse<Option<String>> for Version {
///     async fn decode(
///         &self,
///         _: &Context,
///         response: Response<Body>,
///     ) -> Result<Option<String>, ClientError> {
///         let version = response.headers().get(ETAG).and_then(|value| value.to_str().ok());
///         Ok(version.map(str::to_owned))
///     }
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let response = Response::builder().header(ETAG, "\"7\"").body(Body::empty())?;
/// let version = Version.decode(&Context::new(), response).await?;
/// assert_eq!(version.as_deref(), Some("\"7\""));
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decode a `{T}` from an HTTP response",
    note = "a decoder is an `async fn(http::Response<Body>) -> Result<{T}, Error>` whose error is a `Failure`, such as `ClientError`"
)]
pub trait DecodeResponse<T>: Send + Sync + 'static {
    /// Decodes `response`. The body carries the client's limit with it.
    fn decode(
        &self,
        cx: &Context,
        response: Response<Body>,
    ) -> impl Future<Output = Result<T, ClientError>> + Send;
}

impl<F, Encoding, T, Error> EncodeRequest<T> for F
where
    F: Fn(T) -> Encoding + Send + Sync + 'static,
    Encoding: Future<Output = Result<Request<Body>, Error>> + Send,
    T: Send,
    Error: Failure,
{
    async fn encode(&self, _: &Context, request: T) -> Result<Request<Body>, ClientError> {
        self(request).await.map_err(own)
    }
}

impl<F, Decoding, T, Error> DecodeResponse<T> for F
where
    F: Fn(Response<Body>) -> Decoding + Send + Sync + 'static,
    Decoding: Future<Output = Result<T, Error>> + Send,
    Error: Failure,
{
    async fn decode(&self, _: &Context, response: Response<Body>) -> Result<T, ClientError> {
        self(response).await.map_err(own)
    }
}

/// A request with a JSON body, for an [encoder](EncodeRequest) that only wants to choose the address.
///
/// With `GET` and `HEAD` there is no body, so `body` is `&()`. The address is whole, or a path for
/// the client's [base](super::Client::base). Text that goes into it must be percent-encoded by
/// whoever puts it there: a slash or a question mark in it would change what is asked for.
///
/// # Errors
///
/// [`InvalidArgument`](ErrorKind::InvalidArgument): the address is none, `body` has no form in JSON,
/// or there is a body where none can be.
///
/// ```
/// use http::Method;
/// use oxkit_transport_http::client::{Client, JsonResponse, Pool, json_request};
/// use serde::{Deserialize, Serialize};
///
/// struct Rename { id: u64, to: Name }
///
/// #[derive(Serialize, Deserialize)]
/// struct Name { name: String }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rename = async |r: Rename| json_request(Method::PATCH, format!("/todos/{}", r.id), &r.to);
/// let rename: Client<Rename, Name, _, _> =
///     Client::new(&Pool::new(), rename, JsonResponse).base("http://localhost:8080/v1".parse()?);
///
/// let request = json_request(Method::PATCH, "/todos/7", &Name { name: "new".to_owned() })?;
/// assert_eq!((request.method(), request.uri().path()), (&Method::PATCH, "/todos/7"));
/// assert_eq!(request.headers()["content-type"], "application/json");
/// # drop(rename);
/// # Ok(())
/// # }
/// ```
pub fn json_request<U, T>(method: Method, uri: U, body: &T) -> Result<Request<Body>, ClientError>
where
    U: TryInto<Uri, Error: Into<http::Error>>,
    T: Serialize + ?Sized,
{
    let uri = uri.try_into().map_err(|error| {
        let error: http::Error = error.into();
        ClientError::of_kind(ErrorKind::InvalidArgument, format!("no address: {error}"))
            .with_source(error)
    })?;
    let json = serde_json::to_vec(body).map_err(|error| {
        ClientError::of_kind(
            ErrorKind::InvalidArgument,
            format!("the request could not be encoded: {error}"),
        )
        .with_source(error)
    })?;
    let has_body = !matches!(method, Method::GET | Method::HEAD);
    let mut encoded = Request::new(Body::empty());
    *encoded.method_mut() = method;
    *encoded.uri_mut() = uri;
    encoded.headers_mut().insert(ACCEPT, JSON);
    if has_body {
        encoded.headers_mut().insert(CONTENT_TYPE, JSON);
        *encoded.body_mut() = json.into();
    } else if json != b"null" {
        // Dropping what the caller wants to say would be worse than refusing.
        return Err(ClientError::of_kind(
            ErrorKind::InvalidArgument,
            "a GET has no body: its request type is `()`, or it needs an encoder of its own",
        ));
    }
    Ok(encoded)
}

/// The decoder that reads JSON, as [`Client::json`](super::Client::json) does; see [`json_request`]
/// for the other half.
///
/// An empty body, as of a 204, reads as `null`.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonResponse;

impl<T: DeserializeOwned> DecodeResponse<T> for JsonResponse {
    async fn decode(&self, _: &Context, response: Response<Body>) -> Result<T, ClientError> {
        // As much as the client allows: the body knows its limit.
        let bytes = response.into_body().collect(u64::MAX).await?;
        parse(&bytes)
    }
}

/// A codec's error as the client's own. One that is a [`ClientError`] already, or a
/// [`BodyError`](crate::BodyError), keeps what it knows.
pub(crate) fn own(error: impl Failure) -> ClientError {
    // An `Option` to take the value out of: the types are compared at compile time.
    let mut slot = Some(error);
    let any: &mut dyn std::any::Any = &mut slot;
    if let Some(error) = any.downcast_mut::<Option<ClientError>>().and_then(Option::take) {
        return error;
    }
    if let Some(error) = any.downcast_mut::<Option<crate::BodyError>>().and_then(Option::take) {
        return error.into();
    }
    slot.map_or_else(
        || ClientError::of_kind(ErrorKind::Internal, "a codec failed"),
        ClientError::codec,
    )
}

/// JSON both ways, as [`Client::json`](super::Client::json) speaks it.
#[derive(Debug, Clone)]
pub struct JsonClientCodec {
    method: Method,
    uri: Uri,
}

impl JsonClientCodec {
    pub(super) const fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri }
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl<T: Serialize + Send> EncodeRequest<T> for JsonClientCodec {
    async fn encode(&self, _: &Context, request: T) -> Result<Request<Body>, ClientError> {
        json_request(self.method.clone(), self.uri.clone(), &request)
    }
}

impl<T: DeserializeOwned> DecodeResponse<T> for JsonClientCodec {
    async fn decode(&self, cx: &Context, response: Response<Body>) -> Result<T, ClientError> {
        JsonResponse.decode(cx, response).await
    }
}

fn parse<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ClientError> {
    let json: &[u8] = if bytes.is_empty() { b"null" } else { bytes };
    serde_json::from_slice(json).map_err(ClientError::undecodable)
}
