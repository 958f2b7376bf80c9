//! `SumStream`: a stream each way.

use addsvc::{AddError, Calling, SumRequest, transport::grpc};
use oxkit_core::{Context, Endpoint};
use oxkit_transport_grpc::Outgoing;
use tokio::time::timeout;

use crate::support::{Addsvc, Asked, OPEN, SOON};

#[tokio::test]
async fn each_request_has_its_answer_and_an_error_of_the_domain_does_not_end_the_stream() {
    let addsvc = Addsvc::start(&OPEN);
    let sums = grpc::sum_stream(addsvc.channel(), &Calling::new());
    let (ask, asked) = Asked::new();
    let mut answers = sums.call(Context::new(), Outgoing::new(asked)).await.unwrap();
    for (a, b, expected) in [
        (1, 2, Ok(3)),
        (0, 0, Err("can't sum two zeroes")),
        (i64::MAX, 1, Err("integer overflow")),
        (-5, 3, Ok(-2)),
    ] {
        ask.send(SumRequest { a, b }).unwrap();
        let answer = timeout(SOON, answers.next()).await.unwrap().unwrap().unwrap();
        let answer = answer.map_err(|error: AddError| error.to_string());
        assert_eq!(answer, expected.map_err(str::to_owned), "{a} + {b}");
    }
    drop(ask);
    assert!(timeout(SOON, answers.next()).await.unwrap().unwrap().is_none(), "it ends as it began");
}

#[tokio::test]
async fn many_requests_at_once_are_answered_in_their_order() {
    let addsvc = Addsvc::start(&OPEN);
    let sums = grpc::sum_stream(addsvc.channel(), &Calling::new());
    let asked = Outgoing::of((1..=2_000).map(|a| SumRequest { a, b: 1 }));
    let mut answers = sums.call(Context::new(), asked).await.unwrap();
    let mut next = 2;
    while let Some(answer) = timeout(SOON, answers.next()).await.unwrap().unwrap() {
        assert_eq!(answer.unwrap(), next);
        next += 1;
    }
    assert_eq!(next, 2_002);
    // It is one call to whoever counts calls.
    let metrics = addsvc.page("/metrics").body;
    let line = r#"endpoint_requests_total{service="addsvc",method="SumStream"} 1"#;
    assert!(metrics.contains(line), "{metrics}");
    assert!(metrics.contains("addsvc_integers_summed_total 4000"), "{metrics}");
}
