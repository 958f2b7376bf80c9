//! Keeps what every transport must keep: JSON over HTTP/1.1 and over HTTP/2, and JSON-RPC.

#![cfg(all(feature = "client", feature = "http2", feature = "jsonrpc", feature = "server"))]

use std::{convert::Infallible, net::SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, request, response};
use oxkit_core::{BoxEndpoint, Context, Endpoint, ErrorKind};
use oxkit_transport_http::{
    Body, Client, ClientError, Pool, Server,
    jsonrpc::{self, Error, Params, RawValue, codes, to_raw_value},
    serve,
};
use testing_contract::{
    DomainError,
    transport::{Caller, Differences, Service, Transport},
};
use tokio::net::TcpListener;

testing_contract::transport_contract! {
    json_over_http1: Json { h2c: false };
    json_over_http2: Json { h2c: true };
    json_rpc: JsonRpc;
}

const DIFFERENCES: Differences = Differences {
    large_request: ErrorKind::InvalidArgument,
    // It would come again, and invites nobody to try.
    large_response: ErrorKind::Internal,
    // The connection broke, or the stream.
    panic: ErrorKind::Unavailable,
    caught_panic: "Panicked",
};

struct Json {
    h2c: bool,
}

impl Transport for Json {
    type Error = ClientError;

    fn differences(&self) -> Differences {
        DIFFERENCES
    }

    fn serve(
        &self,
        listener: TcpListener,
        service: Service,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (before, ended) = (service.clone(), service.clone());
        let server = Server::json_result(service.endpoint)
            .timeout(service.limit)
            .body_limit(service.message_limit)
            .request_id()
            .before(move |cx, head| Ok(before.before(cx, |name| header(&head.headers, name))?))
            .after(server_after)
            .finalize(move |_, report| ended.ended(report.ended(), report.kind()));
        let server = if service.catches_panics { server.catch_panics() } else { server };
        run(listener, server, stop)
    }

    fn client(
        &self,
        address: SocketAddr,
        caller: Caller,
    ) -> BoxEndpoint<String, String, ClientError> {
        let pool = if self.h2c { Pool::builder().h2c().build() } else { Pool::new() };
        let (after, ended) = (caller.clone(), caller.clone());
        Client::json(&pool, Method::POST, uri(address))
            .without_timeout()
            .body_limit(caller.message_limit)
            .before(client_before)
            .after(move |_, head| after.after(|name| header(&head.headers, name)))
            .finalize(move |_, report| ended.ended(report.ended(), report.kind()))
            .boxed()
    }
}

struct JsonRpc;

impl Transport for JsonRpc {
    type Error = ClientError;

    fn differences(&self) -> Differences {
        // It is the failure of one call, and the finalizer is told of the request as a whole.
        Differences { caught_panic: "Answered", ..DIFFERENCES }
    }

    fn serve(
        &self,
        listener: TcpListener,
        service: Service,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (before, ended) = (service.clone(), service.clone());
        let decode = |_: &Context, params: Params<'_>| params.parse().map(|(text,)| text);
        let encode = |_: &Context, text: Result<String, DomainError>| {
            text.map_err(|error| Error::from_failure(&error)).and_then(|text| raw(&text))
        };
        let server = jsonrpc::Server::new()
            .method_with("text", decode, encode, service.endpoint)
            .timeout(service.limit)
            .body_limit(service.message_limit)
            .request_id()
            .before(move |cx, head| Ok(before.before(cx, |name| header(&head.headers, name))?))
            .after(server_after)
            .finalize(move |_, report| ended.ended(report.ended(), report.kind()));
        let server = if service.catches_panics { server.catch_panics() } else { server };
        run(listener, server, stop)
    }

    fn client(
        &self,
        address: SocketAddr,
        caller: Caller,
    ) -> BoxEndpoint<String, String, ClientError> {
        let (after, ended) = (caller.clone(), caller.clone());
        let encode = |text: String| raw(&(text,));
        let decode =
            |text: &RawValue| serde_json::from_str(text.get()).map_err(|error| no_json(&error));
        jsonrpc::Client::with_codec(&Pool::new(), uri(address), "text", encode, decode)
            .without_timeout()
            .body_limit(caller.message_limit)
            .before(client_before)
            .after(move |_, head| after.after(|name| header(&head.headers, name)))
            .finalize(move |_, report| ended.ended(report.ended(), report.kind()))
            .boxed()
    }
}

async fn run<S>(listener: TcpListener, service: S, stop: impl Future<Output = ()> + Send + 'static)
where
    S: hyper::service::Service<Request<hyper::body::Incoming>, Response = Response<Body>>,
    S: hyper::service::Service<Request<hyper::body::Incoming>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let served = serve(listener, service).with_h2c().with_graceful_shutdown(stop).await;
    assert_eq!(served.aborted, 0, "none was cut off");
}

fn uri(address: SocketAddr) -> Uri {
    format!("http://{address}/").parse().expect("an address makes a URI")
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn server_after(_: &Context, head: &mut response::Parts) {
    let (name, value) = Service::after();
    head.headers.insert(name, HeaderValue::from_static(value));
}

fn client_before(cx: &Context, head: &mut request::Parts) -> Result<(), ClientError> {
    if let Some((name, value)) = Caller::before(cx) {
        let value = HeaderValue::try_from(value).expect("the tenants of the suite are ASCII");
        head.headers.insert(HeaderName::from_static(name), value);
    }
    Ok(())
}

fn raw(value: &impl serde::Serialize) -> Result<Box<RawValue>, Error> {
    to_raw_value(value).map_err(|error| no_json(&error))
}

fn no_json(error: &serde_json::Error) -> Error {
    Error::new(codes::INTERNAL_ERROR, error.to_string())
}
