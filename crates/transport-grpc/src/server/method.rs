//! An endpoint as a method.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use futures_core::Stream;
use http::{Request, Response};
use oxkit_core::{Endpoint, Failure, Idempotency, Operation};
use prost::Message;
use tonic::body::Body;

use super::{
    kinds::{Bidirectional, ClientStreaming, Handle, ServerStreaming, Unary},
    settings::Settings,
};
use crate::Incoming;
#[cfg(doc)]
use crate::Status;

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
/// was taken. At the deadline it is dropped and the finalizers are told, also where the caller
/// takes nothing; such a caller learns of it when it does.
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
    pub(super) idempotency: Idempotency,
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

    pub(super) fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
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
