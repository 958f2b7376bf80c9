//! Between calls and HTTP.

use std::sync::Arc;

use http::{
    Method, Request, Response, Uri,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use oxkit_core::{Context, ErrorKind};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::answer::{Answer, body_of, malformed, utf8};
use crate::{
    Body, ClientError,
    client::{DecodeResponse, EncodeRequest},
    jsonrpc::{Call, RequestId, message::JSON},
};

pub(super) type Write<Q> = dyn Fn(Q, &mut Vec<u8>) -> Result<(), ClientError> + Send + Sync;
pub(super) type Read<R> = dyn Fn(&RawValue) -> Result<R, ClientError> + Send + Sync;

/// Writes one call and reads its answer. The identifier of the call is in the context.
///
/// The functions are erased so that the client's type names the request and the response alone; a
/// virtual call is nothing beside the network.
pub(super) struct CallCodec<Q, R> {
    pub(super) uri: Uri,
    /// The message up to the method.
    pub(super) head: Arc<[u8]>,
    pub(super) write: Arc<Write<Q>>,
    pub(super) read: Answered<R>,
}

/// What is made of the answer.
pub(super) enum Answered<R> {
    Result(Arc<Read<R>>),
    /// A notification's: none is awaited, so there is one ready.
    Ignored(fn() -> R),
}

impl<Q, R> Clone for CallCodec<Q, R> {
    fn clone(&self) -> Self {
        Self {
            uri: self.uri.clone(),
            head: Arc::clone(&self.head),
            write: Arc::clone(&self.write),
            read: match &self.read {
                Answered::Result(read) => Answered::Result(Arc::clone(read)),
                Answered::Ignored(ready) => Answered::Ignored(*ready),
            },
        }
    }
}

impl<Q: Send + 'static, R: 'static> EncodeRequest<Q> for CallCodec<Q, R> {
    async fn encode(&self, cx: &Context, request: Q) -> Result<Request<Body>, ClientError> {
        let mut body = Vec::with_capacity(128);
        body.extend_from_slice(&self.head);
        add_params(&mut body, |body| (self.write)(request, body))?;
        finish(&mut body, cx.get::<Call>().and_then(Call::id));
        Ok(post(&self.uri, body))
    }
}

impl<Q: 'static, R: 'static> DecodeResponse<R> for CallCodec<Q, R> {
    async fn decode(&self, cx: &Context, response: Response<Body>) -> Result<R, ClientError> {
        let bytes = body_of(response).await?;
        let read = match &self.read {
            Answered::Result(read) => read,
            Answered::Ignored(ready) => return Ok(ready()),
        };
        if bytes.is_empty() {
            return Err(malformed("the call was not answered"));
        }
        let answer = Answer::read(utf8(&bytes)?)?;
        let expected = cx.get::<Call>().and_then(Call::id).cloned().unwrap_or_default();
        read(answer.to(&expected)?)
    }
}

const PARAMS: &[u8] = br#","params":"#;

/// The message up to the method.
pub(super) fn head(method: &str) -> Vec<u8> {
    let mut head = br#"{"jsonrpc":"2.0","method":"#.to_vec();
    write_json(&mut head, method);
    head
}

/// The rest of the message, after the method or the parameters.
pub(super) fn finish(body: &mut Vec<u8>, id: Option<&RequestId>) {
    if let Some(id) = id {
        body.extend_from_slice(br#","id":"#);
        write_json(body, id);
    }
    body.push(b'}');
}

fn write_json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("texts and numbers are always JSON");
}

/// Writes what serde makes of the parameters.
pub(super) fn write_params(
    params: &(impl Serialize + ?Sized),
    out: &mut Vec<u8>,
) -> Result<(), ClientError> {
    serde_json::to_writer(out, params).map_err(|error| {
        let text = format!("the parameters could not be encoded: {error}");
        ClientError::of_kind(ErrorKind::InvalidArgument, text).with_source(error)
    })
}

/// Adds what `write` makes of the parameters to a message that ends with its method.
pub(super) fn add_params(
    body: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), ClientError>,
) -> Result<(), ClientError> {
    let bare = body.len();
    body.extend_from_slice(PARAMS);
    let start = body.len();
    write(body)?;
    match body.get(start..) {
        Some([b'[' | b'{', ..]) => {}
        // Null, such as of `()`, is no parameters.
        Some(b"null") => body.truncate(bare),
        _ => return Err(unstructured()),
    }
    Ok(())
}

fn unstructured() -> ClientError {
    let text =
        "JSON-RPC parameters are an array or an object: wrap a single value in a tuple of one";
    ClientError::of_kind(ErrorKind::InvalidArgument, text)
}

pub(super) fn read_result<R: DeserializeOwned>(result: &RawValue) -> Result<R, ClientError> {
    serde_json::from_str(result.get()).map_err(ClientError::undecodable)
}

pub(super) fn post(uri: &Uri, body: Vec<u8>) -> Request<Body> {
    const ACCEPTED: HeaderValue = HeaderValue::from_static("application/json");
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    request.headers_mut().insert(CONTENT_TYPE, JSON);
    request.headers_mut().insert(ACCEPT, ACCEPTED);
    request
}
