//! tonic, served by its own server, and a service as its generator writes one.

use std::{convert::Infallible, io};

use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    body::Body,
    codegen::{Arc, BoxFuture, Context, Poll, Service, StdError, async_trait, http},
    server::{Grpc, NamedService, UnaryService},
    transport::{Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;

use crate::transport::grpc::{METHOD, SERVICE, Text, uppercase};

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let service = StringsServer(Arc::new(Business));
    Server::builder()
        .add_service(service)
        .serve_with_incoming(incoming)
        .await
        .map_err(io::Error::other)
}

#[async_trait]
trait Strings: Send + Sync + 'static {
    async fn uppercase(&self, request: Request<Text>) -> Result<Response<Text>, Status>;
}

struct Business;

#[async_trait]
impl Strings for Business {
    async fn uppercase(&self, request: Request<Text>) -> Result<Response<Text>, Status> {
        let text = uppercase(&request.get_ref().text).map_err(Status::invalid_argument)?;
        Ok(Response::new(Text { text }))
    }
}

struct StringsServer<T>(Arc<T>);

impl<T> Clone for StringsServer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> NamedService for StringsServer<T> {
    const NAME: &'static str = SERVICE;
}

struct Uppercase<T>(Arc<T>);

impl<T: Strings> UnaryService<Text> for Uppercase<T> {
    type Response = Text;
    type Future = BoxFuture<Response<Text>, Status>;

    fn call(&mut self, request: Request<Text>) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move { inner.uppercase(request).await })
    }
}

impl<T, B> Service<http::Request<B>> for StringsServer<T>
where
    T: Strings,
    B: http_body::Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        if request.uri().path() != METHOD {
            return Box::pin(async {
                Ok(Status::unimplemented("there is no such method").into_http())
            });
        }
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let method = Uppercase(inner);
            Ok(Grpc::new(ProstCodec::default()).unary(method, request).await)
        })
    }
}
