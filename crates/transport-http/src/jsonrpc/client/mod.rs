//! Remote JSON-RPC methods as endpoints.

mod answer;
mod batch;
mod batch_client;
mod codec;
mod ids;

use std::{any::type_name, fmt, sync::Arc, time::Duration};

use http::{Uri, request, response};
use oxkit_core::{Context, Endpoint, Failure, Operation};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{Call, SERVICE};
use crate::{
    ClientError, Pool,
    client::{self, Report, own},
};
pub(super) use answer::Received;
pub use batch::{Batch, BatchAnswers, Place};
pub use batch_client::BatchClient;
use codec::{Answered, CallCodec, Write, head, read_result, write_params};
pub use ids::{AutoIncrement, IdGenerator};

/// A remote JSON-RPC method as an [`Endpoint`]: `Q` in, `R` out.
///
/// A clone shares the pool, the identifiers and the settings, and is cheap; so is one with another
/// [`base`](Self::base), as service discovery makes for each instance.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn};
/// use oxkit_transport_http::{Pool, jsonrpc::{Client, Server}, serve};
/// use tokio::net::TcpListener;
///
/// let sum = endpoint_fn(async |_cx, (a, b): (i64, i64)| Ok::<_, Refusal>(a + b));
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let uri = format!("http://{}/", listener.local_addr()?).parse()?;
/// tokio::spawn(async move { serve(listener, Server::new().method("sum", sum)).await });
///
/// let sum: Client<(i64, i64), i64> = Client::new(&Pool::new(), uri, "sum");
/// assert_eq!(sum.call(Context::new(), (1, 2)).await?, 3);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
/// #     .block_on(example()).unwrap();
/// ```
///
/// # What may go wrong
///
/// | what came back | error |
/// |---|---|
/// | an error object, with whatever status | its [kind](crate::jsonrpc::Error::kind) and text; [`Error::received`](super::Error::received) gives the object |
/// | another identifier, no `jsonrpc` of `"2.0"`, both a result and an error or neither, no JSON, nothing | [malformed](ClientError::is_malformed) |
/// | an error status without an error object | as of [any client](crate::Client) |
///
/// # Defaults
///
/// | setting | default |
/// |---|---|
/// | [`ids`](Self::ids) | [`AutoIncrement`] from 0, of this client and its clones |
/// | [`operation`](Self::operation) | the method, of the service `jsonrpc` |
/// | [`timeout`](Self::timeout), [`body_limit`](Self::body_limit) | 30 s, 2 MiB, as of [any client](crate::Client) |
#[must_use = "a client does nothing until it is called"]
pub struct Client<Q, R> {
    http: client::Client<Q, R, CallCodec<Q, R>, CallCodec<Q, R>>,
    method: Arc<str>,
    ids: Option<Arc<dyn IdGenerator>>,
}

impl<Q: Send + 'static, R: Send + 'static> Client<Q, R> {
    /// The method `method` of the server at `uri`, with parameters and result by serde.
    ///
    /// The parameters are whatever `Q` is as JSON, if that is an array or an object; `null`, such as
    /// of `()`, is no parameters. A single value goes in a tuple of one.
    pub fn new(pool: &Pool, uri: Uri, method: impl Into<Arc<str>>) -> Self
    where
        Q: Serialize,
        R: DeserializeOwned,
    {
        let ids: Arc<dyn IdGenerator> = Arc::new(AutoIncrement::new(0));
        let read = Answered::Result(Arc::new(read_result));
        Self::of(pool, uri, method.into(), Arc::new(write), read, Some(ids))
    }

    /// A method with a codec of one's own: `encode` makes raw parameters of the request, `decode`
    /// makes the response of the raw result.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint};
    /// use oxkit_transport_http::{ClientError, Pool, jsonrpc::{Client, RawValue}};
    ///
    /// # use oxkit_core::{Refusal, endpoint_fn};
    /// # let sum = endpoint_fn(async |_cx, n: Vec<i64>| Ok::<_, Refusal>(n.iter().sum::<i64>()));
    /// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// # let uri = format!("http://{}/rpc", listener.local_addr()?).parse()?;
    /// # let server = oxkit_transport_http::jsonrpc::Server::new().method("sum", sum);
    /// # tokio::spawn(async move { oxkit_transport_http::serve(listener, server).await });
    /// let sum = Client::with_codec(
    ///     &Pool::new(),
    ///     uri,
    ///     "sum",
    ///     |params: Box<RawValue>| Ok::<_, ClientError>(params),
    ///     |result: &RawValue| Ok::<_, ClientError>(result.to_owned()),
    /// );
    /// let params = RawValue::from_string("[1,2]".to_owned())?;
    /// assert_eq!(sum.call(Context::new(), params).await?.get(), "3");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// #     .block_on(example()).unwrap();
    /// ```
    pub fn with_codec<N, D, Unencoded, Undecoded>(
        pool: &Pool,
        uri: Uri,
        method: impl Into<Arc<str>>,
        encode: N,
        decode: D,
    ) -> Self
    where
        N: Fn(Q) -> Result<Box<RawValue>, Unencoded> + Send + Sync + 'static,
        D: Fn(&RawValue) -> Result<R, Undecoded> + Send + Sync + 'static,
        Unencoded: Failure,
        Undecoded: Failure,
    {
        let ids: Arc<dyn IdGenerator> = Arc::new(AutoIncrement::new(0));
        let write = move |request, out: &mut Vec<u8>| {
            out.extend_from_slice(encode(request).map_err(own)?.get().as_bytes());
            Ok(())
        };
        let read = move |result: &RawValue| decode(result).map_err(own);
        let read = Answered::Result(Arc::new(read));
        Self::of(pool, uri, method.into(), Arc::new(write), read, Some(ids))
    }

    fn of(
        pool: &Pool,
        uri: Uri,
        method: Arc<str>,
        write: Arc<Write<Q>>,
        read: Answered<R>,
        ids: Option<Arc<dyn IdGenerator>>,
    ) -> Self {
        let codec = CallCodec { uri, head: head(&method).into(), write, read };
        let http = client::Client::new(pool, codec.clone(), codec)
            // An error status may carry an error object, which the codec looks for.
            .any_status()
            .operation(Operation::named(SERVICE, Arc::clone(&method)));
        Self { http, method, ids }
    }
}

impl<Q: Send + 'static> Client<Q, ()> {
    /// The method `method` of the server at `uri`, called without waiting for what comes of it.
    ///
    /// A notification has no identifier and no answer: `Ok` says that the server took the request,
    /// and whatever body it sent is ignored.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint};
    /// use oxkit_transport_http::{Pool, jsonrpc::Client};
    ///
    /// # use oxkit_core::{Refusal, endpoint_fn};
    /// # let sum = endpoint_fn(async |_cx, n: Vec<i64>| Ok::<_, Refusal>(n.iter().sum::<i64>()));
    /// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// # let uri = format!("http://{}/rpc", listener.local_addr()?).parse()?;
    /// # let server = oxkit_transport_http::jsonrpc::Server::new().method("sum", sum);
    /// # tokio::spawn(async move { oxkit_transport_http::serve(listener, server).await });
    /// let told: Client<(i64, i64), ()> = Client::notification(&Pool::new(), uri, "sum");
    /// assert!(told.call(Context::new(), (1, 2)).await.is_ok());
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// #     .block_on(example()).unwrap();
    /// ```
    pub fn notification(pool: &Pool, uri: Uri, method: impl Into<Arc<str>>) -> Self
    where
        Q: Serialize,
    {
        Self::of(pool, uri, method.into(), Arc::new(write), Answered::Ignored(|| ()), None)
    }
}

impl<Q, R> Client<Q, R> {
    /// Sets where identifiers come from. A notification has none, whatever is set.
    ///
    /// Clients that are given clones of one [`AutoIncrement`] share its counter:
    ///
    /// ```
    /// use oxkit_transport_http::{Pool, jsonrpc::{AutoIncrement, Client}};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let pool = Pool::new();
    /// # let uri: http::Uri = "http://localhost:8080/rpc".parse()?;
    /// let ids = AutoIncrement::new(1);
    /// let add: Client<(i64, i64), i64> = Client::new(&pool, uri.clone(), "add").ids(ids.clone());
    /// let sub: Client<(i64, i64), i64> = Client::new(&pool, uri, "sub").ids(ids);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ids(mut self, ids: impl IdGenerator) -> Self {
        if self.ids.is_some() {
            self.ids = Some(Arc::new(ids));
        }
        self
    }

    fn map(mut self, change: impl FnOnce(Http<Q, R>) -> Http<Q, R>) -> Self {
        self.http = change(self.http);
        self
    }

    /// Sends calls to this server: see [the HTTP client's](crate::Client::base).
    pub fn base(self, base: Uri) -> Self {
        self.map(|http| http.base(base))
    }

    /// How long a call may take: see [the HTTP client's](crate::Client::timeout).
    pub fn timeout(self, limit: Duration) -> Self {
        self.map(|http| http.timeout(limit))
    }

    /// Leaves the time to the deadline of the call's context.
    pub fn without_timeout(self) -> Self {
        self.map(client::Client::without_timeout)
    }

    /// How many bytes of a response body are read at most. Default: 2 MiB.
    pub fn body_limit(self, bytes: u64) -> Self {
        self.map(|http| http.body_limit(bytes))
    }

    /// Names the operation that calls are for, in place of the one that the context names.
    pub fn operation(self, operation: Operation) -> Self {
        self.map(|http| http.operation(operation))
    }

    /// Adds a hook that sees each encoded request before it is sent, and may change its head or
    /// refuse. The [`Call`] is in the context.
    pub fn before<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &mut request::Parts) -> Result<(), ClientError> + Send + Sync + 'static,
    {
        self.map(|http| http.before(hook))
    }

    /// Adds a hook that sees the head of each response, of whatever status, and may change it.
    pub fn after<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &mut response::Parts) + Send + Sync + 'static,
    {
        self.map(|http| http.after(hook))
    }

    /// Adds a function that is told of the end of each call, exactly once, however it ends. Error
    /// objects are errors to it.
    pub fn finalize<H>(self, finalizer: H) -> Self
    where
        H: Fn(&Context, &Report<'_>) + Send + Sync + 'static,
    {
        self.map(|http| http.finalize(finalizer))
    }
}

type Http<Q, R> = client::Client<Q, R, CallCodec<Q, R>, CallCodec<Q, R>>;

fn write<Q: Serialize>(request: Q, out: &mut Vec<u8>) -> Result<(), ClientError> {
    write_params(&request, out)
}

impl<Q: Send + 'static, R: Send + 'static> Endpoint for Client<Q, R> {
    type Request = Q;
    type Response = R;
    type Error = ClientError;

    /// Performs the call.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection (on HTTP/2 it resets the stream). The server may
    /// have acted on the call all the same.
    fn call(&self, cx: Context, request: Q) -> impl Future<Output = Result<R, ClientError>> + Send {
        let id = self.ids.as_ref().map(|ids| ids.next_id());
        // In the context because the codec that reads the answer must know the identifier that the
        // one that wrote the call used; hooks find it there, too.
        let cx = cx.with(Call { method: Arc::clone(&self.method), id });
        self.http.call(cx, request)
    }
}

impl<Q, R> Clone for Client<Q, R> {
    fn clone(&self) -> Self {
        Self { http: self.http.clone(), method: Arc::clone(&self.method), ids: self.ids.clone() }
    }
}

impl<Q, R> fmt::Debug for Client<Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("method", &self.method)
            .field("params", &type_name::<Q>())
            .field("result", &type_name::<R>())
            .finish_non_exhaustive()
    }
}
