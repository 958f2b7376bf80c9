//! A tower service behind the loop, with its readiness respected.

use axum::{Router, routing::get};
use oxkit_transport_http::serve::from_tower;
use tower::ServiceBuilder;

use crate::support::{Wire, start};

#[tokio::test]
async fn an_axum_router_is_served() {
    let router = Router::new().route("/hello", get(async || "from axum"));
    let mut wire = Wire::connect(start(from_tower(router)).await).await;
    assert_eq!(wire.get("/hello").await.body, "from axum");
    assert_eq!(wire.get("/other").await.status, 404);
}

#[tokio::test]
async fn a_service_is_waited_for_until_it_is_ready() {
    // Fails the call of whoever did not wait for its permit.
    let limited = ServiceBuilder::new().concurrency_limit(1).service(from_axum());
    let address = start(from_tower(limited)).await;
    let asks = (0..10)
        .map(|_| tokio::spawn(async move { Wire::connect(address).await.get("/").await.status }));
    for ask in asks.collect::<Vec<_>>() {
        assert_eq!(ask.await.unwrap(), 200);
    }
}

fn from_axum() -> Router {
    Router::new().route("/", get(async || tokio::task::yield_now().await))
}
