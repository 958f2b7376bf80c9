//! What answers do to the loop.

use oxkit_metrics::{HttpTarget, InfluxBuilder, InfluxHttp, Registry};

use crate::http_receiver::{Receiver, answer};

fn ok() -> Vec<u8> {
    answer("204 No Content", "", b"")
}

fn writer(receiver: &Receiver) -> InfluxHttp {
    InfluxHttp::v1(&HttpTarget::new(&receiver.url()).expect("it is a URL"), "d").expect("it fits")
}

#[tokio::test]
async fn a_request_says_who_sends_it_and_how_long_it_is() {
    let receiver = Receiver::new(vec![ok()]);
    let registry = Registry::new();
    let writer = writer(&receiver).password("me", "secret");
    let mut exporter = InfluxBuilder::new().attach(&registry, writer).unwrap();
    registry.counter("c", "").unwrap().increment();
    exporter.flush().await.unwrap();
    let request = &receiver.requests()[0];
    assert_eq!(request.head[0], "POST /write?precision=ns&db=d HTTP/1.1");
    assert_eq!(request.header("authorization"), Some("Basic bWU6c2VjcmV0"));
    assert_eq!(request.header("content-length"), Some(request.body.len().to_string().as_str()));
    assert!(request.header("user-agent").unwrap().starts_with("oxkit-metrics/"));
}

#[tokio::test]
async fn an_answer_is_read_as_far_as_it_is_of_use() {
    let long = answer("500 No", "", &[b'x'; 1_000_000]);
    let cut = b"500 No\r\ncontent-length: 1000\r\n\r\nhalf of it".to_vec();
    let no_http = b"what?".to_vec();
    let receiver = Receiver::new(vec![long, cut, no_http, ok()]);
    let registry = Registry::new();
    let mut exporter = InfluxBuilder::new().attach(&registry, writer(&receiver)).unwrap();
    registry.counter("c", "").unwrap().increment();
    let mut error = async || exporter.flush().await.map_err(|error| error.to_string());
    let long = error().await.unwrap_err();
    assert!(long.starts_with("500 Internal Server Error: xxx") && long.len() == 1024, "{long}");
    assert_eq!(error().await.unwrap_err(), "500 Internal Server Error: half of it");
    assert_ne!(error().await.unwrap_err(), "");
    error().await.unwrap();
}
