//! How the program ends.

use addsvc::{Calling, SumRequest, transport::grpc};
use example_testing::{Connection, Process};
use oxkit_core::{Context, Endpoint};
use oxkit_transport_grpc::Outgoing;
use testing_servers::until;
use tokio::time::timeout;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::support::{Addsvc, Asked, OPEN, SOON, closes, ended};

#[test]
fn it_ends_well_when_it_is_told_to() {
    for tell in [Process::terminate, Process::interrupt] {
        let addsvc = Addsvc::start(&[]);
        tell(&addsvc.process);
        assert_eq!(addsvc.process.wait().code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_drains_it_says_so_and_takes_no_new_calls_and_finishes_what_is_in_flight() {
    let addsvc = Addsvc::start(&OPEN);
    let sums = grpc::sum_stream(addsvc.channel(), &Calling::new());
    let (ask, asked) = Asked::new();
    let mut answers = sums.call(Context::new(), Outgoing::new(asked)).await.unwrap();
    ask.send(SumRequest { a: 1, b: 2 }).unwrap();
    assert_eq!(timeout(SOON, answers.next()).await.unwrap().unwrap().unwrap().unwrap(), 3);
    let mut health = HealthClient::new(addsvc.channel());
    let request = HealthCheckRequest { service: "pb.Add".into() };
    let mut watch = health.watch(request).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, 1, "SERVING");

    addsvc.process.terminate();
    let told = timeout(SOON, watch.message()).await.unwrap().unwrap();
    assert_eq!(told.map(|told| told.status), Some(2), "NOT_SERVING");
    let ended_watch = timeout(SOON, watch.message()).await.unwrap().unwrap();
    assert!(ended_watch.is_none(), "who watches is let go of");
    for address in [addsvc.http, addsvc.grpc, addsvc.jsonrpc] {
        assert!(closes(address), "{address} takes no more");
    }
    let ready = addsvc.page("/readyz");
    assert_eq!((ready.status, &*ready.body), (503, "draining\n"));
    assert_eq!(addsvc.page("/healthz").status, 200, "it lives");

    ask.send(SumRequest { a: 3, b: 4 }).unwrap();
    assert_eq!(timeout(SOON, answers.next()).await.unwrap().unwrap().unwrap().unwrap(), 7);
    drop(ask);
    assert!(timeout(SOON, answers.next()).await.unwrap().unwrap().is_none());
    assert_eq!(ended(addsvc.process).await, Some(0));
}

#[test]
fn a_request_that_has_begun_is_answered_on_every_port() {
    let addsvc = Addsvc::start(&OPEN);
    let sum = r#"{"a":1,"b":2}"#;
    let call = format!(r#"{{"jsonrpc":"2.0","method":"sum","params":{sum},"id":1}}"#);
    let mut begun = Vec::new();
    for (address, path, body) in [(addsvc.http, "/sum", sum), (addsvc.jsonrpc, "/", &*call)] {
        let mut connection = Connection::open(address).unwrap();
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n");
        let (first, rest) = body.split_at(3);
        connection.send((head + first).as_bytes()).unwrap();
        begun.push((connection, rest.to_owned()));
    }
    addsvc.process.terminate();
    assert!(closes(addsvc.http) && closes(addsvc.jsonrpc), "nothing new is taken");
    for (mut connection, rest) in begun {
        connection.send(rest.as_bytes()).unwrap();
        let answer = connection.answer().unwrap();
        assert!(answer.status == 200 && answer.body.contains(r#"{"v":3}"#), "{answer:?}");
    }
    assert_eq!(addsvc.process.wait().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_in_time_is_cut_off_and_the_exit_code_says_so() {
    let mut arguments = OPEN.to_vec();
    arguments.extend(["--drain", "0.2"]);
    let addsvc = Addsvc::start(&arguments);
    let sums = grpc::sum_stream(addsvc.channel(), &Calling::new());
    let (ask, asked) = Asked::new();
    let mut answers = sums.call(Context::new(), Outgoing::new(asked)).await.unwrap();
    ask.send(SumRequest { a: 1, b: 2 }).unwrap();
    assert_eq!(timeout(SOON, answers.next()).await.unwrap().unwrap().unwrap().unwrap(), 3);
    addsvc.process.terminate();
    assert_eq!(ended(addsvc.process).await, Some(1));
    assert!(timeout(SOON, answers.next()).await.unwrap().is_err(), "the caller is told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delay_gives_balancers_time_to_look_elsewhere() {
    let mut arguments = OPEN.to_vec();
    arguments.extend(["--drain-delay", "60"]);
    let addsvc = Addsvc::start(&arguments);
    addsvc.process.terminate();
    assert!(until(SOON, || addsvc.page("/readyz").status == 503));
    let mut health = HealthClient::new(addsvc.channel());
    let request = HealthCheckRequest { service: "pb.Add".into() };
    let status = health.check(request).await.unwrap().into_inner().status;
    assert_eq!(status, 2, "NOT_SERVING");
    // It goes on serving until the delay is over.
    assert_eq!(addsvc.post("/sum", r#"{"a":1,"b":2}"#).status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_of_spans_that_is_away_holds_up_neither_calls_nor_the_end() {
    let mut arguments = OPEN.to_vec();
    // Nobody listens at the discard port.
    arguments.extend(["--otlp", "127.0.0.1:9"]);
    let addsvc = Addsvc::start(&arguments);
    assert_eq!(addsvc.post("/sum", r#"{"a":1,"b":2}"#).body, "{\"v\":3}\n");
    addsvc.process.terminate();
    assert_eq!(ended(addsvc.process).await, Some(0));
}
