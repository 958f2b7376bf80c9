//! What a router serves beside endpoints.

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{Router, Service, client::Client};
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
fn mistake<T: std::fmt::Debug>(build: impl FnOnce() -> T) -> String {
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

#[test]
fn a_name_that_no_call_could_have_is_a_mistake_of_the_program_on_both_sides() {
    fn client(service: &str, method: &str) -> String {
        let build = || {
            let same = Ok::<String, Refusal>;
            let client = Client::unary(Router::new(), service, method, same, same);
            drop(client);
        };
        mistake(build)
    }
    for name in ["", "/x", "a/b", "a b", "a?b", "a%b", ".a", "a.", "a..b", "größe"] {
        let text = mistake(|| Service::new(name));
        assert!(text.starts_with(&format!("{name:?} is no name of a service: ")), "{text}");
        assert!(text.contains("such as `pb.Add`"), "{text}");
        assert_eq!(client(name, "Echo"), text, "a client says the same");
    }
    for name in ["", "/x", "a/b", "a b", "a?b", "pb.Test.Echo", "größe"] {
        let method = unary(endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s)));
        let text = mistake(|| Service::new("pb.Test").method(name, method));
        let start = format!("{name:?} is no name of a method of pb.Test: ");
        assert!(text.starts_with(&start) && text.contains("such as `Sum`"), "{text}");
        assert_eq!(client("pb.Test", name), text, "a client says the same");
    }
}

#[tokio::test]
async fn a_name_of_every_letter_that_is_allowed_is_called() {
    let echo = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s));
    let service = Service::new("a-1.B_2.3c").method("0_d-E", unary(echo));
    let address = serving(Router::new().service(service)).await;
    let same = Ok::<String, Refusal>;
    let echo = Client::unary(channel(address), "a-1.B_2.3c", "0_d-E", same, same);
    assert_eq!(echo.call(Context::new(), "x".into()).await.unwrap(), "x");
}
