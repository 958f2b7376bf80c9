//! The four kinds of clients, and one call.

use std::{
    convert::Infallible,
    error::Error,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll},
};

use futures_core::Stream;
use http::{HeaderMap, Response, StatusCode, header::CONTENT_TYPE};
use http_body::Body as HttpBody;
use oxkit_core::{
    Context, Endpoint, ErrorKind, Failure,
    future::{Elapsed, or_timer},
};
use prost::Message;
use tokio::{
    sync::oneshot,
    time::{Instant, Sleep, sleep_until},
};
use tonic::{
    body::Body,
    codec::{BufferSettings, EncodeBody, Streaming},
};
use tonic_prost::{ProstDecoder, ProstEncoder};

use super::{
    Client, Codec, Transport,
    body::{Readable, sanitize},
    report::{Ended, Owed},
    settings::Settings,
};
use crate::{GrpcError, Incoming, Metadata, Outgoing, messages::Ready, wire};

/// One message out, one in.
#[derive(Debug)]
pub enum Unary {}

/// A stream of messages out, one in.
#[derive(Debug)]
pub enum ClientStreaming {}

/// One message out, a stream of messages in.
#[derive(Debug)]
pub enum ServerStreaming {}

/// A stream of messages out, and one in.
#[derive(Debug)]
pub enum Bidirectional {}

impl<S, N, D, Q, P, M, R, NE, DE> Endpoint for Client<Unary, S, N, D, (Q, P, M, R, NE, DE)>
where
    S: Transport<Body: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>>,
    N: Fn(Q) -> Result<P, NE> + Send + Sync,
    D: Fn(M) -> Result<R, DE> + Send + Sync,
    Q: Send,
    P: Message + 'static,
    M: Message + Default + 'static,
    R: Send,
    NE: Failure,
    DE: Failure,
{
    type Request = Q;
    type Response = R;
    type Error = GrpcError;

    async fn call(&self, cx: Context, request: Q) -> Result<R, GrpcError> {
        let mut call = Call::begin(&self.settings, cx)?;
        let work = async {
            let message = (self.codec.encode)(request).map_err(GrpcError::of)?;
            let answer = call.send(&self.channel, message).await?;
            let message = call.only(answer).await?;
            (self.codec.decode)(message).map_err(GrpcError::of)
        };
        let result = in_time(call.end, work).await;
        call.ended(result)
    }
}

impl<S, N, D, Q, P, M, R, NE, DE> Endpoint
    for Client<ClientStreaming, S, N, D, (Q, P, M, R, NE, DE)>
where
    S: Transport<Body: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>>,
    N: Fn(Q) -> Result<P, NE> + Send + Sync + 'static,
    D: Fn(M) -> Result<R, DE> + Send + Sync + 'static,
    Q: Send + 'static,
    P: Message + 'static,
    M: Message + Default + 'static,
    R: Send,
    NE: Failure,
    DE: Failure,
{
    type Request = Outgoing<Q>;
    type Response = R;
    type Error = GrpcError;

    async fn call(&self, cx: Context, request: Outgoing<Q>) -> Result<R, GrpcError> {
        let mut call = Call::begin(&self.settings, cx)?;
        let work = async {
            let (messages, _hold) = Encoded::new(request, &self.codec);
            let answer = call.stream(&self.channel, messages).await?;
            let message = call.only(answer).await?;
            (self.codec.decode)(message).map_err(GrpcError::of)
        };
        let result = in_time(call.end, work).await;
        call.ended(result)
    }
}

impl<S, N, D, Q, P, M, R, NE, DE> Endpoint
    for Client<ServerStreaming, S, N, D, (Q, P, M, R, NE, DE)>
where
    S: Transport<Body: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>>,
    N: Fn(Q) -> Result<P, NE> + Send + Sync + 'static,
    D: Fn(M) -> Result<R, DE> + Send + Sync + 'static,
    Q: Send,
    P: Message + 'static,
    M: Message + Default + 'static,
    R: Send + 'static,
    NE: Failure,
    DE: Failure,
{
    type Request = Q;
    type Response = Incoming<R>;
    type Error = GrpcError;

    async fn call(&self, cx: Context, request: Q) -> Result<Incoming<R>, GrpcError> {
        let mut call = Call::begin(&self.settings, cx)?;
        let work = async {
            let message = (self.codec.encode)(request).map_err(GrpcError::of)?;
            call.send(&self.channel, message).await
        };
        match in_time(call.end, work).await {
            Ok(answer) => Ok(call.incoming(answer, None, &self.codec)),
            Err(error) => call.ended(Err(error)),
        }
    }
}

impl<S, N, D, Q, P, M, R, NE, DE> Endpoint for Client<Bidirectional, S, N, D, (Q, P, M, R, NE, DE)>
where
    S: Transport<Body: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>>,
    N: Fn(Q) -> Result<P, NE> + Send + Sync + 'static,
    D: Fn(M) -> Result<R, DE> + Send + Sync + 'static,
    Q: Send + 'static,
    P: Message + 'static,
    M: Message + Default + 'static,
    R: Send + 'static,
    NE: Failure,
    DE: Failure,
{
    type Request = Outgoing<Q>;
    type Response = Incoming<R>;
    type Error = GrpcError;

    async fn call(&self, cx: Context, request: Outgoing<Q>) -> Result<Incoming<R>, GrpcError> {
        let mut call = Call::begin(&self.settings, cx)?;
        let work = async {
            let (messages, hold) = Encoded::new(request, &self.codec);
            Ok((call.stream(&self.channel, messages).await?, hold))
        };
        match in_time(call.end, work).await {
            Ok((answer, hold)) => Ok(call.incoming(answer, Some(hold), &self.codec)),
            Err(error) => call.ended(Err(error)),
        }
    }
}

/// Gives up at `end`.
async fn in_time<T>(
    end: Option<Instant>,
    work: impl Future<Output = Result<T, GrpcError>>,
) -> Result<T, GrpcError> {
    // Boxed, because only a call that has to wait makes one.
    let timer = || {
        Box::pin(async move {
            match end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        })
    };
    match or_timer(work, timer).await {
        Ok(result) => result,
        Err(Elapsed) => Err(GrpcError::deadline()),
    }
}

/// A call that may be sent: there is time left for it.
struct Call<'a> {
    settings: &'a Settings,
    cx: Context,
    began: Instant,
    end: Option<Instant>,
    owed: Option<Owed>,
}

/// The head of an answer, and its messages.
struct Answer<M> {
    header: Metadata,
    messages: Streaming<M>,
}

impl<'a> Call<'a> {
    fn begin(settings: &'a Settings, cx: Context) -> Result<Self, GrpcError> {
        let began = Instant::now();
        let cx = cx.outgoing(began.into_std(), settings.operation.clone());
        let cx = match settings.timeout.and_then(|limit| began.checked_add(limit)) {
            Some(end) => cx.with_deadline(end.into_std()),
            None => cx,
        };
        let end = cx.deadline().map(Instant::from_std);
        let mut owed = Owed::new(&settings.finalizers, &settings.operation, &cx, began);
        if end.is_some_and(|end| end <= began) {
            let error = GrpcError::deadline();
            if let Some(owed) = &mut owed {
                owed.end(Ended::Failed, Some(&error));
            }
            return Err(error);
        }
        Ok(Self { settings, cx, began, end, owed })
    }

    /// Sends one message.
    async fn send<S, P, M>(&self, transport: &S, message: P) -> Result<Answer<M>, GrpcError>
    where
        S: Transport<Body: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>>,
        P: Message + 'static,
        M: Message + Default + 'static,
    {
        self.stream(transport, Ready(Some(Ok(message)).into_iter())).await
    }

    /// Sends messages as the server takes them.
    async fn stream<S, P, M>(
        &self,
        transport: &S,
        messages: impl Stream<Item = Result<P, tonic::Status>> + Send + 'static,
    ) -> Result<Answer<M>, GrpcError>
    where
        S: Transport<Body: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>>,
        P: Message + 'static,
        M: Message + Default + 'static,
    {
        let encoder = ProstEncoder::new(BufferSettings::default());
        let body =
            Body::new(EncodeBody::new_client(encoder, messages, self.settings.encoding(), None));
        let left = self.end.map(|end| end.saturating_duration_since(self.began));
        let request = self.settings.request(&self.cx, left, body)?;
        self.read(transport.send(request).await?)
    }

    /// Understands the head of an answer.
    fn read<B, M>(&self, mut response: Response<Readable<B>>) -> Result<Answer<M>, GrpcError>
    where
        B: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
        M: Message + Default + 'static,
    {
        sanitize(response.headers_mut());
        if let Some(status) = wire::told(response.headers()) {
            return Err(wire::of_answer(status));
        }
        is_grpc(response.status(), response.headers())?;
        let encoding = wire::encoding(response.headers())
            .map_err(|name| GrpcError::unknown_encoding(&name))?;
        let (head, body) = response.into_parts();
        let decoder = ProstDecoder::<M>::new(BufferSettings::default());
        let limit = Some(self.settings.message_limit);
        let messages = Streaming::new_response(decoder, body, head.status, encoding, limit);
        Ok(Answer { header: Metadata::received(head.headers), messages })
    }

    /// The only message of an answer.
    async fn only<M>(&self, mut answer: Answer<M>) -> Result<M, GrpcError> {
        let message = answer.messages.message().await.map_err(wire::of_answer)?;
        let message = message.ok_or_else(|| {
            GrpcError::of_kind(ErrorKind::Internal, "the response has no message")
        })?;
        let trailers = answer.messages.trailers().await.map_err(wire::of_answer)?;
        if !self.settings.after.is_empty() {
            let trailers = trailers.map(tonic::metadata::MetadataMap::into_headers);
            self.after(&answer.header, &Metadata::received(trailers.unwrap_or_default()));
        }
        Ok(message)
    }

    /// The messages of an answer, as they come.
    fn incoming<M, N, D, R, DE>(
        self,
        answer: Answer<M>,
        hold: Option<Hold>,
        codec: &Arc<Codec<N, D>>,
    ) -> Incoming<R>
    where
        M: Message + 'static,
        N: Send + Sync + 'static,
        D: Fn(M) -> Result<R, DE> + Send + Sync + 'static,
        R: 'static,
        DE: Failure,
    {
        self.after(&answer.header, &Metadata::new());
        Incoming::new(Decoded {
            messages: answer.messages,
            codec: Arc::clone(codec),
            end: self.end,
            timer: None,
            owed: self.owed,
            _hold: hold,
        })
    }

    fn after(&self, header: &Metadata, trailer: &Metadata) {
        for after in &self.settings.after {
            after(&self.cx, header, trailer);
        }
    }

    fn ended<T>(&mut self, result: Result<T, GrpcError>) -> Result<T, GrpcError> {
        if let Some(owed) = &mut self.owed {
            match &result {
                Ok(_) => owed.end(Ended::Completed, None),
                Err(error) => owed.end(Ended::Failed, Some(error)),
            }
        }
        result
    }
}

/// Refuses what is no answer of a gRPC server, by the table of the protocol.
fn is_grpc(status: StatusCode, headers: &HeaderMap) -> Result<(), GrpcError> {
    if status != StatusCode::OK {
        let kind = match status.as_u16() {
            400 => ErrorKind::Internal,
            401 => ErrorKind::Unauthenticated,
            403 => ErrorKind::PermissionDenied,
            404 => ErrorKind::Unimplemented,
            429 | 502 | 503 | 504 => ErrorKind::Unavailable,
            _ => ErrorKind::Unknown,
        };
        let text = format!("the server answered with HTTP status {status}, not by gRPC");
        return Err(GrpcError::of_kind(kind, text));
    }
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    if !kind.starts_with(b"application/grpc") {
        let shown: String = String::from_utf8_lossy(kind).chars().take(64).collect();
        let text = format!("the server's answer is not gRPC: its content type is {shown:?}");
        return Err(GrpcError::of_kind(ErrorKind::Unknown, text));
    }
    Ok(())
}

/// Held for as long as somebody waits for the answer. Dropping it ends what is sent, which HTTP/2
/// would otherwise go on taking.
type Hold = oneshot::Sender<Infallible>;

/// The caller's stream as messages.
struct Encoded<Q, N, D> {
    items: Outgoing<Q>,
    codec: Arc<Codec<N, D>>,
    held: oneshot::Receiver<Infallible>,
}

impl<Q, N, D> Encoded<Q, N, D> {
    fn new(items: Outgoing<Q>, codec: &Arc<Codec<N, D>>) -> (Self, Hold) {
        let (hold, held) = oneshot::channel();
        (Self { items, codec: Arc::clone(codec), held }, hold)
    }
}

impl<Q, N, D, P, NE> Stream for Encoded<Q, N, D>
where
    N: Fn(Q) -> Result<P, NE>,
    NE: Failure,
{
    type Item = Result<P, tonic::Status>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if Pin::new(&mut this.held).poll(task).is_ready() {
            return Poll::Ready(Some(Err(wire::cancelled())));
        }
        // What cannot be encoded ends the call: it is reset.
        Pin::new(&mut this.items)
            .poll_next(task)
            .map(|next| next.map(|item| (this.codec.encode)(item).map_err(wire::broken)))
    }
}

/// The server's messages as the caller's own type, until the deadline.
struct Decoded<M, N, D> {
    messages: Streaming<M>,
    codec: Arc<Codec<N, D>>,
    end: Option<Instant>,
    // Only a stream that has to wait makes one.
    timer: Option<Pin<Box<Sleep>>>,
    owed: Option<Owed>,
    _hold: Option<Hold>,
}

impl<M, N, D> Unpin for Decoded<M, N, D> {}

impl<M, N, D> Decoded<M, N, D> {
    fn poll_message<R, DE>(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<R, GrpcError>>>
    where
        D: Fn(M) -> Result<R, DE>,
        DE: Failure,
    {
        match Pin::new(&mut self.messages).poll_next(task) {
            Poll::Ready(next) => Poll::Ready(next.map(|read| match read {
                Ok(message) => (self.codec.decode)(message).map_err(GrpcError::of),
                Err(status) => Err(wire::of_answer(status)),
            })),
            Poll::Pending => {
                let Some(end) = self.end else {
                    return Poll::Pending;
                };
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
                timer.as_mut().poll(task).map(|()| Some(Err(GrpcError::deadline())))
            }
        }
    }
}

impl<M, N, D, R, DE> Stream for Decoded<M, N, D>
where
    D: Fn(M) -> Result<R, DE>,
    DE: Failure,
{
    type Item = Result<R, GrpcError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.poll_message(task);
        if let (Poll::Ready(next), Some(owed)) = (&polled, &mut self.owed) {
            match next {
                Some(Ok(_)) => {}
                Some(Err(error)) => owed.end(Ended::Failed, Some(error)),
                None => owed.end(Ended::Completed, None),
            }
        }
        polled
    }
}
