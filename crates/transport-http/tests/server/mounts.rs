//! The same server wherever it is mounted: hyper, tower, a router; and what is `Send`.

use http::Request;
use http_body_util::Full;
use oxkit_core::{BoxEndpoint, Context, Endpoint, Refusal, endpoint_fn};
use oxkit_transport_http::{
    Body, Handler, JsonCodec, Router, Server, TowerHandler, decode_nothing, with_context,
};
use static_assertions::assert_impl_all;
use tower::ServiceExt;

use crate::support::{Wire, post, start, text};

type Boxed = BoxEndpoint<u32, u32, Refusal>;
type JsonServer = Server<Boxed, JsonCodec, JsonCodec>;

assert_impl_all!(JsonServer: Handler, Send, Sync, Clone);
assert_impl_all!(JsonServer: tower_service::Service<Request<Body>>);
assert_impl_all!(JsonServer: tower_service::Service<Request<hyper::body::Incoming>>);
assert_impl_all!(JsonServer: hyper::service::Service<Request<hyper::body::Incoming>>);
assert_impl_all!(Router: Handler, Send, Sync, Clone);
assert_impl_all!(Router: tower_service::Service<Request<Body>>);
assert_impl_all!(Router: hyper::service::Service<Request<hyper::body::Incoming>>);
assert_impl_all!(TowerHandler<JsonServer>: Handler);

fn server() -> JsonServer {
    Server::json(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n + 1)).boxed())
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn straight_on_hyper() {
    let mut wire = Wire::connect(start(server()).await).await;
    assert_eq!(wire.post("/any/path", "41").await.body, "42\n");
    assert_eq!(wire.post("/again", "1").await.body, "2\n");
}

#[tokio::test]
async fn as_a_tower_service_of_any_body() {
    let request = Request::new(Full::new("41".into()));
    let response = server().oneshot(request).await.unwrap();
    assert_eq!(text(response).await, "42\n");
}

async fn encode(_: Context, n: u32) -> Result<http::Response<Body>, Refusal> {
    Ok(http::Response::new(n.to_string().into()))
}

#[tokio::test]
async fn futures_are_send_whatever_the_codec() {
    let server = server();
    assert_send(server.handle(post("1"))).await;

    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(7_u32));
    let custom = Server::new(endpoint, decode_nothing, with_context(encode));
    let response = assert_send(custom.handle(post(""))).await;
    assert_eq!(text(response).await, "7");

    let router = Router::new().post("/", custom);
    assert_send(router.handle(post(""))).await;
}

#[test]
fn the_future_of_a_request_stays_small() {
    let server = server();
    let size = size_of_val(&server.handle(post("1")));
    assert!(size <= 2048, "{size} bytes");
}
