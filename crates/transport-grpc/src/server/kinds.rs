//! The four kinds of methods.

use std::{future::Future, marker::PhantomData, pin::Pin, sync::Arc};

use futures_core::Stream;
use http::{HeaderMap, Request, Response, header::CONTENT_TYPE};
use oxkit_core::{Endpoint, Failure, Refusal};
use prost::Message;
use tokio::time::Instant;
use tonic::{
    body::Body,
    codec::{BufferSettings, EncodeBody, SingleMessageCompressionOverride, Streaming},
    metadata::GRPC_CONTENT_TYPE,
};
use tonic_prost::{ProstDecoder, ProstEncoder};

use super::{
    call::{Answer, Answered, Call, serve},
    settings::Settings,
    single,
    streams::{Decoded, Encoded},
};
use crate::{GrpcError, Incoming, messages::Ready, wire};

/// A method whose types are erased.
pub(super) trait Handle: Send + Sync {
    fn call(&self, settings: Arc<Settings>, request: Request<Body>) -> Handling;
}

pub(super) type Handling = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// What a method is made of.
struct Core<E, D, N, P, M> {
    endpoint: E,
    decode: D,
    encode: N,
    messages: PhantomData<fn(P) -> M>,
}

macro_rules! kind {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub(super) struct $name<E, D, N, P, M>(Arc<Core<E, D, N, P, M>>);

        impl<E, D, N, P, M> $name<E, D, N, P, M> {
            pub(super) fn new(endpoint: E, decode: D, encode: N) -> Self {
                Self(Arc::new(Core { endpoint, decode, encode, messages: PhantomData }))
            }
        }
    };
}

kind!(
    /// One message in, one out.
    Unary
);
kind!(
    /// A stream of messages in, one out.
    ClientStreaming
);
kind!(
    /// One message in, a stream of messages out.
    ServerStreaming
);
kind!(
    /// A stream of messages in, and one out.
    Bidirectional
);

impl<E, D, N, P, M, DE, NE> Handle for Unary<E, D, N, P, M>
where
    E: Endpoint + 'static,
    P: Message + Default + 'static,
    M: Message + 'static,
    D: Fn(P) -> Result<E::Request, DE> + Send + Sync + 'static,
    N: Fn(E::Response) -> Result<M, NE> + Send + Sync + 'static,
    DE: Failure,
    NE: Failure,
{
    fn call(&self, settings: Arc<Settings>, request: Request<Body>) -> Handling {
        let core = Arc::clone(&self.0);
        let shared = Arc::clone(&settings);
        Box::pin(serve(settings, request, async move |call: Call| {
            let out = Out::of(&shared, &call);
            let (cx, message) = call.one::<P>(&shared).await?;
            let request = (core.decode)(message).map_err(boxed)?;
            let response = core.endpoint.call(cx, request).await.map_err(boxed)?;
            out.one((core.encode)(response).map_err(boxed)?)
        }))
    }
}

impl<E, D, N, P, M, Q, DE, NE> Handle for ClientStreaming<E, D, N, P, M>
where
    E: Endpoint<Request = Incoming<Q>> + 'static,
    P: Message + Default + 'static,
    M: Message + 'static,
    Q: Send + 'static,
    D: Fn(P) -> Result<Q, DE> + Send + Sync + 'static,
    N: Fn(E::Response) -> Result<M, NE> + Send + Sync + 'static,
    DE: Failure,
    NE: Failure,
{
    fn call(&self, settings: Arc<Settings>, request: Request<Body>) -> Handling {
        let core = Arc::clone(&self.0);
        let shared = Arc::clone(&settings);
        Box::pin(serve(settings, request, async move |call: Call| {
            let out = Out::of(&shared, &call);
            let (cx, messages) = call.many::<P>(&shared)?;
            let decoding = Arc::clone(&core);
            let request = Incoming::new(Decoded {
                messages,
                limit: shared.message_limit,
                decode: move |message| (decoding.decode)(message),
            });
            let response = core.endpoint.call(cx, request).await.map_err(boxed)?;
            out.one((core.encode)(response).map_err(boxed)?)
        }))
    }
}

impl<E, D, N, P, M, S, T, F, DE, NE> Handle for ServerStreaming<E, D, N, P, M>
where
    E: Endpoint<Response = S> + 'static,
    P: Message + Default + 'static,
    M: Message + 'static,
    S: Stream<Item = Result<T, F>> + Send + 'static,
    F: Failure,
    D: Fn(P) -> Result<E::Request, DE> + Send + Sync + 'static,
    N: Fn(T) -> Result<M, NE> + Send + Sync + 'static,
    DE: Failure,
    NE: Failure,
{
    fn call(&self, settings: Arc<Settings>, request: Request<Body>) -> Handling {
        let core = Arc::clone(&self.0);
        let shared = Arc::clone(&settings);
        Box::pin(serve(settings, request, async move |call: Call| {
            let (out, end) = (Out::of(&shared, &call), call.end);
            let (cx, message) = call.one::<P>(&shared).await?;
            let request = (core.decode)(message).map_err(boxed)?;
            let items = core.endpoint.call(cx, request).await.map_err(boxed)?;
            let encode = move |item| (core.encode)(item);
            out.many(Encoded::new(items, encode, shared), end)
        }))
    }
}

impl<E, D, N, P, M, Q, S, T, F, DE, NE> Handle for Bidirectional<E, D, N, P, M>
where
    E: Endpoint<Request = Incoming<Q>, Response = S> + 'static,
    P: Message + Default + 'static,
    M: Message + 'static,
    Q: Send + 'static,
    S: Stream<Item = Result<T, F>> + Send + 'static,
    F: Failure,
    D: Fn(P) -> Result<Q, DE> + Send + Sync + 'static,
    N: Fn(T) -> Result<M, NE> + Send + Sync + 'static,
    DE: Failure,
    NE: Failure,
{
    fn call(&self, settings: Arc<Settings>, request: Request<Body>) -> Handling {
        let core = Arc::clone(&self.0);
        let shared = Arc::clone(&settings);
        Box::pin(serve(settings, request, async move |call: Call| {
            let (out, end) = (Out::of(&shared, &call), call.end);
            let (cx, messages) = call.many::<P>(&shared)?;
            let decoding = Arc::clone(&core);
            let request = Incoming::new(Decoded {
                messages,
                limit: shared.message_limit,
                decode: move |message| (decoding.decode)(message),
            });
            let items = core.endpoint.call(cx, request).await.map_err(boxed)?;
            let encode = move |item| (core.encode)(item);
            out.many(Encoded::new(items, encode, shared), end)
        }))
    }
}

fn boxed(failure: impl Failure) -> Box<dyn Failure> {
    Box::new(failure)
}

impl Call {
    /// The messages of the request.
    fn many<P>(
        self,
        settings: &Settings,
    ) -> Result<(oxkit_core::Context, Streaming<P>), Box<dyn Failure>>
    where
        P: Message + Default + 'static,
    {
        let encoding = wire::encoding(&self.headers)
            .map_err(|name| boxed(GrpcError::unknown_encoding(&name)))?;
        let decoder = ProstDecoder::<P>::new(BufferSettings::default());
        let limit = Some(settings.message_limit);
        let body = http_body_util::BodyExt::map_err(self.body, wire::broken);
        Ok((self.cx, Streaming::new_request(decoder, body, encoding, limit)))
    }

    /// The only message of the request.
    async fn one<P>(self, settings: &Settings) -> Result<(oxkit_core::Context, P), Box<dyn Failure>>
    where
        P: Message + Default + 'static,
    {
        let (cx, read) = match wire::encoding(&self.headers) {
            Ok(None) => (self.cx, single::read(self.body, settings.message_limit).await),
            // What is not understood is refused there.
            Ok(Some(_)) | Err(_) => {
                let (cx, mut messages) = self.many(settings)?;
                (cx, messages.message().await)
            }
        };
        match read {
            Ok(Some(message)) => Ok((cx, message)),
            Ok(None) => Err(boxed(Refusal::of_kind(
                oxkit_core::ErrorKind::InvalidArgument,
                "the request has no message",
            ))),
            Err(status) => Err(boxed(wire::of_request(status, settings.message_limit))),
        }
    }
}

/// How the response is written.
#[derive(Clone, Copy)]
struct Out {
    encoding: Option<tonic::codec::CompressionEncoding>,
    limit: Option<usize>,
}

impl Out {
    fn of(settings: &Settings, call: &Call) -> Self {
        Self {
            encoding: wire::accepted(&call.headers, settings.compresses),
            limit: settings.send_limit,
        }
    }

    fn one<M: Message + 'static>(self, message: M) -> Answered {
        wire::fits(&message, self.limit).map_err(boxed)?;
        let response = if self.encoding.is_some() {
            self.response(Ready(Some(Ok(message)).into_iter()))
        } else {
            self.head(single::write(&message).map_err(boxed)?)
        };
        Ok(Answer { response, caught: None, end: None })
    }

    fn many<S, N, M>(self, messages: Encoded<S, N>, end: Option<Instant>) -> Answered
    where
        Encoded<S, N>: Stream<Item = Result<M, tonic::Status>> + Send + 'static,
        M: Message + 'static,
    {
        let caught = messages.caught.clone();
        Ok(Answer { response: self.response(messages), caught, end })
    }

    fn response<M>(
        self,
        messages: impl Stream<Item = Result<M, tonic::Status>> + Send + 'static,
    ) -> Response<Body>
    where
        M: Message + 'static,
    {
        let encoder = ProstEncoder::new(BufferSettings::default());
        let leave = SingleMessageCompressionOverride::default();
        let body = EncodeBody::new_server(encoder, messages, self.encoding, leave, None);
        self.head(Body::new(body))
    }

    fn head(self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        let headers: &mut HeaderMap = response.headers_mut();
        headers.insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
        wire::name_encoding(headers, self.encoding);
        response
    }
}
