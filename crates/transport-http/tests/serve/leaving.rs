//! What becomes of a request whose peer leaves, or says more, while it waits for its answer.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use oxkit_transport_http::{
    Body,
    serve::{Serve, serve},
};
use tokio::{
    net::TcpListener,
    sync::{
        Notify,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::yield_now,
};

use crate::{
    support::{Wire, start},
    world::Running,
};

/// What becomes of a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Begun,
    Dropped,
}

struct Call(UnboundedSender<Told>);

impl Drop for Call {
    fn drop(&mut self) {
        let _ = self.0.send(Told::Dropped);
    }
}

/// A server that never answers, and what becomes of its calls.
pub(crate) async fn silent(
    configure: impl FnOnce(Serve<Silent>) -> Serve<Silent>,
) -> (SocketAddr, UnboundedReceiver<Told>) {
    let (tell, told) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = configure(serve(listener, Silent(tell)));
    tokio::spawn(async { serve.await });
    (address, told)
}

/// The service of [`silent`].
#[derive(Clone)]
pub(crate) struct Silent(UnboundedSender<Told>);

impl hyper::service::Service<Request<Incoming>> for Silent {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, _: Request<Incoming>) -> Self::Future {
        let call = Call(self.0.clone());
        Box::pin(async move {
            let _ = call.0.send(Told::Begun);
            std::future::pending().await
        })
    }
}

#[tokio::test]
async fn a_call_whose_peer_leaves_is_dropped() {
    let (address, mut told) = silent(|serve| serve).await;
    let mut wire = Wire::connect(address).await;
    wire.ask("/").await;
    assert_eq!(told.recv().await, Some(Told::Begun));
    drop(wire);
    assert_eq!(told.recv().await, Some(Told::Dropped));
}

#[tokio::test]
async fn a_call_whose_peer_says_no_more_is_dropped() {
    let (address, mut told) = silent(|serve| serve).await;
    let mut wire = Wire::connect(address).await;
    wire.send("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\nok").await;
    assert_eq!(told.recv().await, Some(Told::Begun));
    wire.finish().await;
    assert_eq!(told.recv().await, Some(Told::Dropped));
}

#[tokio::test]
async fn a_peer_that_says_no_more_is_answered_what_is_ready() {
    let (running, _) = Running::start(|serve| serve).await;
    let mut wire = Wire::connect(running.address).await;
    wire.ask("/").await;
    wire.finish().await;
    assert_eq!(wire.answer().await.status, 200);
    assert!(wire.closed().await.is_empty());
}

#[tokio::test]
async fn what_is_asked_while_a_request_waits_is_answered_after_it() {
    let (running, held) = Running::start(|serve| serve).await;
    let mut wire = Wire::connect(running.address).await;
    wire.ask("/held").await;
    held.arrivals(1).await;
    // In pieces, each of which the server has seen when another peer is answered.
    for piece in ["G", "ET /next HTTP/1.1\r\nhost: test\r\n", "\r\nGET / HTTP/1.1\r\n"] {
        wire.send(piece).await;
        assert_eq!(Wire::connect(running.address).await.get("/").await.status, 200);
        held.arrivals(1).await;
    }
    held.release(1);
    assert_eq!(wire.answer().await.status, 200);
    assert_eq!(wire.answer().await.status, 200);
    wire.send("host: test\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 200);
    held.arrivals(2).await;
}

#[tokio::test]
async fn a_call_that_was_asked_ahead_is_dropped_like_any_other() {
    let (tell, mut told) = unbounded_channel();
    let first = Arc::new(Notify::new());
    let answer = Arc::clone(&first);
    let service = service_fn(move |request: Request<Incoming>| {
        let (call, first) = (Call(tell.clone()), Arc::clone(&first));
        async move {
            let _ = call.0.send(Told::Begun);
            if request.uri().path() == "/" {
                first.notified().await;
            } else {
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }
    });
    let address = start(service).await;
    let mut wire = Wire::connect(address).await;
    wire.ask("/").await;
    assert_eq!(told.recv().await, Some(Told::Begun));
    // So short that it is all there before it is its turn, and then there is nothing more to read.
    wire.send("GET /x HTTP/1.1\r\n\r\n").await;
    let mut other = Wire::connect(address).await;
    other.ask("/x").await;
    assert_eq!(told.recv().await, Some(Told::Begun));
    answer.notify_one();
    assert_eq!(wire.answer().await.status, 200);
    assert_eq!(told.recv().await, Some(Told::Dropped));
    assert_eq!(told.recv().await, Some(Told::Begun));
    drop(wire);
    assert_eq!(told.recv().await, Some(Told::Dropped));
}

#[tokio::test]
async fn a_body_that_is_taken_slowly_arrives_whole() {
    let service = service_fn(async |request: Request<Incoming>| {
        let (mut body, mut taken) = (request.into_body(), Vec::new());
        while let Some(frame) = body.frame().await {
            taken.extend_from_slice(&frame.unwrap().into_data().unwrap());
            // The connection waits for this and not for the peer, which goes on sending.
            for _ in 0..3 {
                yield_now().await;
            }
        }
        Ok::<_, Infallible>(Response::new(Body::from(Bytes::from(taken))))
    });
    let address = start(service).await;
    let numbers: String = (0..100_000).map(|n| format!("{n} ")).collect();
    let mut wire = Wire::connect(address).await;
    for _ in 0..2 {
        assert_eq!(wire.post("/", &numbers).await.body, numbers);
    }
}
