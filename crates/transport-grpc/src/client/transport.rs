//! What a call goes through.

use std::{
    error::Error,
    future::{Future, poll_fn},
};

use http::{Request, Response};
use http_body::Body as HttpBody;
use tonic::{body::Body, client::GrpcService};

use super::body::Readable;
use crate::{GrpcError, wire};

/// What a call goes through: every tower service that takes gRPC requests is one.
///
/// A [`Channel`](super::Channel) is, and so is a [`Router`](crate::Router), for a call within the
/// process. The service is cloned for each call, and waited for until it is ready.
#[diagnostic::on_unimplemented(
    message = "gRPC calls cannot go through `{Self}`",
    note = "a transport is a tower service from `http::Request<tonic::body::Body>`, such as `client::Channel`, that is `Clone`, `Send` and `Sync`"
)]
pub trait Transport: Clone + Send + Sync {
    #[doc(hidden)]
    type Body: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    #[doc(hidden)]
    fn send(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Readable<Self::Body>>, GrpcError>> + Send;
}

impl<S> Transport for S
where
    S: GrpcService<Body, Future: Send, ResponseBody: HttpBody + Send + 'static>,
    S: Clone + Send + Sync,
    <S::ResponseBody as HttpBody>::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Body = S::ResponseBody;

    async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Readable<S::ResponseBody>>, GrpcError> {
        let mut service = self.clone();
        poll_fn(|task| service.poll_ready(task)).await.map_err(unsent)?;
        let response = service.call(request).await.map_err(unsent)?;
        Ok(response.map(|inner| Readable { inner }))
    }
}

fn unsent(cause: impl Into<Box<dyn Error + Send + Sync>>) -> GrpcError {
    wire::of_answer(wire::broken(cause))
}
