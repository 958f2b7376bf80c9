//! HTTP and gRPC on one port, and a drain that ends on both.

use addsvc::{AddService, Calling, SumRequest, transport::grpc};
use example_testing::{Connection, exchange};
use oxkit_core::{Context, Endpoint};
use oxkit_transport_grpc::Outgoing;
use tokio::time::{Instant, timeout};

use crate::support::{Addsvc, Asked, OPEN, SOON, channel, closes, ended, next_address};

fn start(arguments: &[&str]) -> (Addsvc, std::net::SocketAddr) {
    let mut all = OPEN.to_vec();
    all.extend(["--one-port", "127.0.0.1:0"]);
    all.extend(arguments);
    let mut addsvc = Addsvc::start(&all);
    let address = next_address(&mut addsvc.process);
    (addsvc, address)
}

#[tokio::test]
async fn each_request_goes_where_its_content_type_says() {
    let (_addsvc, address) = start(&[]);
    let service = grpc::client(channel(address), &Calling::new());
    for _ in 0..3 {
        let over_http = exchange(address, "POST", "/sum", r#"{"a":1,"b":2}"#);
        assert_eq!((over_http.status, &*over_http.body), (200, "{\"v\":3}\n"));
        assert_eq!(service.sum(Context::new(), 1, 2).await.unwrap(), 3);
    }
    assert_eq!(exchange(address, "POST", "/pb.Add/Sum", "{}").status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_waits_for_a_stream_in_flight_and_not_for_connections_at_rest() {
    let (addsvc, address) = start(&[]);
    // At rest: one of HTTP/1.1 and one of HTTP/2, both of which were used.
    let mut at_rest = Connection::open(address).unwrap();
    at_rest.request("POST", "/sum", r#"{"a":1,"b":2}"#).unwrap();
    assert_eq!(at_rest.answer().unwrap().status, 200);
    let idle = grpc::client(channel(address), &Calling::new());
    assert_eq!(idle.sum(Context::new(), 1, 2).await.unwrap(), 3);
    // In flight.
    let sums = grpc::sum_stream(channel(address), &Calling::new());
    let (ask, asked) = Asked::new();
    let mut answers = sums.call(Context::new(), Outgoing::new(asked)).await.unwrap();
    let mut sum = async |a| {
        ask.send(SumRequest { a, b: 1 }).unwrap();
        timeout(SOON, answers.next()).await.unwrap().unwrap().unwrap().unwrap()
    };
    assert_eq!(sum(1).await, 2);

    addsvc.process.terminate();
    // The listener is closed when the drain has begun.
    assert!(closes(address), "it takes no more");
    for a in 2..100 {
        assert_eq!(sum(a).await, a + 1, "the stream goes on");
    }
    drop(ask);
    assert!(timeout(SOON, answers.next()).await.unwrap().unwrap().is_none());
    assert_eq!(ended(addsvc.process).await, Some(0));
    drop((at_rest, idle));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_at_rest_alone_do_not_hold_up_the_end() {
    let (addsvc, address) = start(&["--drain", "60"]);
    let mut at_rest = Connection::open(address).unwrap();
    at_rest.request("POST", "/sum", r#"{"a":1,"b":2}"#).unwrap();
    assert_eq!(at_rest.answer().unwrap().status, 200);
    let never_used = Connection::open(address).unwrap();
    let idle = grpc::client(channel(address), &Calling::new());
    assert_eq!(idle.sum(Context::new(), 1, 2).await.unwrap(), 3);
    let began = Instant::now();
    addsvc.process.terminate();
    assert_eq!(ended(addsvc.process).await, Some(0));
    assert!(began.elapsed() < SOON);
    drop((at_rest, never_used, idle));
}
