//! What a router serves beside endpoints.

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{Router, Service};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::support::{call_unary, channel, serving, unary};

fn echo() -> Service {
    let echo = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s));
    Service::new("pb.Test").method("Echo", unary(echo))
}

#[tokio::test]
async fn a_method_that_does_not_exist_is_unimplemented() {
    let address = serving(Router::new().service(echo())).await;
    let nothing = call_unary(channel(address), "Nothing");
    let error = nothing.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unimplemented);
    assert_eq!(error.to_string(), "there is no method /pb.Test/Nothing");
}

#[tokio::test]
async fn services_of_tonic_stand_beside_endpoints() {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("pb.Test", tonic_health::ServingStatus::NotServing).await;
    let address = serving(Router::new().service(echo()).tonic(health)).await;
    let mut health = HealthClient::new(channel(address));
    let request = HealthCheckRequest { service: "pb.Test".into() };
    let answer = health.check(request).await.unwrap().into_inner();
    assert_eq!(answer.status, 2, "NOT_SERVING");
    let echo = call_unary(channel(address), "Echo");
    assert_eq!(echo.call(Context::new(), "x".into()).await.unwrap(), "x");
}

/// What building panics with.
fn mistake(build: impl FnOnce() -> Router) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(build)).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn the_same_name_twice_is_a_mistake_of_the_program() {
    let text = mistake(|| Router::new().service(echo()).service(echo()));
    assert_eq!(text, "pb.Test/Echo is there twice");
    let health = || tonic_health::server::health_reporter().1;
    let text = mistake(|| Router::new().tonic(health()).tonic(health()));
    assert_eq!(text, "grpc.health.v1.Health is there twice");
}
