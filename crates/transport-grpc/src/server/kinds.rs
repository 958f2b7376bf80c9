//! The four kinds of methods.

use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll},
};

use futures_core::Stream;
use http::{HeaderMap, Request, Response, header::CONTENT_TYPE};
use oxkit_core::{Endpoint, Failure, Reason, Refusal};
use pin_project_lite::pin_project;
use prost::Message;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{
    body::Body,
    codec::{BufferSettings, EncodeBody, SingleMessageCompressionOverride, Streaming},
    metadata::GRPC_CONTENT_TYPE,
};
use tonic_prost::{ProstDecoder, ProstEncoder};

use super::{
    call::{Answered, Call, serve},
    settings::Settings,
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
            out.many(Encoded { items, encode, settings: shared, end, timer: None })
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
                decode: move |message| (decoding.decode)(message),
            });
            let items = core.endpoint.call(cx, request).await.map_err(boxed)?;
            let encode = move |item| (core.encode)(item);
            out.many(Encoded { items, encode, settings: shared, end, timer: None })
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
        let (cx, mut messages) = self.many(settings)?;
        match messages.message().await {
            Ok(Some(message)) => Ok((cx, message)),
            Ok(None) => Err(boxed(Refusal::of_kind(
                oxkit_core::ErrorKind::InvalidArgument,
                "the request has no message",
            ))),
            Err(status) => Err(boxed(wire::of_request(status))),
        }
    }
}

/// How the response is written.
#[derive(Clone, Copy)]
struct Out {
    encoding: Option<tonic::codec::CompressionEncoding>,
}

impl Out {
    fn of(settings: &Settings, call: &Call) -> Self {
        Self { encoding: wire::accepted(&call.headers, settings.compresses) }
    }

    fn one<M: Message + 'static>(self, message: M) -> Answered {
        self.many(Ready(Some(Ok(message)).into_iter()))
    }

    fn many<M>(
        self,
        messages: impl Stream<Item = Result<M, tonic::Status>> + Send + 'static,
    ) -> Answered
    where
        M: Message + 'static,
    {
        let encoder = ProstEncoder::new(BufferSettings::default());
        let leave = SingleMessageCompressionOverride::default();
        let body = EncodeBody::new_server(encoder, messages, self.encoding, leave, None);
        let mut response = Response::new(Body::new(body));
        let headers: &mut HeaderMap = response.headers_mut();
        headers.insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
        wire::name_encoding(headers, self.encoding);
        Ok(response)
    }
}

/// Messages of the caller as the endpoint's own type.
struct Decoded<P, D> {
    messages: Streaming<P>,
    decode: D,
}

impl<P, D> Unpin for Decoded<P, D> {}

impl<P, Q, D, DE> Stream for Decoded<P, D>
where
    D: Fn(P) -> Result<Q, DE>,
    DE: Failure,
{
    type Item = Result<Q, GrpcError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        Pin::new(&mut this.messages).poll_next(task).map(|next| {
            next.map(|read| match read {
                Ok(message) => (this.decode)(message).map_err(GrpcError::of),
                Err(status) => Err(wire::of_request(status)),
            })
        })
    }
}

pin_project! {
    /// The endpoint's stream as messages, until the deadline.
    struct Encoded<S, N> {
        #[pin]
        items: S,
        encode: N,
        settings: Arc<Settings>,
        end: Option<Instant>,
        // Only a stream that has to wait makes one.
        timer: Option<Pin<Box<Sleep>>>,
    }
}

impl<S, N, T, F, M, NE> Stream for Encoded<S, N>
where
    S: Stream<Item = Result<T, F>>,
    F: Failure,
    N: Fn(T) -> Result<M, NE>,
    NE: Failure,
{
    type Item = Result<M, tonic::Status>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let settings = &**this.settings;
        match this.items.poll_next(task) {
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Err(failure))) => {
                Poll::Ready(Some(Err(settings.status(&failure).into_tonic())))
            }
            Poll::Ready(Some(Ok(item))) => Poll::Ready(Some(
                (this.encode)(item).map_err(|failure| settings.status(&failure).into_tonic()),
            )),
            Poll::Pending => {
                let Some(end) = *this.end else {
                    return Poll::Pending;
                };
                let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
                timer.as_mut().poll(task).map(|()| {
                    let refusal = Refusal::new(Reason::Deadline);
                    Some(Err(settings.status(&refusal).into_tonic()))
                })
            }
        }
    }
}
