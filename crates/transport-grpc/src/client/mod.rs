//! Remote gRPC methods as endpoints.
//!
//! # A client library
//!
//! makes one channel for each address and a [`Client`] of each method over it; they share its
//! connection. How a channel is made is the program's own: a function from an address to a
//! [`Channel`] is all that a library, or service discovery, has to be given.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use oxkit_core::{BoxEndpoint, Endpoint, Refusal};
//! use oxkit_transport_grpc::{
//!     GrpcError,
//!     client::{Channel, ChannelBuilder, ChannelError, Client, Transport},
//! };
//!
//! /// The remote service, method by method.
//! struct Text {
//!     upper: BoxEndpoint<String, String, GrpcError>,
//!     lower: BoxEndpoint<String, String, GrpcError>,
//! }
//!
//! impl Text {
//!     fn over(channel: impl Transport + 'static) -> Self {
//!         let method = |name| {
//!             let channel = channel.clone();
//!             Client::unary(channel, "pb.Text", name, Ok::<String, Refusal>, Ok::<String, Refusal>)
//!                 .timeout(Duration::from_secs(5))
//!                 .boxed()
//!         };
//!         Self { upper: method("Upper"), lower: method("Lower") }
//!     }
//! }
//!
//! /// How this program reaches an instance.
//! fn channel(instance: &str) -> Result<Channel, ChannelError> {
//!     let builder = ChannelBuilder::from_shared(format!("http://{instance}"))?;
//!     Ok(builder.connect_timeout(Duration::from_secs(1)).connect_lazy())
//! }
//!
//! let instances = ["10.0.0.7:8082", "10.0.0.8:8082"];
//! let clients = instances.map(|instance| channel(instance).map(Text::over));
//! # drop(clients);
//! # Ok(())
//! # }
//! ```
//!
//! Over a Unix socket, or anything else that a program connects: [`channel_over`].
//!
//! # TLS
//!
//! With the feature `tls-ring` or `tls-aws-lc`, on the channel's builder. Whom to trust is always
//! said; a certificate of the client's own is for servers that ask for one (mutual TLS).
//!
//! ```
//! # #[cfg(feature = "tls-ring")]
//! # fn example(authority: &str, certificate: &str, key: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use oxkit_transport_grpc::client::{Certificate, ChannelBuilder, ClientTlsConfig, Identity};
//!
//! let tls = ClientTlsConfig::new()
//!     .ca_certificate(Certificate::from_pem(authority))
//!     .identity(Identity::from_pem(certificate, key)); // mutual TLS
//! let channel = ChannelBuilder::from_static("https://localhost:8082").tls_config(tls)?.connect_lazy();
//! # drop(channel);
//! # Ok(())
//! # }
//! ```
//!
//! A server has TLS from whatever serves its [`Router`](crate::Router).

mod body;
mod call;
mod channel;
mod kinds;
mod report;
mod settings;
mod streams;
mod transport;

use std::{any::type_name, fmt, marker::PhantomData, sync::Arc, time::Duration};

use http::uri::{InvalidUri, PathAndQuery};
use oxkit_core::{Context, Failure, Idempotency, Operation, Refusal};
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub use tonic::transport::{Certificate, ClientTlsConfig, Identity};
pub use tonic::transport::{Channel, Endpoint as ChannelBuilder, Error as ChannelError};

pub use channel::channel_over;
pub use kinds::{Bidirectional, ClientStreaming, ServerStreaming, Unary};
pub use report::{Ended, Report};
use settings::Settings;
pub use transport::Transport;

use crate::{
    Metadata,
    names::{check_method, check_service},
};

/// A remote method as an [`Endpoint`](oxkit_core::Endpoint): encode the request, call, decode the
/// response.
///
/// It calls through any gRPC service of tower: a [`Channel`], which is a connection that is made
/// when it is needed and made again when it broke, or a [`Router`](crate::Router) in the same
/// process. One channel serves any number of clients, and they share its connection; so a client
/// library makes one channel for each address, and a client of each method over it.
///
/// # How long it waits
///
/// Until the earlier of its [`timeout`](Self::timeout) and the context's deadline, and tells the
/// server (`grpc-timeout`). A call whose deadline has passed is not sent. For a stream the deadline
/// holds until its end: when it passes, the server is told to stop, though nobody asks for the
/// stream's messages.
///
/// # Defaults
///
/// | setting | default |
/// |---|---|
/// | [`timeout`](Self::timeout) | none but the context's deadline |
/// | [`message_limit`](Self::message_limit) | 4 MiB |
/// | [`send_limit`](Self::send_limit) | none |
/// | [`compress`](Self::compress) | off |
///
/// # Cancel safety
///
/// Dropping the future, or the [`Incoming`](crate::Incoming) it gave, resets the stream: the server
/// is told to stop.
#[must_use = "a client does nothing until it is called"]
pub struct Client<K, S, N, D, T> {
    channel: S,
    codec: Arc<Codec<N, D>>,
    settings: Arc<Settings>,
    types: PhantomData<fn(K) -> T>,
}

struct Codec<N, D> {
    encode: N,
    decode: D,
}

impl<S, N, D, Q, P, M, R, NE, DE> Client<Unary, S, N, D, (Q, P, M, R, NE, DE)> {
    /// A client of a method with one message in and one out: an endpoint from `Q` to `R`.
    ///
    /// # Panics
    ///
    /// If the names are not those of a service and a method: ASCII letters, digits, `_` and `-`, and
    /// in a service's name dots between the parts.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn};
    /// use oxkit_transport_grpc::{GrpcError, Method, Router, Service, client::Client};
    ///
    /// // prost's own `String` is `google.protobuf.StringValue`.
    /// let upper = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s.to_uppercase()));
    /// let method = Method::unary(upper, |s: String| Ok::<_, Refusal>(s), Ok::<String, Refusal>);
    /// let server = Router::new().service(Service::new("pb.Text").method("Upper", method));
    ///
    /// // Over the network it would be
    /// // `ChannelBuilder::from_shared("http://localhost:8082")?.connect_lazy()`.
    /// let upper = Client::unary(
    ///     server,
    ///     "pb.Text",
    ///     "Upper",
    ///     |s: String| Ok::<String, GrpcError>(s),
    ///     |s: String| Ok::<String, GrpcError>(s),
    /// );
    /// assert_eq!(upper.call(Context::new(), "hello".into()).await?, "HELLO");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn unary(channel: S, service: &str, method: &str, encode: N, decode: D) -> Self
    where
        N: Fn(Q) -> Result<P, NE> + Send + Sync + 'static,
        D: Fn(M) -> Result<R, DE> + Send + Sync + 'static,
        NE: Failure,
        DE: Failure,
    {
        Self::new(channel, service, method, encode, decode)
    }
}

impl<S, N, D, Q, P, M, R, NE, DE> Client<ClientStreaming, S, N, D, (Q, P, M, R, NE, DE)> {
    /// A client of a method that takes a stream and gives one message: an endpoint from
    /// [`Outgoing<Q>`](crate::Outgoing) to `R`. `encode` is called for each message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn};
    /// use oxkit_transport_grpc::{GrpcError, Incoming, Method, Outgoing, Router, Service, client::Client};
    ///
    /// let sum = endpoint_fn(async |_cx, mut numbers: Incoming<i64>| {
    ///     let mut sum = 0;
    ///     while let Some(number) = numbers.next().await? {
    ///         sum += number;
    ///     }
    ///     Ok::<_, GrpcError>(sum)
    /// });
    /// let method = Method::client_streaming(sum, Ok::<i64, Refusal>, Ok::<i64, Refusal>);
    /// let server = Router::new().service(Service::new("pb.Test").method("Sum", method));
    ///
    /// let sum =
    ///     Client::client_streaming(server, "pb.Test", "Sum", Ok::<i64, Refusal>, Ok::<i64, Refusal>);
    /// assert_eq!(sum.call(Context::new(), Outgoing::of([1, 2, 3])).await?, 6);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the names are not those of a service and a method: ASCII letters, digits, `_` and `-`, and
    /// in a service's name dots between the parts.
    #[track_caller]
    pub fn client_streaming(channel: S, service: &str, method: &str, encode: N, decode: D) -> Self
    where
        N: Fn(Q) -> Result<P, NE> + Send + Sync + 'static,
        D: Fn(M) -> Result<R, DE> + Send + Sync + 'static,
        NE: Failure,
        DE: Failure,
    {
        Self::new(channel, service, method, encode, decode)
    }
}

impl<S, N, D, Q, P, M, R, NE, DE> Client<ServerStreaming, S, N, D, (Q, P, M, R, NE, DE)> {
    /// A client of a method that takes one message and gives a stream: an endpoint from `Q` to
    /// [`Incoming<R>`](crate::Incoming). `decode` is called for each message.
    /// [`Method::server_streaming`](crate::Method::server_streaming) has an example of both sides.
    ///
    /// # Panics
    ///
    /// If the names are not those of a service and a method: ASCII letters, digits, `_` and `-`, and
    /// in a service's name dots between the parts.
    #[track_caller]
    pub fn server_streaming(channel: S, service: &str, method: &str, encode: N, decode: D) -> Self
    where
        N: Fn(Q) -> Result<P, NE> + Send + Sync + 'static,
        D: Fn(M) -> Result<R, DE> + Send + Sync + 'static,
        NE: Failure,
        DE: Failure,
    {
        Self::new(channel, service, method, encode, decode)
    }
}

impl<S, N, D, Q, P, M, R, NE, DE> Client<Bidirectional, S, N, D, (Q, P, M, R, NE, DE)> {
    /// A client of a method with a stream each way: an endpoint from
    /// [`Outgoing<Q>`](crate::Outgoing) to [`Incoming<R>`](crate::Incoming). `encode` and `decode`
    /// are called for each message.
    ///
    /// The future ends when the server has begun to answer.
    /// [`Method::bidirectional`](crate::Method::bidirectional) has an example of both sides.
    ///
    /// # Panics
    ///
    /// If the names are not those of a service and a method: ASCII letters, digits, `_` and `-`, and
    /// in a service's name dots between the parts.
    #[track_caller]
    pub fn bidirectional(channel: S, service: &str, method: &str, encode: N, decode: D) -> Self
    where
        N: Fn(Q) -> Result<P, NE> + Send + Sync + 'static,
        D: Fn(M) -> Result<R, DE> + Send + Sync + 'static,
        NE: Failure,
        DE: Failure,
    {
        Self::new(channel, service, method, encode, decode)
    }
}

impl<K, S, N, D, T> Client<K, S, N, D, T> {
    #[track_caller]
    fn new(channel: S, service: &str, method: &str, encode: N, decode: D) -> Self {
        check_service(service);
        check_method(service, method);
        let path: Result<PathAndQuery, InvalidUri> = format!("/{service}/{method}").parse();
        // What is left to be wrong is the length, which a path has a limit of.
        let path = path.unwrap_or_else(|error| {
            panic!("{service:?} and {method:?} are too long for a service and a method: {error}")
        });
        Self {
            channel,
            codec: Arc::new(Codec { encode, decode }),
            settings: Arc::new(Settings::new(path, Operation::named(service, method))),
            types: PhantomData,
        }
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// How long a call may take at most. The context's deadline holds if it is earlier.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|settings| settings.timeout = Some(timeout))
    }

    /// Leaves the time to the deadline of the call's context, as it is by default.
    pub fn without_timeout(self) -> Self {
        self.set(|settings| settings.timeout = None)
    }

    /// The largest message that is taken, in bytes, also after it is decompressed.
    pub fn message_limit(self, bytes: usize) -> Self {
        self.set(|settings| settings.message_limit = bytes)
    }

    /// The largest message that is sent, in bytes, before it is compressed. A larger one fails the
    /// call with [`ResourceExhausted`](oxkit_core::ErrorKind::ResourceExhausted).
    pub fn send_limit(self, bytes: usize) -> Self {
        self.set(|settings| settings.send_limit = Some(bytes))
    }

    /// Compresses what is sent, by gzip, which the server must understand. What is received may
    /// always be compressed.
    #[cfg(feature = "gzip")]
    pub fn compress(self) -> Self {
        self.set(|settings| settings.compresses = true)
    }

    /// Says whether the call may be repeated, for the layers that ask the
    /// [operation](Context::operation).
    pub fn idempotency(self, idempotency: Idempotency) -> Self {
        self.set(|settings| {
            settings.operation = settings.operation.clone().with_idempotency(idempotency);
        })
    }

    /// Adds a hook that fills the metadata of each call before it is sent, or refuses it.
    ///
    /// ```
    /// # use oxkit_transport_grpc::client::Client;
    /// use oxkit_core::{ErrorKind, Refusal};
    ///
    /// # fn example<K, S, N, D, T>(client: Client<K, S, N, D, T>) -> Client<K, S, N, D, T> {
    /// client.before(|_cx, metadata| {
    ///     metadata
    ///         .insert("authorization", "Bearer abc")
    ///         .map_err(|error| Refusal::of_kind(ErrorKind::Internal, error.to_string()))
    /// })
    /// # }
    /// ```
    pub fn before<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &mut Metadata) -> Result<(), Refusal> + Send + Sync + 'static,
    {
        self.set(|settings| settings.before.push(Arc::new(hook)))
    }

    /// Adds a hook that sees the metadata of the header of each answer, and of the trailer, which a
    /// stream has not had yet: it is empty then.
    ///
    /// Does not run when the call failed; an [error](crate::GrpcError::metadata) has the metadata
    /// that came with it.
    pub fn after<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &Metadata, &Metadata) + Send + Sync + 'static,
    {
        self.set(|settings| settings.after.push(Arc::new(hook)))
    }

    /// Adds a function that is told of the end of each call, exactly once, however it ends: also
    /// when the call is dropped, and of a stream when its last message came or it is let go of.
    ///
    /// It runs where the call ends, so it must not block. One that panics ends there.
    pub fn finalize<H>(self, finalizer: H) -> Self
    where
        H: Fn(&Context, &Report<'_>) + Send + Sync + 'static,
    {
        self.set(|settings| settings.finalizers.push(Arc::new(finalizer)))
    }
}

impl<K, S: Clone, N, D, T> Clone for Client<K, S, N, D, T> {
    fn clone(&self) -> Self {
        Self {
            channel: self.channel.clone(),
            codec: Arc::clone(&self.codec),
            settings: Arc::clone(&self.settings),
            types: PhantomData,
        }
    }
}

impl<K, S, N, D, T> fmt::Debug for Client<K, S, N, D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("kind", &type_name::<K>())
            .field("path", &self.settings.path)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}
