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
/// shape.
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
        let json = serde_json::to_vec(&request).map_err(|error| {
            ClientError::of_kind(
                ErrorKind::InvalidArgument,
                format!("the request could not be encoded: {error}"),
            )
            .with_source(error)
        })?;
        let mut encoded = Request::new(Body::empty());
        *encoded.method_mut() = self.method.clone();
        *encoded.uri_mut() = self.uri.clone();
        encoded.headers_mut().insert(ACCEPT, JSON);
        let has_body = !matches!(self.method, Method::GET | Method::HEAD);
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
}

impl<T: DeserializeOwned> DecodeResponse<T> for JsonClientCodec {
    async fn decode(&self, _: &Context, response: Response<Body>) -> Result<T, ClientError> {
        let bytes = response.into_body().collect(u64::MAX).await?;
        parse(&bytes)
    }
}

/// An empty body, as of a 204, reads as `null`.
fn parse<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ClientError> {
    let json: &[u8] = if bytes.is_empty() { b"null" } else { bytes };
    serde_json::from_slice(json).map_err(ClientError::undecodable)
}
