//! The limits, which all transports share, and what each says of them.

use std::time::Duration;

use addsvc::pb;
use oxkit_core::{Context, Endpoint, ErrorKind, Failure};
use testing_servers::until;
use tokio::time::timeout;

use crate::support::{Addsvc, SOON, raw_sum};

const ONE_AND_TWO: &str = r#"{"a":1,"b":2}"#;

#[tokio::test]
async fn one_sum_a_second_over_all_transports_and_each_says_when_to_come_back() {
    let addsvc = Addsvc::start(&[]);
    // A token comes back each second, which may be while a busy machine gets round to the next call.
    let refused = until(SOON, || {
        let answer = addsvc.post("/sum", ONE_AND_TWO);
        if answer.status == 429 {
            assert_eq!(answer.body, "{\"error\":\"rate limit exceeded\"}\n");
            assert_eq!(answer.header("retry-after"), Some("1"));
        } else {
            assert_eq!((answer.status, &*answer.body), (200, "{\"v\":3}\n"));
        }
        answer.status == 429
    });
    assert!(refused, "HTTP");
    let refused = until(SOON, || {
        let answer = addsvc.call("sum", ONE_AND_TWO);
        let refused = !answer.contains("result");
        let advice = r#"{"kind":"RESOURCE_EXHAUSTED","retryAfterMs":"#;
        assert!(!refused || answer.contains(advice), "{answer}");
        refused
    });
    assert!(refused, "JSON-RPC");
    let sum = raw_sum(addsvc.channel());
    let refused = timeout(SOON, async {
        loop {
            if let Err(error) = sum.call(Context::new(), pb::SumRequest { a: 1, b: 2 }).await {
                return error;
            }
        }
    });
    let error = refused.await.expect("gRPC");
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert_eq!(error.to_string(), "rate limit exceeded");
    let after = error.retry_after().expect("there is advice");
    assert!(after <= Duration::from_secs(1), "{after:?}");
    // The other method has a limit of its own.
    assert_eq!(addsvc.post("/concat", r#"{"a":"a","b":"b"}"#).status, 200);
}

#[test]
fn limits_are_what_the_command_line_says() {
    let addsvc = Addsvc::start(&["--sum-limit", "1:3", "--concat-limit", "none"]);
    let mut statuses: Vec<_> = (0..4).map(|_| addsvc.post("/sum", ONE_AND_TWO).status).collect();
    statuses.dedup();
    // The fourth may come a second after the first.
    assert!(statuses == [200, 429] || statuses == [200], "{statuses:?}");
    for _ in 0..200 {
        assert_eq!(addsvc.post("/concat", r#"{"a":"a","b":"b"}"#).status, 200);
    }
}
