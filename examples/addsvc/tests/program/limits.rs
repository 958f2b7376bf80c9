//! The limits, which all transports share, and what each says of them.

use std::time::Duration;

use addsvc::pb;
use oxkit_core::{Context, Endpoint, ErrorKind, Failure};

use crate::support::{Addsvc, raw_sum};

const ONE_AND_TWO: &str = r#"{"a":1,"b":2}"#;

#[tokio::test]
async fn one_sum_a_second_over_all_transports_and_each_says_when_to_come_back() {
    // A token every second would come back while a busy machine gets round to the next line.
    let addsvc = Addsvc::start(&[]);
    let mut refused = 0;
    while refused == 0 {
        assert_eq!(addsvc.post("/sum", ONE_AND_TWO).status % 229, 200, "200, or 429");
        let over_http = addsvc.post("/sum", ONE_AND_TWO);
        if over_http.status == 429 {
            assert_eq!(over_http.body, "{\"error\":\"rate limit exceeded\"}\n");
            assert_eq!(over_http.header("retry-after"), Some("1"));
            refused += 1;
        }
    }
    let advised = |after: Option<Duration>| {
        let after = after.expect("there is advice");
        assert!(after <= Duration::from_secs(1), "{after:?}");
    };
    let sum = raw_sum(addsvc.channel());
    loop {
        match sum.call(Context::new(), pb::SumRequest { a: 1, b: 2 }).await {
            Ok(reply) => assert_eq!(reply.v, 3, "the token came back"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
                assert_eq!(error.to_string(), "rate limit exceeded");
                advised(error.retry_after());
                break;
            }
        }
    }
    loop {
        let answer = addsvc.call("sum", ONE_AND_TWO);
        if !answer.contains("result") {
            let expected = r#"{"kind":"RESOURCE_EXHAUSTED","retryAfterMs":"#;
            assert!(answer.contains(expected), "{answer}");
            break;
        }
    }
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
