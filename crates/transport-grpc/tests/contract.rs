//! Keeps what every transport must keep.

use std::{net::SocketAddr, pin::pin};

use hyper::server::conn::http2;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::graceful::GracefulShutdown,
};
use oxkit_core::{BoxEndpoint, Endpoint, ErrorKind, Refusal};
use oxkit_transport_grpc::{
    GrpcError, Metadata, Method, Router,
    client::{ChannelBuilder, Client},
};
use testing_contract::{
    DomainError,
    transport::{Caller, Differences, Service, Transport},
};
use tokio::net::TcpListener;

testing_contract::transport_contract! {
    grpc: Grpc;
}

struct Grpc;

impl Transport for Grpc {
    type Error = GrpcError;

    fn differences(&self) -> Differences {
        Differences {
            large_request: ErrorKind::ResourceExhausted,
            large_response: ErrorKind::ResourceExhausted,
            // The stream is reset with `CANCEL`, which the protocol's table takes for this.
            panic: ErrorKind::Cancelled,
            caught_panic: "Panicked",
        }
    }

    fn serve(
        &self,
        listener: TcpListener,
        service: Service,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (before, ended) = (service.clone(), service.clone());
        let method =
            Method::unary(service.endpoint, same, |text: Result<String, DomainError>| text)
                .timeout_cap(service.limit)
                .message_limit(size(service.message_limit))
                .request_id()
                .before(move |cx, metadata| before.before(cx, |name| header(metadata, name)))
                .after(|_, header, _| {
                    let (key, value) = Service::after();
                    header.insert(key, value).expect("a good key and value");
                })
                .finalize(move |_, report| ended.ended(report.ended(), report.kind()));
        let method = if service.catches_panics { method.catch_panics() } else { method };
        let service = oxkit_transport_grpc::Service::new("pb.Test").method("Text", method);
        run(listener, Router::new().service(service), stop)
    }

    fn client(
        &self,
        address: SocketAddr,
        caller: Caller,
    ) -> BoxEndpoint<String, String, GrpcError> {
        let channel = ChannelBuilder::from_shared(format!("http://{address}"));
        let channel = channel.expect("an address makes a URI").connect_lazy();
        let (after, ended) = (caller.clone(), caller.clone());
        Client::unary(channel, "pb.Test", "Text", same, same)
            .message_limit(size(caller.message_limit))
            .before(|cx, metadata| {
                if let Some((key, value)) = Caller::before(cx) {
                    metadata.insert(key, value).expect("the tenants of the suite are ASCII");
                }
                Ok(())
            })
            .after(move |_, metadata, _| after.after(|name| header(metadata, name)))
            .finalize(move |_, report| ended.ended(report.ended(), report.kind()))
            .boxed()
    }
}

async fn run(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, _) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => accepted.expect("a connection"),
        };
        let connection = http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), router.clone());
        tokio::spawn(graceful.watch(connection));
    }
    drop(listener);
    graceful.shutdown().await;
}

fn same(text: String) -> Result<String, Refusal> {
    Ok(text)
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).expect("small")
}

fn header(metadata: &Metadata, name: &str) -> Option<String> {
    metadata.get(name).map(str::to_owned)
}
