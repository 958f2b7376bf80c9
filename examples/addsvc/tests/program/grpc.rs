//! gRPC: the messages as they are on the wire, health and reflection.

use addsvc::{AddService, pb};
use example_testing::exchange;
use oxkit_core::{Context, Endpoint, ErrorKind, Failure};
use oxkit_transport_grpc::{GrpcError, Outgoing, client::Client};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::support::{Addsvc, OPEN, channel, raw_concat, raw_sum};

#[tokio::test]
async fn errors_of_the_domain_are_a_field_and_the_status_is_ok() {
    let addsvc = Addsvc::start(&OPEN);
    let sum = raw_sum(addsvc.channel());
    for (a, b, v, err) in [
        (1, 2, 3, ""),
        (0, 0, 0, "can't sum two zeroes"),
        (i64::from(i32::MAX), 1, 0, "integer overflow"),
    ] {
        let reply = sum.call(Context::new(), pb::SumRequest { a, b }).await.unwrap();
        assert_eq!(reply, pb::SumReply { v, err: err.into() }, "{a} + {b}");
    }
    let concat = raw_concat(addsvc.channel());
    for (a, b, v, err) in
        [("foo", "bar", "foobar", ""), ("12345", "678901", "", "result exceeds maximum size")]
    {
        let request = pb::ConcatRequest { a: a.into(), b: b.into() };
        let reply = concat.call(Context::new(), request).await.unwrap();
        assert_eq!(reply, pb::ConcatReply { v: v.into(), err: err.into() }, "{a} {b}");
    }
}

#[tokio::test]
async fn six_overflows_in_a_row_open_the_breaker_for_every_transport() {
    let addsvc = Addsvc::start(&OPEN);
    let sum = raw_sum(addsvc.channel());
    for _ in 0..6 {
        let reply = sum.call(Context::new(), pb::SumRequest { a: i64::MAX, b: 1 }).await.unwrap();
        assert_eq!(reply.err, "integer overflow");
    }
    let error = sum.call(Context::new(), pb::SumRequest { a: 1, b: 2 }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.to_string(), "circuit breaker is open");
    assert!(error.is_status() && error.retry_after().is_some());

    let over_http = addsvc.post("/sum", r#"{"a":1,"b":2}"#);
    assert_eq!(over_http.status, 503);
    assert_eq!(over_http.body, "{\"error\":\"circuit breaker is open\"}\n");
    assert!(over_http.header("retry-after").is_some());
    let over_rpc = addsvc.call("sum", r#"{"a":1,"b":2}"#);
    assert!(over_rpc.contains(r#""kind":"UNAVAILABLE""#), "{over_rpc}");
    let metrics = addsvc.page("/metrics").body;
    assert!(metrics.contains(r#"circuitbreaker_state{name="Sum"} 2"#), "{metrics}");
    assert!(metrics.contains(r#"circuitbreaker_changes_total{name="Sum",to="open"} 1"#));
}

#[tokio::test]
async fn a_client_of_the_library_is_the_service() {
    let addsvc = Addsvc::start(&OPEN);
    let service = addsvc.over_grpc();
    assert_eq!(service.sum(Context::new(), 1, 2).await.unwrap(), 3);
    let text = service.concat(Context::new(), "foo".into(), "bar".into()).await;
    assert_eq!(text.unwrap(), "foobar");
}

#[tokio::test]
async fn what_does_not_exist_and_what_is_not_grpc_is_said_so() {
    let addsvc = Addsvc::start(&OPEN);
    let same = Ok::<String, GrpcError>;
    let product = Client::unary(addsvc.channel(), "pb.Add", "Product", same, same);
    let error = product.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unimplemented);
    let http = exchange(addsvc.grpc, "POST", "/pb.Add/Sum", "{}");
    assert_eq!(http.status, 415);
    // At the ports of others there is an answer, too, and they go on.
    for address in [addsvc.http, addsvc.jsonrpc, addsvc.debug] {
        let astray = raw_sum(channel(address));
        astray.call(Context::new(), pb::SumRequest { a: 1, b: 2 }).await.unwrap_err();
    }
    assert_eq!(addsvc.post("/sum", r#"{"a":1,"b":2}"#).status, 200);
    assert!(addsvc.call("sum", r#"{"a":1,"b":2}"#).contains("result"));
}

#[tokio::test]
async fn health_knows_the_services_and_nothing_else() {
    let addsvc = Addsvc::start(&OPEN);
    let mut health = HealthClient::new(addsvc.channel());
    for service in ["", "pb.Add", "pb.AddStream"] {
        let request = HealthCheckRequest { service: service.into() };
        let status = health.check(request).await.unwrap().into_inner().status;
        assert_eq!(status, 1, "{service:?} is SERVING");
    }
    let request = HealthCheckRequest { service: "pb.Sub".into() };
    let error = health.check(request).await.unwrap_err();
    assert_eq!(error.code(), tonic::Code::NotFound);
}

/// The same questions to both versions of reflection.
macro_rules! reflected {
    ($version:ident, $addsvc:expr) => {{
        use prost::Message;
        use tonic_reflection::pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let mut client = ServerReflectionClient::new($addsvc.channel());
        let mut ask = async |question| {
            let request =
                ServerReflectionRequest { host: String::new(), message_request: Some(question) };
            let asked = Outgoing::of([request]);
            let mut answers = client.server_reflection_info(asked).await.unwrap().into_inner();
            answers.message().await.unwrap().unwrap().message_response.unwrap()
        };
        let listed = ask(MessageRequest::ListServices(String::new())).await;
        let MessageResponse::ListServicesResponse(listed) = listed else {
            panic!("another answer: {listed:?}")
        };
        let mut names: Vec<_> = listed.service.into_iter().map(|service| service.name).collect();
        names.sort();
        names.retain(|name| !name.starts_with("grpc.reflection."));
        assert_eq!(names, ["grpc.health.v1.Health", "pb.Add", "pb.AddStream"]);

        let file = ask(MessageRequest::FileContainingSymbol("pb.Add.Sum".into())).await;
        let MessageResponse::FileDescriptorResponse(file) = file else {
            panic!("another answer: {file:?}")
        };
        let file = prost_types::FileDescriptorProto::decode(&*file.file_descriptor_proto[0]);
        let messages: Vec<_> =
            file.unwrap().message_type.iter().map(|message| message.name().to_owned()).collect();
        assert_eq!(messages, ["SumRequest", "SumReply", "ConcatRequest", "ConcatReply"]);
    }};
}

#[tokio::test]
async fn reflection_describes_the_services_in_both_versions() {
    let addsvc = Addsvc::start(&OPEN);
    reflected!(v1, addsvc);
    reflected!(v1alpha, addsvc);
}
