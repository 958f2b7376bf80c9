//! Endpoints as the methods of a JSON-RPC server.

mod answer;
mod codec;
mod dispatch;
mod join;
mod method;
mod params;
mod read;
mod report;
mod settings;
mod watch;

use std::{
    any::type_name,
    collections::{HashMap, hash_map},
    fmt,
    sync::Arc,
    time::Duration,
};

use http::{Request, Response, request::Parts};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Finalizers, Operation, Refusal};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{Error, SERVICE};
use crate::{
    Begun, Body, Handler, PlainText,
    handler::{Mounted, mount},
    server,
};
use answer::Errors;
use codec::{ReadBody, WriteAnswers};
use dispatch::{Dispatch, Entry};
use method::{Method, Typed, boxed};
pub use params::Params;
pub use report::CallReport;

/// How long after the deadline a request is given up as a whole. Its calls end at the deadline, each
/// with an answer of its own, and this is the time to write them.
const GRACE: Duration = Duration::from_millis(100);

/// [Endpoint]s as the methods of one JSON-RPC 2.0 server over HTTP.
///
/// Mounts wherever a [`Server`](crate::Server) does: straight on hyper, in a
/// [`Router`](crate::Router), as a tower service, and with the feature `axum` as an axum handler. A
/// clone shares the methods.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::Request;
/// use oxkit_core::{Refusal, endpoint_fn};
/// use oxkit_transport_http::jsonrpc::Server;
///
/// let sum = endpoint_fn(async |_cx, (a, b): (i64, i64)| Ok::<_, Refusal>(a + b));
/// let server = Server::new().method("sum", sum);
///
/// let call = r#"{"jsonrpc":"2.0","method":"sum","params":[1,2],"id":7}"#;
/// let response = server.handle(Request::post("/").body(call.into())?).await;
/// assert_eq!(
///     response.into_body().collect(100).await?,
///     "{\"jsonrpc\":\"2.0\",\"result\":3,\"id\":7}\n",
/// );
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
///
/// # Order
///
/// ```text
///             +---------------- each call of the body ------------------+
/// before ---> | before_codec -> decode -> endpoint -> encode            | ---> after -> finalizers
///             |      +------------+----------+----------+--> call       |
///             |                                          finalizers     |
///             +---------------------------------------------------------+
/// ```
///
/// # What is answered
///
/// Whatever is about a call is answered as JSON-RPC with status 200; a body that holds only
/// notifications is answered with 204 and nothing.
///
/// | what | answer |
/// |---|---|
/// | the result | `{"jsonrpc":"2.0","result":...,"id":...}` |
/// | the body is no JSON, or more than one value | −32700, id null |
/// | no object, another version, a method or an id of a wrong type, a batch that is empty or too long | −32600, with the id if it could be read |
/// | no such method | −32601 |
/// | parameters that do not decode | −32602, the text says why |
/// | the endpoint failed, its time was up, or it panicked | the [failure's](Error::from_failure) code |
/// | not a POST | 405, `405 must POST` |
/// | too large, refused by a before hook, time was up before the body was there | the HTTP status, by the [error encoder](Self::errors) |
///
/// The answer to a single call that failed also has the headers of a failure: `X-Error-Kind`,
/// `Retry-After`, and those of a [`Rejection`](crate::Rejection) in the error's chain of sources.
///
/// Parameters are an array or an object, as the specification says. A method whose request is a
/// single number or text takes it as a tuple of one: `endpoint_fn(async |cx, (n,): (u32,)| ...)`.
///
/// # Batches
///
/// The calls of a batch run side by side, up to [a number](Self::batch_concurrency) at a time,
/// under one deadline and within the future of the request: dropping it drops them. Answers are in
/// the order of the calls.
///
/// # Defaults
///
/// | setting | default | why |
/// |---|---|---|
/// | [`batch_limit`](Self::batch_limit) | 100 | one request should not be a thousand |
/// | [`batch_concurrency`](Self::batch_concurrency) | 16 | one caller should not take all there is |
/// | [`service`](Self::service) | `jsonrpc` | |
/// | [`body_limit`](Self::body_limit) | 2 MiB | as any server |
/// | [`timeout`](Self::timeout) | 30 s | as any server |
/// | [`errors`](Self::errors) | [`PlainText`] | Go kit's |
/// | [`catch_panics`](Self::catch_panics) | off | the panic goes on and the connection closes |
/// | [`require_json`](Self::require_json), [`request_id`](Self::request_id), [`keep_head`](Self::keep_head) | off | |
///
/// # Costs
///
/// A call is one box for its future, two values in its context (the [`Call`](super::Call) and the operation),
/// and one buffer that becomes the body of the answer.
#[derive(Clone)]
#[must_use = "a server does nothing until it is mounted"]
pub struct Server {
    http: server::Server<Dispatch, ReadBody, WriteAnswers>,
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// A server without methods.
    pub fn new() -> Self {
        let dispatch = Dispatch {
            methods: HashMap::new(),
            service: SERVICE.into(),
            before_codec: Vec::new(),
            finalizers: Finalizers::new(),
            batch_limit: 100,
            batch_concurrency: 16,
            catch_panics: false,
        };
        let http = server::Server::new(dispatch, ReadBody, WriteAnswers);
        Self { http: http.errors(Errors(PlainText)).grace(GRACE) }
    }

    /// Adds a method whose parameters and result are JSON by serde.
    ///
    /// # Panics
    ///
    /// If there is a method of this name already; or if the response is a `Result`, which serde
    /// would write as `{"Ok": ...}`: that is [`method_result`](Self::method_result).
    ///
    /// ```
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_http::jsonrpc::Server;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Subtract { minuend: i64, subtrahend: i64 }
    ///
    /// let subtract = endpoint_fn(async |_cx, s: Subtract| {
    ///     Ok::<_, Refusal>(s.minuend - s.subtrahend)
    /// });
    /// let server = Server::new().method("subtract", subtract);
    /// ```
    #[track_caller]
    pub fn method<E>(self, name: impl Into<Arc<str>>, endpoint: E) -> Self
    where
        E: Endpoint<Request: DeserializeOwned, Response: Serialize> + 'static,
    {
        assert!(
            !type_name::<E::Response>().starts_with("core::result::Result<"),
            "the response is a `Result`: use `method_result`, so that its error is answered as one",
        );
        let write = |_: &Context, response: E::Response, out: &mut Vec<u8>| write(&response, out);
        self.add(name.into(), Arc::new(Typed { endpoint, decode: parse, write }))
    }

    /// Adds a method whose response is `Result<T, DomainError>`: the business error becomes an error
    /// object, and breakers and retries do not see it.
    ///
    /// # Panics
    ///
    /// If there is a method of this name already.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::Request;
    /// use oxkit_core::{ErrorKind, Refusal, endpoint_fn};
    /// use oxkit_transport_http::jsonrpc::Server;
    ///
    /// let find = endpoint_fn(async |_cx, (id,): (u32,)| {
    ///     let absent = Refusal::of_kind(ErrorKind::NotFound, format!("no todo {id}"));
    ///     Ok::<Result<u32, Refusal>, Refusal>(Err(absent))
    /// });
    /// let server = Server::new().method_result("find", find);
    ///
    /// let call = r#"{"jsonrpc":"2.0","method":"find","params":[7],"id":"a"}"#;
    /// let response = server.handle(Request::post("/").body(call.into())?).await;
    /// assert_eq!(
    ///     response.into_body().collect(200).await?,
    ///     concat!(
    ///         r#"{"jsonrpc":"2.0","error":{"code":-32603,"message":"no todo 7","#,
    ///         r#""data":{"kind":"NOT_FOUND"}},"id":"a"}"#,
    ///         "\n",
    ///     ),
    /// );
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    #[track_caller]
    pub fn method_result<E, T, F>(self, name: impl Into<Arc<str>>, endpoint: E) -> Self
    where
        E: Endpoint<Request: DeserializeOwned, Response = Result<T, F>> + 'static,
        T: Serialize,
        F: Failure,
    {
        let write = |_: &Context, response: Result<T, F>, out: &mut Vec<u8>| {
            write(&response.map_err(boxed)?, out)
        };
        self.add(name.into(), Arc::new(Typed { endpoint, decode: parse, write }))
    }

    /// Adds a method with a codec of one's own: `decode` makes the request of the parameters,
    /// `encode` makes raw JSON of the response.
    ///
    /// Either may fail with any [`Failure`]: its kind gives the code, so a decoder that fails with
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) is answered with −32602. An [`Error`] gives
    /// its own.
    ///
    /// # Panics
    ///
    /// If there is a method of this name already.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use http::Request;
    /// use oxkit_core::{Context, Refusal, endpoint_fn};
    /// use oxkit_transport_http::jsonrpc::{Error, Params, RawValue, Server, codes, to_raw_value};
    ///
    /// fn decode(_: &Context, params: Params<'_>) -> Result<usize, Error> {
    ///     Ok(params.raw().map_or(0, str::len))
    /// }
    ///
    /// fn encode(_: &Context, answer: usize) -> Result<Box<RawValue>, Error> {
    ///     to_raw_value(&answer).map_err(|error| Error::new(codes::INTERNAL_ERROR, error.to_string()))
    /// }
    ///
    /// let same = endpoint_fn(async |_cx, n: usize| Ok::<_, Refusal>(n));
    /// let server = Server::new().method_with("length", decode, encode, same);
    ///
    /// let call = r#"{"jsonrpc":"2.0","method":"length","params":["abc"],"id":1}"#;
    /// let response = server.handle(Request::post("/").body(call.into())?).await;
    /// assert_eq!(
    ///     response.into_body().collect(100).await?,
    ///     "{\"jsonrpc\":\"2.0\",\"result\":7,\"id\":1}\n",
    /// );
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    #[track_caller]
    pub fn method_with<E, D, N, Undecoded, Unencoded>(
        self,
        name: impl Into<Arc<str>>,
        decode: D,
        encode: N,
        endpoint: E,
    ) -> Self
    where
        E: Endpoint + 'static,
        D: Fn(&Context, Params<'_>) -> Result<E::Request, Undecoded> + Send + Sync + 'static,
        N: Fn(&Context, E::Response) -> Result<Box<RawValue>, Unencoded> + Send + Sync + 'static,
        Undecoded: Failure,
        Unencoded: Failure,
    {
        let write = move |cx: &Context, response: E::Response, out: &mut Vec<u8>| {
            let raw = encode(cx, response).map_err(boxed)?;
            out.extend_from_slice(raw.get().as_bytes());
            Ok(())
        };
        self.add(name.into(), Arc::new(Typed { endpoint, decode, write }))
    }

    #[track_caller]
    fn add(self, name: Arc<str>, method: Arc<dyn Method>) -> Self {
        self.dispatch(|dispatch| {
            let operation = Operation::named(Arc::clone(&dispatch.service), Arc::clone(&name));
            match dispatch.methods.entry(name) {
                hash_map::Entry::Occupied(taken) => {
                    panic!("there is a method `{}` already", taken.key())
                }
                hash_map::Entry::Vacant(free) => {
                    let name = Arc::clone(free.key());
                    free.insert(Entry { name, operation, method });
                }
            }
        })
    }

    fn dispatch(self, change: impl FnOnce(&mut Dispatch)) -> Self {
        Self { http: self.http.change_endpoint(change) }
    }

    /// Serves one HTTP request. There is always a response.
    ///
    /// # Panics
    ///
    /// When a hook, a codec or an endpoint does, unless the server
    /// [catches panics](Self::catch_panics).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels all its calls, and tells the finalizers that the caller is gone.
    pub fn handle(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Response<Body>> + Send + use<'_> {
        self.http.handle(request)
    }

    fn mounted(&self, head: Parts, body: Body) -> Mounted<Response<Body>> {
        let begun = self.http.begin(head, body);
        let server = self.http.clone();
        Box::pin(async move { Ok(Handler::finish(&server, begun).await) })
    }
}

fn parse<T: DeserializeOwned>(_: &Context, params: Params<'_>) -> Result<T, Error> {
    params.parse()
}

fn write(result: &impl Serialize, out: &mut Vec<u8>) -> Result<(), Box<dyn Failure>> {
    serde_json::to_writer(out, result).map_err(|error| {
        boxed(Refusal::of_kind(ErrorKind::Internal, "the result cannot be JSON").with_source(error))
    })
}

impl Handler for Server {
    type Begun = Begun<Request<Body>>;

    fn begin(&self, head: Parts, body: Body) -> Self::Begun {
        Handler::begin(&self.http, head, body)
    }

    fn finish(&self, begun: Self::Begun) -> impl Future<Output = Response<Body>> + Send {
        Handler::finish(&self.http, begun)
    }
}

mount!([] Server);

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("http", &self.http).finish_non_exhaustive()
    }
}
