//! The four kinds of clients.

use std::error::Error;

use http_body::Body as HttpBody;
use oxkit_core::{Context, Endpoint, Failure};
use prost::Message;

use super::{
    Client, Transport,
    call::{Call, in_time},
    streams::Encoded,
};
use crate::{GrpcError, Incoming, Outgoing};

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
            let limit = self.settings.send_limit;
            let (messages, mut hold) = Encoded::new(request, &self.codec, limit);
            let message = async { call.only(call.stream(&self.channel, messages).await?).await };
            let message = message.await.map_err(|error| hold.why(error))?;
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
            let limit = self.settings.send_limit;
            let (messages, mut hold) = Encoded::new(request, &self.codec, limit);
            match call.stream(&self.channel, messages).await {
                Ok(answer) => Ok((answer, hold)),
                Err(error) => Err(hold.why(error)),
            }
        };
        match in_time(call.end, work).await {
            Ok((answer, hold)) => Ok(call.incoming(answer, Some(hold), &self.codec)),
            Err(error) => call.ended(Err(error)),
        }
    }
}
