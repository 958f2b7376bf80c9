//! Requests and answers as JSON, which HTTP and JSON-RPC have in common.

use oxkit_core::{Endpoint, Layer};
use oxkit_endpoint::{map_request, map_response};
use serde::{Deserialize, Serialize};

use crate::{AddError, Answer, ConcatRequest, Method, SumRequest};

/// A request on the wire: `{"a": 1, "b": 2}`.
///
/// Go reads names in any case, and Go kit's client writes them in capitals. What is left out is
/// empty, as in Go.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pair<T: Default> {
    #[serde(default, alias = "A")]
    a: T,
    #[serde(default, alias = "B")]
    b: T,
}

/// An answer on the wire: `{"v": 3}`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Value<T> {
    v: T,
}

impl From<Pair<i64>> for SumRequest {
    fn from(Pair { a, b }: Pair<i64>) -> Self {
        Self { a, b }
    }
}

impl From<SumRequest> for Pair<i64> {
    fn from(SumRequest { a, b }: SumRequest) -> Self {
        Self { a, b }
    }
}

impl From<Pair<String>> for ConcatRequest {
    fn from(Pair { a, b }: Pair<String>) -> Self {
        Self { a, b }
    }
}

impl From<ConcatRequest> for Pair<String> {
    fn from(ConcatRequest { a, b }: ConcatRequest) -> Self {
        Self { a, b }
    }
}

/// A method that is served, in the types of the wire.
pub(super) fn served<Request, T>(
    method: Method<Request, T>,
) -> impl Endpoint<Request = Pair<T>, Response = Answer<Value<T>>, Error = AddError>
where
    Request: From<Pair<T>> + Send + 'static,
    T: Default + Send + 'static,
{
    let encode = map_response(|answer: Answer<T>| answer.map(|v| Value { v }));
    (map_request(Request::from), encode).layer(method)
}

/// A client in the types of the wire, in those of the service.
pub(super) fn called<C, Request, T>(
    client: C,
) -> impl Endpoint<Request = Request, Response = Answer<T>, Error = C::Error>
where
    C: Endpoint<Request = Pair<T>, Response = Value<T>>,
    Request: Into<Pair<T>> + Send,
    T: Default + Send,
{
    let decode = map_response(|Value { v }: Value<T>| Ok(v));
    (map_request(Request::into), decode).layer(client)
}
