//! One call, from its deadline to its answer.

use std::{error::Error, future::Future, sync::Arc};

use futures_core::Stream;
use http::{HeaderMap, Response, StatusCode, header::CONTENT_TYPE};
use http_body::Body as HttpBody;
use oxkit_core::{
    Context, ErrorKind, Failure,
    future::{Elapsed, or_timer},
};
use prost::Message;
use tokio::time::Instant;
use tonic::{
    body::Body,
    codec::{BufferSettings, EncodeBody, Streaming},
};
use tonic_prost::{ProstDecoder, ProstEncoder};

use super::{
    Codec, Transport,
    body::{Readable, sanitize},
    report::{Ended, Owed},
    settings::Settings,
    streams::{Decoded, Hold, Timed},
};
use crate::{GrpcError, Incoming, Metadata, deadline::until, messages::Ready, wire};

/// Gives up at `end`.
pub(super) async fn in_time<T>(
    end: Option<Instant>,
    work: impl Future<Output = Result<T, GrpcError>>,
) -> Result<T, GrpcError> {
    // Boxed, because only a call that has to wait makes one.
    match or_timer(work, || Box::pin(until(end))).await {
        Ok(result) => result,
        Err(Elapsed) => Err(GrpcError::deadline()),
    }
}

/// A call that may be sent: there is time left for it.
pub(super) struct Call<'a> {
    settings: &'a Settings,
    cx: Context,
    began: Instant,
    pub(super) end: Option<Instant>,
    owed: Option<Owed>,
}

/// The head of an answer, and its messages.
pub(super) struct Answer<M> {
    header: Metadata,
    messages: Streaming<M>,
}

impl<'a> Call<'a> {
    pub(super) fn begin(settings: &'a Settings, cx: Context) -> Result<Self, GrpcError> {
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
    pub(super) async fn send<S, P, M>(
        &self,
        transport: &S,
        message: P,
    ) -> Result<Answer<M>, GrpcError>
    where
        S: Transport<Body: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>>,
        P: Message + 'static,
        M: Message + Default + 'static,
    {
        wire::fits(&message, self.settings.send_limit)?;
        self.stream(transport, Ready(Some(Ok(message)).into_iter())).await
    }

    /// Sends messages as the server takes them.
    pub(super) async fn stream<S, P, M>(
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
        let messages = if wire::is_all(&head.headers) {
            Streaming::new_empty(decoder, body)
        } else {
            let limit = Some(self.settings.message_limit);
            Streaming::new_response(decoder, body, head.status, encoding, limit)
        };
        Ok(Answer { header: Metadata::received(head.headers), messages })
    }

    /// The only message of an answer.
    pub(super) async fn only<M>(&self, mut answer: Answer<M>) -> Result<M, GrpcError> {
        let of_message = |status| wire::of_message(status, self.settings.message_limit);
        let message = answer.messages.message().await.map_err(of_message)?;
        let message = message.ok_or_else(|| {
            GrpcError::of_kind(ErrorKind::Internal, "the response has no message")
        })?;
        let trailers = answer.messages.trailers().await.map_err(of_message)?;
        if !self.settings.after.is_empty() {
            let trailers = trailers.map(tonic::metadata::MetadataMap::into_headers);
            self.after(&answer.header, &Metadata::received(trailers.unwrap_or_default()));
        }
        Ok(message)
    }

    /// The messages of an answer, as they come.
    pub(super) fn incoming<M, N, D, R, DE>(
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
        let (messages, codec) = (answer.messages, Arc::clone(codec));
        let limit = self.settings.message_limit;
        let decoded = Decoded { messages, limit, codec, owed: self.owed, hold };
        match self.end {
            None => Incoming::new(decoded),
            // Boxed, because it moves whenever it is asked.
            Some(end) => Incoming::new(Timed::new(end, Box::new(decoded))),
        }
    }

    fn after(&self, header: &Metadata, trailer: &Metadata) {
        for after in &self.settings.after {
            after(&self.cx, header, trailer);
        }
    }

    pub(super) fn ended<T>(&mut self, result: Result<T, GrpcError>) -> Result<T, GrpcError> {
        if let Some(owed) = &mut self.owed {
            match &result {
                Ok(_) => owed.end(Ended::Answered, None),
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
