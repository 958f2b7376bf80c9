//! Failures mean the same on both sides.

use std::time::Duration;

use oxkit_core::{Context, Endpoint, Failure, Reason, Refusal, endpoint_fn};
use oxkit_transport_grpc::Status;

use crate::support::{call_unary, served, unary};

/// Fails with the kind whose name it is given.
async fn fail(_cx: Context, name: String) -> Result<String, Refusal> {
    Err(Refusal::of_kind(name.parse().expect("the name of a kind"), "it \u{e9} failed\nhere: 100%"))
}

#[tokio::test]
async fn a_text_comes_back_in_one_line_and_is_a_status() {
    let fail = call_unary(served("Fail", unary(endpoint_fn(fail))).await, "Fail");
    let error = fail.call(Context::new(), "NOT_FOUND".to_owned()).await.unwrap_err();
    assert!(error.is_status());
    assert_eq!(error.to_string(), "it \u{e9} failed here: 100%");
}

#[tokio::test]
async fn the_advice_when_to_come_back_is_exact() {
    let limited = endpoint_fn(async |_cx, _: String| {
        let after = Duration::from_nanos(1_250_000_001);
        Err::<String, _>(Refusal::new(Reason::RateLimited).with_retry_after(after))
    });
    let limited = call_unary(served("Limited", unary(limited)).await, "Limited");
    let error = limited.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_nanos(1_250_000_001)));
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
