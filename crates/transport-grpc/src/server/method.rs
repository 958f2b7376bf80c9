//! An endpoint as a method.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use futures_core::Stream;
use http::{Request, Response};
use oxkit_core::{Context, Endpoint, Failure, Idempotency, Operation, Refusal, RequestIds};
use prost::Message;
use tonic::body::Body;

use super::{
    kinds::{Bidirectional, ClientStreaming, Handle, ServerStreaming, Unary},
    report::Report,
    settings::Settings,
};
use crate::{Incoming, Metadata, Status};

/// An [`Endpoint`] as a gRPC method: decode the message, call the endpoint, encode what comes back.
///
/// `decode` and `encode` are plain functions between the generated messages and the endpoint's own
/// types. The types are erased here, so a [`Service`](super::Service) holds methods of any kind.
///
/// # Order
///
/// ```text
/// call -> before hooks -> decode -> endpoint -> encode -> after hooks -> response
///             |             |          |          |                        |
///             +-------------+----------+----------+--> status -------------+--> finalizers
/// ```
///
/// Hooks of one kind run in the order in which they were added.
///
/// # A stream
///
/// is an endpoint like any other: its request is an [`Incoming`], its response any [`Stream`] of
/// results, and the same layers go around it. The endpoint's future ends when it returns the
/// stream; the deadline goes on until the stream ends. Dropping the stream is how an endpoint
/// learns that the caller is gone, and it is asked for the next message only when the last one
/// was taken. So the deadline of a stream whose caller takes nothing is noticed when it does, or
/// when its connection is given up.
///
/// # Defaults
///
/// | setting | default | why |
/// |---|---|---|
/// | [`timeout`](Self::timeout), where the caller gives none | 30 s; none for streams | a caller that waits longer has given up; streams may last |
/// | [`timeout_floor`](Self::timeout_floor), [`timeout_cap`](Self::timeout_cap) | none | |
/// | [`message_limit`](Self::message_limit) | 4 MiB | that of gRPC's own libraries |
/// | [`send_limit`](Self::send_limit) | none | what is answered is the program's own |
/// | [`errors`](Self::errors) | [`Status::of`] | |
/// | [`catch_panics`](Self::catch_panics) | off | the panic goes on and the stream is reset |
/// | [`compress`](Self::compress), [`request_id`](Self::request_id) | off | |
#[derive(Clone)]
#[must_use = "a method does nothing until it is part of a service"]
pub struct Method {
    handle: Arc<dyn Handle>,
    settings: Arc<Settings>,
    idempotency: Idempotency,
}

/// How long a call may take if its caller does not say.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Method {
    /// One message in, one out.
    ///
    /// ```
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_grpc::Method;
    ///
    /// #[derive(Clone, PartialEq, prost::Message)]
    /// struct SumRequest {
    ///     #[prost(int64, tag = "1")]
    ///     a: i64,
    ///     #[prost(int64, tag = "2")]
    ///     b: i64,
    /// }
    ///
    /// #[derive(Clone, PartialEq, prost::Message)]
    /// struct SumReply {
    ///     #[prost(int64, tag = "1")]
    ///     v: i64,
    /// }
    ///
    /// let sum = endpoint_fn(async |_cx, (a, b): (i64, i64)| Ok::<_, Refusal>(a + b));
    /// let method = Method::unary(
    ///     sum,
    ///     |message: SumRequest| Ok::<_, Refusal>((message.a, message.b)),
    ///     |v| Ok::<_, Refusal>(SumReply { v }),
    /// );
    /// # drop(method);
    /// ```
    pub fn unary<E, P, M, DE, NE>(
        endpoint: E,
        decode: impl Fn(P) -> Result<E::Request, DE> + Send + Sync + 'static,
        encode: impl Fn(E::Response) -> Result<M, NE> + Send + Sync + 'static,
    ) -> Self
    where
        E: Endpoint + 'static,
        P: Message + Default + 'static,
        M: Message + 'static,
        DE: Failure,
        NE: Failure,
    {
        Self::of(Unary::new(endpoint, decode, encode), Some(TIMEOUT))
    }

    /// A stream of messages in, one out. `decode` is called for each message.
    ///
    /// ```
    /// use oxkit_core::{Context, endpoint_fn};
    /// use oxkit_transport_grpc::{GrpcError, Incoming, Method};
    ///
    /// async fn sum(_cx: Context, mut numbers: Incoming<i64>) -> Result<i64, GrpcError> {
    ///     let mut sum = 0;
    ///     while let Some(number) = numbers.next().await? {
    ///         sum += number;
    ///     }
    ///     Ok(sum)
    /// }
    ///
    /// // prost's own `i64` is `google.protobuf.Int64Value`.
    /// let method = Method::client_streaming(
    ///     endpoint_fn(sum),
    ///     |message: i64| Ok::<_, GrpcError>(message),
    ///     |sum| Ok::<i64, GrpcError>(sum),
    /// );
    /// # drop(method);
    /// ```
    pub fn client_streaming<E, P, M, Q, DE, NE>(
        endpoint: E,
        decode: impl Fn(P) -> Result<Q, DE> + Send + Sync + 'static,
        encode: impl Fn(E::Response) -> Result<M, NE> + Send + Sync + 'static,
    ) -> Self
    where
        E: Endpoint<Request = Incoming<Q>> + 'static,
        P: Message + Default + 'static,
        M: Message + 'static,
        Q: Send + 'static,
        DE: Failure,
        NE: Failure,
    {
        Self::of(ClientStreaming::new(endpoint, decode, encode), None)
    }

    /// One message in, a stream of messages out. `encode` is called for each message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn};
    /// use oxkit_transport_grpc::{Incoming, Method, Router, Service, client::Client};
    ///
    /// // Any stream of results will do; this one is of what is at hand.
    /// let count = endpoint_fn(async |_cx, n: i64| Ok::<_, Refusal>(Incoming::of(0..n)));
    /// let method = Method::server_streaming(count, Ok::<i64, Refusal>, Ok::<i64, Refusal>);
    /// let server = Router::new().service(Service::new("pb.Test").method("Count", method));
    ///
    /// let count =
    ///     Client::server_streaming(server, "pb.Test", "Count", Ok::<i64, Refusal>, Ok::<i64, Refusal>);
    /// let mut numbers = count.call(Context::new(), 2).await?;
    /// assert_eq!(numbers.next().await?, Some(0));
    /// assert_eq!(numbers.next().await?, Some(1));
    /// assert_eq!(numbers.next().await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn server_streaming<E, P, M, S, T, F, DE, NE>(
        endpoint: E,
        decode: impl Fn(P) -> Result<E::Request, DE> + Send + Sync + 'static,
        encode: impl Fn(T) -> Result<M, NE> + Send + Sync + 'static,
    ) -> Self
    where
        E: Endpoint<Response = S> + 'static,
        P: Message + Default + 'static,
        M: Message + 'static,
        S: Stream<Item = Result<T, F>> + Send + 'static,
        T: 'static,
        F: Failure,
        DE: Failure,
        NE: Failure,
    {
        Self::of(ServerStreaming::new(endpoint, decode, encode), None)
    }

    /// A stream of messages in, and one out. `decode` and `encode` are called for each message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn};
    /// use oxkit_transport_grpc::{Incoming, Method, Outgoing, Router, Service, client::Client};
    ///
    /// // What comes goes back.
    /// let echo = endpoint_fn(async |_cx, texts: Incoming<String>| Ok::<_, Refusal>(texts));
    /// let method = Method::bidirectional(echo, Ok::<String, Refusal>, Ok::<String, Refusal>);
    /// let server = Router::new().service(Service::new("pb.Test").method("Echo", method));
    ///
    /// let echo =
    ///     Client::bidirectional(server, "pb.Test", "Echo", Ok::<String, Refusal>, Ok::<String, Refusal>);
    /// let texts = Outgoing::of(["a".to_owned(), "b".to_owned()]);
    /// let mut answers = echo.call(Context::new(), texts).await?;
    /// assert_eq!(answers.next().await?.as_deref(), Some("a"));
    /// assert_eq!(answers.next().await?.as_deref(), Some("b"));
    /// assert_eq!(answers.next().await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn bidirectional<E, P, M, Q, S, T, F, DE, NE>(
        endpoint: E,
        decode: impl Fn(P) -> Result<Q, DE> + Send + Sync + 'static,
        encode: impl Fn(T) -> Result<M, NE> + Send + Sync + 'static,
    ) -> Self
    where
        E: Endpoint<Request = Incoming<Q>, Response = S> + 'static,
        P: Message + Default + 'static,
        M: Message + 'static,
        Q: Send + 'static,
        S: Stream<Item = Result<T, F>> + Send + 'static,
        T: 'static,
        F: Failure,
        DE: Failure,
        NE: Failure,
    {
        Self::of(Bidirectional::new(endpoint, decode, encode), None)
    }

    fn of(handle: impl Handle + 'static, timeout: Option<Duration>) -> Self {
        Self {
            handle: Arc::new(handle),
            settings: Arc::new(Settings::new(timeout)),
            idempotency: Idempotency::default(),
        }
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Runs `hook` before the message is read.
    ///
    /// It may put values into the context, change the metadata, or refuse the call.
    ///
    /// ```
    /// # use oxkit_transport_grpc::Method;
    /// use oxkit_core::{Reason, Refusal};
    ///
    /// struct Token(String);
    ///
    /// fn authenticated(method: Method) -> Method {
    ///     method.before(|cx, metadata| {
    ///         let token = metadata.get("authorization").map(str::to_owned);
    ///         cx.insert(Token(token.ok_or(Refusal::new(Reason::Unauthenticated))?));
    ///         Ok(())
    ///     })
    /// }
    /// ```
    pub fn before<H>(self, hook: H) -> Self
    where
        H: Fn(&mut Context, &mut Metadata) -> Result<(), Refusal> + Send + Sync + 'static,
    {
        self.set(|settings| settings.before.push(Arc::new(hook)))
    }

    /// Runs `hook` once the endpoint has answered, before anything is sent. It fills the metadata
    /// of the header and of the trailer, which for a stream follows its last message.
    ///
    /// Does not run when the call failed.
    ///
    /// ```
    /// # use oxkit_transport_grpc::Method;
    /// fn marked(method: Method) -> Method {
    ///     method.after(|_cx, header, trailer| {
    ///         header.insert("served-by", "a").expect("a good key and value");
    ///         trailer.insert("cost", "3").expect("a good key and value");
    ///     })
    /// }
    /// ```
    pub fn after<H>(self, hook: H) -> Self
    where
        H: Fn(&Context, &mut Metadata, &mut Metadata) + Send + Sync + 'static,
    {
        self.set(|settings| settings.after.push(Arc::new(hook)))
    }

    /// Runs `finalizer` exactly once for each call, when it has truly ended: the last message was
    /// handed to the transport, it panicked, or the caller went away.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint, ErrorKind, Refusal, endpoint_fn};
    /// use oxkit_transport_grpc::{Ended, Method, Router, Service, client::Client};
    ///
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let find = endpoint_fn(async |_cx, id: i64| {
    ///     Err::<i64, _>(Refusal::of_kind(ErrorKind::NotFound, format!("no todo {id}")))
    /// });
    /// let method = Method::unary(find, Ok::<i64, Refusal>, Ok::<i64, Refusal>)
    ///     .finalize(move |_cx, report| {
    ///         let _ = tell.send((report.ended(), report.kind()));
    ///     });
    /// let server = Router::new().service(Service::new("pb.Todos").method("Find", method));
    ///
    /// let find = Client::unary(server, "pb.Todos", "Find", Ok::<i64, Refusal>, Ok::<i64, Refusal>);
    /// assert!(find.call(Context::new(), 7).await.is_err());
    /// assert_eq!(told.recv()?, (Ended::Answered, Some(ErrorKind::NotFound)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The context is the one the before hooks made. A finalizer runs on the connection's task: it
    /// must not block. If it panics, the panic hook writes it and nothing else happens.
    pub fn finalize<H>(self, finalizer: H) -> Self
    where
        H: Fn(&Context, &Report<'_>) + Send + Sync + 'static,
    {
        self.set(|settings| Arc::make_mut(&mut settings.finalizers).push(Arc::new(finalizer)))
    }

    /// Makes a status of a failure, in place of [`Status::of`].
    ///
    /// ```
    /// # use oxkit_transport_grpc::Method;
    /// use oxkit_core::{ErrorKind, Refusal};
    /// use oxkit_transport_grpc::Status;
    /// use std::error::Error;
    ///
    /// fn with_fields(method: Method) -> Method {
    ///     method.errors(|failure| {
    ///         let status = Status::of(failure);
    ///         if status.kind() == ErrorKind::InvalidArgument {
    ///             status.with_violation("a", "is required")
    ///         } else {
    ///             status
    ///         }
    ///     })
    /// }
    /// ```
    pub fn errors<H>(self, errors: H) -> Self
    where
        H: Fn(&(dyn Failure + 'static)) -> Status + Send + Sync + 'static,
    {
        self.set(|settings| settings.errors = Arc::new(errors))
    }

    /// How long a call may take whose caller does not say (`grpc-timeout`).
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|settings| settings.timeout = Some(timeout))
    }

    /// Lets a call whose caller does not say take as long as it takes, but for the
    /// [cap](Self::timeout_cap).
    pub fn without_timeout(self) -> Self {
        self.set(|settings| settings.timeout = None)
    }

    /// How long a call may take at least, whatever its caller asks for: for work that is better
    /// finished than begun again.
    pub fn timeout_floor(self, floor: Duration) -> Self {
        self.set(|settings| settings.timeout_floor = floor)
    }

    /// How long a call may take at most, whatever its caller asks for. Wins over the floor.
    pub fn timeout_cap(self, cap: Duration) -> Self {
        self.set(|settings| settings.timeout_cap = Some(cap))
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

    /// Compresses what is sent, by gzip, to callers who understand it. What is received may always
    /// be compressed.
    #[cfg(feature = "gzip")]
    pub fn compress(self) -> Self {
        self.set(|settings| settings.compresses = true)
    }

    /// Answers a panic with `INTERNAL`, in place of letting it go on, which resets the stream: its
    /// caller then sees `CANCELLED`, by the protocol's table. It is written by the panic hook all the
    /// same, and finalizers are told of it.
    ///
    /// Of a stream too: what was sent before it arrives, and then the status.
    pub fn catch_panics(self) -> Self {
        self.set(|settings| settings.catches_panics = true)
    }

    /// Gives every call an identifier: that of its metadata's `x-request-id` if it is visible ASCII
    /// of at most 128 bytes, otherwise a new one of 32 hexadecimal digits.
    ///
    /// It is in the context as [`RequestId`](oxkit_core::RequestId) and is sent back in the header of
    /// the answer, whatever the answer is. A client passes on the one of its context.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oxkit_core::{Context, Endpoint, Refusal, RequestId, endpoint_fn};
    /// use oxkit_transport_grpc::{Method, Router, Service, client::Client};
    ///
    /// let id = endpoint_fn(async |cx: Context, ()| {
    ///     Ok::<_, Refusal>(cx.get::<RequestId>().map_or_else(String::new, ToString::to_string))
    /// });
    /// let method = Method::unary(id, Ok::<(), Refusal>, Ok::<String, Refusal>).request_id();
    /// let server = Router::new().service(Service::new("pb.Test").method("Id", method));
    ///
    /// let id = Client::unary(server, "pb.Test", "Id", Ok::<(), Refusal>, Ok::<String, Refusal>);
    /// let cx = Context::new().with(RequestId::from("7f3a"));
    /// assert_eq!(id.call(cx, ()).await?, "7f3a");
    /// assert_eq!(id.call(Context::new(), ()).await?.len(), 32);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_id(self) -> Self {
        self.set(|settings| settings.request_ids = Some(Arc::new(RequestIds::new())))
    }

    /// Says whether the call may be repeated, for the layers that ask the
    /// [operation](Context::operation).
    pub const fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// Names it.
    pub(super) fn named(self, service: &str, method: &str) -> Self {
        let operation = Operation::named(service, method).with_idempotency(self.idempotency);
        self.set(|settings| settings.operation = Some(operation))
    }

    pub(super) fn handle(
        &self,
        request: Request<Body>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        self.handle.call(Arc::clone(&self.settings), request)
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Method")
            .field("operation", &self.settings.operation)
            .field("timeout", &self.settings.timeout)
            .field("message_limit", &self.settings.message_limit)
            .finish_non_exhaustive()
    }
}
