//! One message in, one out.

use oxkit_core::{
    Context, Endpoint, ErrorKind, Failure, Idempotency, Operation, Peer, Refusal, RequestId,
    endpoint_fn,
};
use oxkit_transport_grpc::{GrpcError, Method, Router, Service, client::Client};

use crate::support::{call_unary, channel, served, serving, unary};

async fn upper(_cx: Context, s: String) -> Result<String, Refusal> {
    Ok(s.to_uppercase())
}

#[tokio::test]
async fn messages_up_to_the_default_limit_go_through() {
    let echo = unary(endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s)));
    let echo = call_unary(served("Echo", echo).await, "Echo");
    for length in [3_000_000, 4 * 1024 * 1024 - 5] {
        let sent = "x".repeat(length);
        assert_eq!(echo.call(Context::new(), sent.clone()).await.unwrap(), sent, "{length}");
    }
}

#[tokio::test]
async fn a_router_can_be_called_without_a_network() {
    let service = Service::new("pb.Test").method("Upper", unary(endpoint_fn(upper)));
    let upper = Client::unary(
        Router::new().service(service),
        "pb.Test",
        "Upper",
        Ok::<String, GrpcError>,
        Ok::<String, GrpcError>,
    );
    assert_eq!(upper.call(Context::new(), "hello".into()).await.unwrap(), "HELLO");
}

#[tokio::test]
async fn the_endpoint_learns_its_operation_and_its_caller() {
    async fn who(cx: Context, _: String) -> Result<String, Refusal> {
        let operation = cx
            .operation()
            .map(|operation| (operation.service(), operation.method(), operation.idempotency()));
        assert_eq!(operation, Some(("pb.Test", "Who", Idempotency::NoSideEffects)));
        assert!(cx.arrival().is_some());
        Ok(cx.get::<Peer>().map_or_else(String::new, |peer| peer.0.ip().to_string()))
    }
    let method = unary(endpoint_fn(who)).idempotency(Idempotency::NoSideEffects);
    let who = call_unary(served("Who", method).await, "Who");
    assert_eq!(who.call(Context::new(), String::new()).await.unwrap(), "127.0.0.1");
}

#[tokio::test]
async fn the_client_says_what_it_calls_and_passes_the_request_id_on() {
    let echo =
        unary(endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s))).before(|_, metadata| {
            assert_eq!(metadata.get("x-request-id"), Some("7f3a"));
            Ok(())
        });
    let echo = Client::unary(
        served("Echo", echo).await,
        "pb.Test",
        "Echo",
        Ok::<String, GrpcError>,
        Ok::<String, GrpcError>,
    )
    .before(|cx, _| {
        assert_eq!(cx.operation().map(Operation::method), Some("Echo"));
        Ok(())
    });
    let cx = Context::new().with(RequestId::from("7f3a"));
    assert_eq!(echo.call(cx, "x".into()).await.unwrap(), "x");
}

#[tokio::test]
async fn codecs_may_refuse_on_either_side() {
    let refuse = |_: String| Err::<String, _>(Refusal::of_kind(ErrorKind::DataLoss, "no"));
    let pass = |s: String| Ok::<_, Refusal>(s);
    let endpoint = || endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s));
    let service = Service::new("pb.Test")
        .method("Decode", Method::unary(endpoint(), refuse, pass))
        .method("Encode", Method::unary(endpoint(), pass, refuse))
        .method("Fine", Method::unary(endpoint(), pass, pass));
    let address = serving(Router::new().service(service)).await;
    for method in ["Decode", "Encode"] {
        let call = call_unary(channel(address), method);
        let error = call.call(Context::new(), String::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataLoss, "{method}");
        assert!(error.is_status());
    }
    let encode = Client::unary(channel(address), "pb.Test", "Fine", refuse, pass);
    let decode = Client::unary(channel(address), "pb.Test", "Fine", pass, refuse);
    for result in [
        encode.call(Context::new(), String::new()).await,
        decode.call(Context::new(), String::new()).await,
    ] {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.is_status()), (ErrorKind::DataLoss, false));
    }
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn compressed_messages_are_understood_both_ways() {
    let echo = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s));
    let echo = unary(echo).compress().before(|_, metadata| {
        assert_eq!(metadata.headers()["grpc-encoding"], "gzip");
        Ok(())
    });
    let echo = Client::unary(
        served("Echo", echo).await,
        "pb.Test",
        "Echo",
        Ok::<String, GrpcError>,
        Ok::<String, GrpcError>,
    )
    .compress()
    .after(|_, header, _| assert_eq!(header.headers()["grpc-encoding"], "gzip"));
    let sent = "x".repeat(100_000);
    assert_eq!(echo.call(Context::new(), sent.clone()).await.unwrap(), sent);
}
