//! The JSON codecs of the server.

use std::{
    borrow::Cow,
    error::Error,
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{self, Poll, ready},
    time::Duration,
};

use http::{
    Response, StatusCode,
    header::{CONTENT_TYPE, Entry},
};
use oxkit_core::{CarriesFailure, Context, ErrorKind, Failure};
use serde::{Serialize, de::DeserializeOwned};

use super::{Decode, Encode, JsonReply, codec::boxed};
use crate::{Body, Collect, Rejection, json};

/// JSON in, JSON out: the codec of [`Server::json`](super::Server::json).
///
/// **In**, the whole body is one JSON value. The content type is not looked at unless the server
/// [requires it](super::Server::require_json). White space may follow the value, nothing else. An
/// empty body is read as `null`: as `()` and as `None`, and is refused for all that is not optional.
///
/// **Out**, the value and a newline with `application/json; charset=utf-8`, as Go kit writes it.
/// The length is known. A [`Reply`](super::Reply) sets status and headers; with 204 and 304 no body is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonCodec;

/// Reads a JSON body: [`JsonCodec`] as a function, for decoders that combine it with other parts
/// of the request.
///
/// The length is limited by the limit the body carries. The server's decoders are given a body with
/// the server's limit; elsewhere give it one with [`Body::with_limit`].
///
/// # Errors
///
/// 413 if the body is too large, 400 if it broke off or is no JSON of the right shape; the text
/// says what was wrong and where.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use oxkit_transport_http::{Body, decode_json};
///
/// let numbers: Vec<u8> = decode_json(Body::from("[1, 2]")).await?;
/// assert_eq!(numbers, [1, 2]);
///
/// let error = decode_json::<Vec<u8>>(Body::from("[1, 2")).await.unwrap_err();
/// assert_eq!(error.to_string(), "invalid JSON: EOF while parsing a list at line 1 column 5");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
pub fn decode_json<T: DeserializeOwned>(
    body: Body,
) -> impl Future<Output = Result<T, Rejection>> + Send {
    Parse { whole: body.collect(u64::MAX), value: PhantomData }
}

/// Not an `async` block, which would hold the body twice.
struct Parse<T> {
    whole: Collect,
    value: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Future for Parse<T> {
    type Output = Result<T, Rejection>;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Self::Output> {
        let whole = ready!(Pin::new(&mut self.whole).poll(task)?);
        Poll::Ready(json::parse(&whole))
    }
}

/// Writes a JSON response: [`JsonCodec`] as a function, for encoders that add to it.
///
/// # Errors
///
/// The value cannot be JSON, such as a map whose keys are no texts: 500.
///
/// ```
/// use oxkit_transport_http::encode_json;
///
/// let response = encode_json(["a", "b"])?;
/// assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
/// # Ok::<(), oxkit_transport_http::Rejection>(())
/// ```
pub fn encode_json<T: JsonReply>(response: T) -> Result<Response<Body>, Rejection> {
    encode(response, |error| error)
}

/// Generic in the error, as changing that of a result copies the response.
#[inline]
fn encode<T: JsonReply, E>(
    response: T,
    to_error: impl FnOnce(Rejection) -> E,
) -> Result<Response<Body>, E> {
    let (value, head) = response.into_parts();
    let Some((status, headers)) = head else {
        // Made as what is returned, or it would be copied there.
        let mut response = line(&value).map(Response::new).map_err(to_error);
        if let Ok(response) = &mut response {
            response.headers_mut().insert(CONTENT_TYPE, json::JSON);
        }
        return response;
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        *response.body_mut() = line(&value).map_err(to_error)?;
        if let Entry::Vacant(entry) = response.headers_mut().entry(CONTENT_TYPE) {
            entry.insert(json::JSON);
        }
    }
    Ok(response)
}

/// The value and a newline.
fn line<T: Serialize>(value: &T) -> Result<Body, Rejection> {
    let mut line = Vec::with_capacity(128);
    serde_json::to_writer(&mut line, value).map_err(|error| {
        Rejection::of_kind(ErrorKind::Internal, ErrorKind::Internal.description())
            .with_source(error)
    })?;
    line.push(b'\n');
    Ok(line.into())
}

impl<T: DeserializeOwned> Decode<T> for JsonCodec {
    type Error = Rejection;
    type Input = Body;

    const USES_CONTEXT: bool = false;

    fn decode(&self, _: Context, body: Body) -> impl Future<Output = Result<T, Rejection>> + Send {
        decode_json(body)
    }
}

impl<T: JsonReply> Encode<T> for JsonCodec {
    const USES_CONTEXT: bool = false;

    async fn encode(&self, _: Context, response: T) -> Result<Response<Body>, Box<dyn Failure>> {
        encode(response, boxed)
    }
}

/// JSON for responses that are a `Result<T, DomainError>`: the codec of
/// [`Server::json_result`](super::Server::json_result).
///
/// `Ok` is written as [`JsonCodec`] writes it, `Err` goes to the error encoder.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonResultCodec;

impl<T: JsonReply, F: Failure> Encode<Result<T, F>> for JsonResultCodec {
    const USES_CONTEXT: bool = false;

    async fn encode(
        &self,
        _: Context,
        response: Result<T, F>,
    ) -> Result<Response<Body>, Box<dyn Failure>> {
        encode(response.map_err(boxed)?, boxed)
    }
}

/// JSON for responses of one's own that may carry a failure: the codec of
/// [`Server::json_or_failure`](super::Server::json_or_failure).
///
/// A response that carries none is written as [`JsonCodec`] writes it; the failure of one that does
/// goes to the error encoder.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonOrFailureCodec;

impl<T> Encode<T> for JsonOrFailureCodec
where
    T: JsonReply + CarriesFailure + Sync + 'static,
{
    const USES_CONTEXT: bool = false;

    async fn encode(&self, _: Context, response: T) -> Result<Response<Body>, Box<dyn Failure>> {
        if response.failure().is_some() {
            return Err(boxed(Carrier(response)));
        }
        encode(response, boxed)
    }
}

/// A response that carries a failure, as that failure: what it carries is borrowed from it.
struct Carrier<T>(T);

impl<T: CarriesFailure> Carrier<T> {
    fn carried(&self) -> &(dyn Failure + 'static) {
        // A response that changes its mind is answered as what it was.
        self.0.failure().unwrap_or(&Gone)
    }
}

impl<T: CarriesFailure + Send + Sync + 'static> Failure for Carrier<T> {
    fn kind(&self) -> ErrorKind {
        self.carried().kind()
    }

    fn retry_after(&self) -> Option<Duration> {
        self.carried().retry_after()
    }

    fn public_message(&self) -> Cow<'_, str> {
        self.carried().public_message()
    }
}

impl<T: CarriesFailure> Error for Carrier<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let carried: &(dyn Error + 'static) = self.carried();
        // Its status and headers are looked for along the sources, and only as the type it is.
        if carried.is::<Rejection>() { Some(carried) } else { carried.source() }
    }
}

impl<T: CarriesFailure> fmt::Display for Carrier<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.carried(), f)
    }
}

impl<T: CarriesFailure> fmt::Debug for Carrier<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.carried(), f)
    }
}

/// Stands in for a failure that a response carried a moment ago.
#[derive(Debug)]
struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ErrorKind::Unknown.description())
    }
}

impl Error for Gone {}

impl Failure for Gone {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Unknown
    }
}
