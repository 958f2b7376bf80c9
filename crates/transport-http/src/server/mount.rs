//! A server where a handler, a tower service, a hyper service or an axum handler is expected.

use http::{Request, Response};
use oxkit_core::Endpoint;

use super::{Decode, Encode, Server};
use crate::{
    Body, Handler,
    handler::{Mounted, mount},
};

impl<E, D, N> Handler for Server<E, D, N>
where
    E: Endpoint + 'static,
    D: Decode<E::Request>,
    N: Encode<E::Response>,
{
    fn handle(&self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send {
        Self::handle(self, request)
    }
}

impl<E, D, N> Server<E, D, N>
where
    E: Endpoint + 'static,
    D: Decode<E::Request>,
    N: Encode<E::Response>,
{
    fn mounted(&self, request: Request<Body>) -> Mounted<Response<Body>> {
        let server = self.clone();
        Box::pin(async move { Ok(Self::handle(&server, request).await) })
    }
}

mount!([E, D, N,] Server<E, D, N>, where
    E: Endpoint + 'static,
    D: Decode<E::Request>,
    N: Encode<E::Response>,
);
