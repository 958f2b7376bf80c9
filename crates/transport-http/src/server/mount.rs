//! A server where a handler, a tower service, a hyper service or an axum handler is expected.

use std::pin::pin;

use http::{Response, request::Parts};
use oxkit_core::Endpoint;

use super::{Begun, Decode, Encode, Server};
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
    type Begun = Begun<D::Input>;

    fn begin(&self, head: Parts, body: Body) -> Self::Begun {
        Self::begin(self, head, body)
    }

    fn finish(&self, begun: Self::Begun) -> impl Future<Output = Response<Body>> + Send {
        Self::finish(self, begun)
    }
}

impl<E, D, N> Server<E, D, N>
where
    E: Endpoint + 'static,
    D: Decode<E::Request>,
    N: Encode<E::Response>,
{
    fn mounted(&self, head: Parts, body: Body) -> Mounted<Response<Body>> {
        let begun = Self::begin(self, head, body);
        let server = self.clone();
        Box::pin(async move {
            let answering = pin!(Self::finish(&server, begun));
            Ok(answering.await)
        })
    }
}

mount!([E, D, N,] Server<E, D, N>, where
    E: Endpoint + 'static,
    D: Decode<E::Request>,
    N: Encode<E::Response>,
);
