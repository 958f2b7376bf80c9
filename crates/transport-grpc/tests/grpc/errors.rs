//! Failures mean the same on both sides.

use std::time::Duration;

use oxkit_core::{
    Context, Endpoint, ErrorKind, Failure, Reason, Refusal, endpoint_fn, endpoint_result_with,
};
use oxkit_transport_grpc::{Method, Status};

use crate::support::{call_unary, served, unary};

/// Fails with the kind whose name it is given.
async fn fail(_cx: Context, name: String) -> Result<String, Refusal> {
    Err(Refusal::of_kind(name.parse().expect("the name of a kind"), "it \u{e9} failed\nhere: 100%"))
}

#[tokio::test]
async fn every_kind_comes_back_as_it_was() {
    let fail = call_unary(served("Fail", unary(endpoint_fn(fail))).await, "Fail");
    for kind in ErrorKind::ALL {
        let error = fail.call(Context::new(), kind.name().to_owned()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.is_status());
        let expected =
            if kind.is_confidential() { kind.description() } else { "it \u{e9} failed here: 100%" };
        assert_eq!(error.to_string(), expected, "{kind:?}");
    }
}

#[tokio::test]
async fn the_advice_when_to_come_back_travels() {
    let limited = endpoint_fn(async |_cx, _: String| {
        let after = Duration::from_millis(1_250);
        Err::<String, _>(Refusal::new(Reason::RateLimited).with_retry_after(after))
    });
    let limited = call_unary(served("Limited", unary(limited)).await, "Limited");
    let error = limited.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert_eq!(error.retry_after(), Some(Duration::from_millis(1_250)));
}

#[tokio::test]
async fn a_business_error_in_the_response_gets_its_status() {
    let divide = endpoint_result_with((), async |(), _cx, n: i64| {
        if n == 0 {
            Err(Refusal::of_kind(ErrorKind::InvalidArgument, "by zero"))
        } else {
            Ok(100 / n)
        }
    });
    let method = Method::unary(divide, Ok::<i64, Refusal>, |answer: Result<i64, Refusal>| answer);
    let channel = served("Divide", method).await;
    let divide = oxkit_transport_grpc::client::Client::unary(
        channel,
        "pb.Test",
        "Divide",
        Ok::<i64, Refusal>,
        Ok::<i64, Refusal>,
    );
    assert_eq!(divide.call(Context::new(), 4).await.unwrap(), 25);
    let error = divide.call(Context::new(), 0).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidArgument, "by zero"));
}

#[tokio::test]
async fn an_encoder_of_ones_own_names_fields_and_sends_metadata() {
    let method = unary(endpoint_fn(fail)).errors(|failure| {
        let mut metadata = oxkit_transport_grpc::Metadata::new();
        metadata.insert("hint", "look there").unwrap();
        Status::of(failure).with_violation("a", "is negative").with_metadata(metadata)
    });
    let fail = call_unary(served("Fail", method).await, "Fail");
    let error = fail.call(Context::new(), "INVALID_ARGUMENT".into()).await.unwrap_err();
    let violations: Vec<_> = error
        .violations()
        .iter()
        .map(|violation| (violation.field.as_str(), violation.description.as_str()))
        .collect();
    assert_eq!(violations, [("a", "is negative")]);
    assert_eq!(error.metadata().get("hint"), Some("look there"));
}

#[tokio::test]
async fn a_caught_panic_is_internal_and_the_next_call_is_served() {
    let sometimes = endpoint_fn(async |_cx, s: String| {
        assert!(s != "boom", "a secret");
        Ok::<_, Refusal>(s)
    });
    let sometimes = call_unary(served("S", unary(sometimes).catch_panics()).await, "S");
    let error = sometimes.call(Context::new(), "boom".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!error.to_string().contains("secret"));
    assert_eq!(sometimes.call(Context::new(), "fine".into()).await.unwrap(), "fine");
}

#[tokio::test]
async fn a_panic_that_is_not_caught_ends_the_call_alone() {
    let sometimes = endpoint_fn(async |_cx, s: String| {
        assert!(s != "boom", "on purpose");
        Ok::<_, Refusal>(s)
    });
    let sometimes = call_unary(served("S", unary(sometimes)).await, "S");
    let error = sometimes.call(Context::new(), "boom".into()).await.unwrap_err();
    assert!(!error.is_status(), "{error:?}");
    assert_eq!(sometimes.call(Context::new(), "fine".into()).await.unwrap(), "fine");
}
