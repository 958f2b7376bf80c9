//! HTTP and gRPC on one port: each request goes where its content type says.

use std::{convert::Infallible, pin::Pin};

use http::{Request, Response};
use hyper::{body::Incoming, service::Service};
use oxkit_transport_grpc::{Router as Grpc, is_grpc};
use oxkit_transport_http::{Body, Router as Http};

/// Both, as one service for `serve`, which must take HTTP/2 as well: `with_h2c`.
///
/// One listener, one set of limits and one drain, which ends on both: a call or a stream of gRPC
/// that is in flight goes on, a connection at rest is closed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// use addsvc::transport::one_port::OnePort;
/// use oxkit_transport_http::{listen, serve};
///
/// let both = OnePort::new(oxkit_transport_http::Router::new(), oxkit_transport_grpc::Router::new());
/// let serving = serve(listen("127.0.0.1:0").await?, both).with_h2c();
/// # drop(serving);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it does nothing until it is served"]
pub struct OnePort {
    http: Http,
    grpc: Grpc,
}

impl OnePort {
    /// gRPC goes to `grpc`, everything else to `http`.
    pub const fn new(http: Http, grpc: Grpc) -> Self {
        Self { http, grpc }
    }
}

impl Service<Request<Incoming>> for OnePort {
    type Response = Response<Body>;
    type Error = Infallible;
    // A box, as the two have different futures; a program with time to lose on it writes an enum.
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if is_grpc(&request) {
            let answered = self.grpc.call(request);
            Box::pin(async move { Ok(answered.await?.map(Body::new)) })
        } else {
            Box::pin(self.http.call(request))
        }
    }
}
