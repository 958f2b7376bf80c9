//! Remote HTTP methods as endpoints, over a shared pool of connections.
//!
//! ```no_run
//! use http::Method;
//! use oxkit_core::{Context, Endpoint};
//! use oxkit_transport_http::client::{Client, Pool};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize)]
//! struct Uppercase { s: String }
//!
//! #[derive(Deserialize)]
//! struct Uppercased { v: String }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = Pool::new();
//! let uppercase: Client<Uppercase, Uppercased, _, _> =
//!     Client::json(&pool, Method::POST, "http://localhost:8080/uppercase".parse()?);
//!
//! let answer = uppercase.call(Context::new(), Uppercase { s: "hello".to_owned() }).await?;
//! assert_eq!(answer.v, "HELLO");
//! # Ok(())
//! # }
//! ```
//!
//! # When to use it, and when not
//!
//! A [`Client`] is one remote method as an [`Endpoint`](oxkit_core::Endpoint), so timeouts,
//! retries, breakers and balancers wrap it as they wrap anything else. It does none of these by
//! itself. For a program that talks to the web at large (redirects, cookies, proxies of the
//! environment) a general HTTP client is the better choice.
//!
//! # Order
//!
//! ```text
//! request -> encode -> base, deadline, request id -> before hooks -> send
//!     result <- decode <- status check <- after hooks <- response <--+
//! ```

mod call;
mod codec;
mod error;
mod pool;
mod report;
mod settings;
mod status;
mod text;
mod watch;

use std::{any::type_name, fmt, marker::PhantomData, sync::Arc, time::Duration};

use http::{Method, Uri, request, response};
use oxkit_core::{Context, Operation};

#[cfg(feature = "proxy")]
pub(crate) use call::pass_on;
#[cfg(feature = "jsonrpc")]
pub(crate) use codec::own;
pub use codec::{DecodeResponse, EncodeRequest, JsonClientCodec, JsonResponse, json_request};
pub use error::ClientError;
pub use pool::{Pool, PoolBuilder};
pub use report::{Ended, Report};
use settings::Settings;
#[cfg(feature = "jsonrpc")]
pub(crate) use status::error_of;

/// A remote HTTP method as an [`Endpoint`](oxkit_core::Endpoint): `Q` in, `R` out.
///
/// A clone shares the pool, the codec and the settings, and is cheap; so is one with another
/// [`base`](Self::base), as service discovery makes for each instance.
///
/// # Status
///
/// A response that does not say success becomes a [`ClientError`] with the kind, the text and the
/// `Retry-After` the server gave; its decoder is not called. So a business error that an oxkit
/// server rendered comes back as an error of the same kind, in whichever of the two styles the
/// server's endpoint gave it.
///
/// # Defaults
///
/// | setting | default | why |
/// |---|---|---|
/// | [`timeout`](Self::timeout) | 30 s | a call without an end holds its caller for ever |
/// | [`body_limit`](Self::body_limit) | 2 MiB | more than any JSON response should need |
/// | status check | on | |
/// | [`base`](Self::base), [`operation`](Self::operation) | none | |
#[must_use = "a client does nothing until it is called"]
pub struct Client<Q, R, N, D> {
    pool: Pool,
    codec: Arc<(N, D)>,
    settings: Arc<Settings>,
    types: PhantomData<fn(Q) -> R>,
}

impl<Q, R> Client<Q, R, JsonClientCodec, JsonClientCodec> {
    /// A method that speaks JSON: the request is the body, the response is read from the body.
    ///
    /// The length of the body is sent. With `GET` and `HEAD` there is no body, so the request type
    /// is `()`; where parameters go into the path or the query, give [`new`](Client::new) an
    /// encoder that calls [`json_request`], and [`JsonResponse`] to decode. A response without a body reads as JSON's `null`.
    ///
    /// ```
    /// use http::Method;
    /// use oxkit_transport_http::client::{Client, Pool};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = Pool::new();
    /// let uri = "http://localhost:8080/count".parse()?;
    /// let count: Client<String, usize, _, _> = Client::json(&pool, Method::POST, uri);
    /// # Ok(())
    /// # }
    /// ```
    pub fn json(pool: &Pool, method: Method, uri: Uri) -> Self {
        let codec = JsonClientCodec::new(method, uri);
        Self::with_codec(pool, codec.clone(), codec)
    }
}

impl<Q, R, N, D> Client<Q, R, N, D> {
    /// A method with a codec of your own: plain async functions, or closures.
    ///
    /// A decoder that keeps the body streams it: then the timeout holds until the decoder is done,
    /// and what comes later is not limited in time. Let [`body_limit`](Self::body_limit) fit.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use oxkit_transport_http::{Body, ClientError, client::{Client, Pool}};
    ///
    /// async fn encode(id: u64) -> Result<Request<Body>, ClientError> {
    ///     let request = Request::get(format!("/todos/{id}"));
    ///     Ok(request.body(Body::empty()).expect("digits make a valid path"))
    /// }
    ///
    /// async fn decode(response: Response<Body>) -> Result<String, ClientError> {
    ///     let bytes = response.into_body().collect(1024).await?;
    ///     Ok(String::from_utf8_lossy(&bytes).into_owned())
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let todo = Client::new(&Pool::new(), encode, decode).base("http://localhost:8080".parse()?);
    /// # drop(todo);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(pool: &Pool, encode: N, decode: D) -> Self
    where
        N: EncodeRequest<Q>,
        D: DecodeResponse<R>,
    {
        Self::with_codec(pool, encode, decode)
    }

    fn with_codec(pool: &Pool, encode: N, decode: D) -> Self {
        Self {
            pool: pool.clone(),
            codec: Arc::new((encode, decode)),
            settings: Arc::new(Settings::new()),
            types: PhantomData,
        }
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Sends the request to this server: its address goes in front of the path that the encoder
    /// gives, in place of the server named there.
    ///
    /// A base of `http://10.0.0.7:8080/api` and an encoder's `/todos` make
    /// `http://10.0.0.7:8080/api/todos`. With one client and a base for each instance, all share
    /// one pool.
    ///
    /// ```
    /// use http::Method;
    /// use oxkit_transport_http::client::{Client, Pool};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let count: Client<String, usize, _, _> =
    ///     Client::json(&Pool::new(), Method::POST, "/count".parse()?);
    /// let instances = [
    ///     count.clone().base("http://10.0.0.7:8080".parse()?),
    ///     count.base("http://10.0.0.8:8080".parse()?),
    /// ];
    /// # drop(instances);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Where the two make no address a call fails, and nothing is sent.
    pub fn base(self, base: Uri) -> Self {
        self.set(|settings| settings.base = Some(base))
    }

    /// How long a call may take: connecting, sending, receiving and decoding. Default: 30 s.
    ///
    /// The earlier of this and the deadline of the call's context counts, and what is left of it is
    /// sent along in [`TIMEOUT_HEADER`](crate::TIMEOUT_HEADER).
    pub fn timeout(self, limit: Duration) -> Self {
        self.set(|settings| settings.timeout = Some(limit))
    }

    /// Leaves the time to the deadline of the call's context. A call without one may last for ever.
    pub fn without_timeout(self) -> Self {
        self.set(|settings| settings.timeout = None)
    }

    /// How many bytes of a response body the decoder may read. Default: 2 MiB.
    pub fn body_limit(self, bytes: u64) -> Self {
        self.set(|settings| settings.body_limit = bytes)
    }

    /// Gives the decoder every response, whatever its status.
    ///
    /// ```
    /// use http::{Method, Request, Response};
    /// use oxkit_transport_http::{Body, ClientError, client::{Client, Pool, json_request}};
    ///
    /// // Whether it is there, where "no" is an answer and no failure.
    /// let exists = Client::new(
    ///     &Pool::new(),
    ///     async |id: u64| json_request(Method::HEAD, format!("http://localhost/todos/{id}"), &()),
    ///     async |response: Response<Body>| Ok::<_, ClientError>(response.status().is_success()),
    /// )
    /// .any_status();
    /// # drop::<Client<u64, bool, _, _>>(exists);
    /// ```
    pub fn any_status(self) -> Self {
        self.set(|settings| settings.checks_status = false)
    }

    /// Names the operation that calls are for, in place of the one that the context names: inside a
    /// handler that is the operation being served.
    ///
    /// The hooks, the codec and the finalizers see it. A layer around the client does not: it has
    /// the context it was called with, so name the operation in a layer outside of it as well.
    pub fn operation(self, operation: Operation) -> Self {
        self.set(|settings| settings.operation = Some(operation))
    }

    /// Adds a hook that sees the encoded request before it is sent, and may change it or refuse.
    /// Hooks run in the order in which they were added.
    ///
    /// ```
    /// use http::{HeaderValue, Method, header::AUTHORIZATION};
    /// use oxkit_core::ErrorKind;
    /// use oxkit_transport_http::{ClientError, client::{Client, Pool}};
    ///
    /// struct Token(HeaderValue);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let uri = "http://localhost:8080/count".parse()?;
    /// let count: Client<String, usize, _, _> = Client::json(&Pool::new(), Method::POST, uri);
    /// let count = count.before(|cx, parts| {
    ///     let Some(Token(token)) = cx.get() else {
    ///         return Err(ClientError::of_kind(ErrorKind::Unauthenticated, "no token"));
    ///     };
    ///     parts.headers.insert(AUTHORIZATION, token.clone());
    ///     Ok(())
    /// });
    /// # async fn example(count: impl oxkit_core::Endpoint<Request = String, Error = ClientError, Response = usize>) {
    /// # use oxkit_core::{Context, Endpoint, Failure};
    /// let refused = count.call(Context::new(), "text".to_owned()).await;
    /// assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unauthenticated);
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(example(count));
    /// # Ok(())
    /// # }
    /// ```
    pub fn before<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &mut request::Parts) -> Result<(), ClientError> + Send + Sync + 'static,
    {
        self.set(|settings| settings.before.push(Arc::new(hook)))
    }

    /// Adds a hook that sees the head of each response, of whatever status, and may change it.
    ///
    /// ```
    /// use http::{HeaderValue, Method, header::CONTENT_TYPE};
    /// use oxkit_transport_http::client::{Client, Pool};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let uri = "http://localhost:8080/count".parse()?;
    /// let count: Client<String, usize, _, _> = Client::json(&Pool::new(), Method::POST, uri);
    /// // This server sends its errors in plain text and does not say so.
    /// let count = count.after(|_, parts| {
    ///     if !parts.status.is_success() {
    ///         parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    ///     }
    /// });
    /// # drop(count);
    /// # Ok(())
    /// # }
    /// ```
    pub fn after<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &mut response::Parts) + Send + Sync + 'static,
    {
        self.set(|settings| settings.after.push(Arc::new(hook)))
    }

    /// Adds a function that is told of the end of each call, exactly once, however it ends: also
    /// when the call is dropped, and of a call that streams when its body is let go of.
    ///
    /// It runs where the call ends, so it must not block. One that panics ends there: the call and
    /// the other finalizers go on.
    ///
    /// ```
    /// use http::Method;
    /// use oxkit_core::{Context, Endpoint, ErrorKind};
    /// use oxkit_transport_http::client::{Client, Ended, Pool};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let uri = "no-server".parse()?;
    /// let count: Client<String, usize, _, _> = Client::json(&Pool::new(), Method::POST, uri);
    /// let count = count.finalize(move |_, report| {
    ///     let _ = tell.send((report.ended(), report.kind()));
    /// });
    /// assert!(count.call(Context::new(), "text".to_owned()).await.is_err());
    /// assert_eq!(told.recv()?, (Ended::Failed, Some(ErrorKind::Internal)));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn finalize<H>(self, finalizer: H) -> Self
    where
        H: Fn(&Context, &Report<'_>) + Send + Sync + 'static,
    {
        self.set(|settings| settings.finalizers.push(Arc::new(finalizer)))
    }
}

impl<Q, R, N, D> Clone for Client<Q, R, N, D> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            codec: Arc::clone(&self.codec),
            settings: Arc::clone(&self.settings),
            types: PhantomData,
        }
    }
}

impl<Q, R, N, D> fmt::Debug for Client<Q, R, N, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("request", &type_name::<Q>())
            .field("response", &type_name::<R>())
            .field("base", &self.settings.base)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}
