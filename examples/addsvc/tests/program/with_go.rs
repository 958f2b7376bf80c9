//! Go kit on the other side: a program built with its transports calls ours, and is called by our
//! clients. What its server answers to its client is what ours has to answer, to the byte.

use std::{net::SocketAddr, path::Path, process::Command, sync::OnceLock};

use addsvc::{AddError, AddService, Calling, SumRequest, transport};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure};
use oxkit_transport_grpc::Outgoing;
use oxkit_transport_http::Pool;
use serde_json::{Value, json};
use testing_servers::Peer;

use crate::support::{Addsvc, OPEN, channel};

/// The program in `tests/gokit`, which is built once.
fn gokit(command: &str) -> Peer {
    static PROGRAM: OnceLock<std::path::PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gokit");
        testing_servers::go().build(&source).unwrap_or_else(|error| panic!("{error}"))
    });
    Peer::start(Command::new(program).arg(command))
}

/// Where a server is to be found.
struct Addresses {
    http: SocketAddr,
    grpc: SocketAddr,
    jsonrpc: SocketAddr,
}

impl Addresses {
    fn of(addsvc: &Addsvc) -> Self {
        Self { http: addsvc.http, grpc: addsvc.grpc, jsonrpc: addsvc.jsonrpc }
    }

    /// Those that Go's server prints when it has begun.
    fn printed(server: &mut Peer) -> Self {
        let line: Value = serde_json::from_str(&server.line()).expect("it prints JSON");
        let address = |name: &str| {
            let address = line[name].as_str().and_then(|address| address.parse().ok());
            address.unwrap_or_else(|| panic!("no address of {name} in {line}"))
        };
        Self { http: address("http"), grpc: address("grpc"), jsonrpc: address("jsonrpc") }
    }

    /// What Go's client makes of a call.
    fn asked(&self, client: &mut Peer, question: &Value) -> Value {
        let mut question = question.clone();
        question["to"] = match question["via"].as_str() {
            Some("http") => self.http,
            Some("grpc") => self.grpc,
            _ => self.jsonrpc,
        }
        .to_string()
        .into();
        serde_json::from_str(&client.ask(&question.to_string())).expect("it answers in JSON")
    }
}

#[test]
fn gos_client_gets_from_us_what_it_gets_from_gos_server() {
    let addsvc = Addsvc::start(&OPEN);
    let ours = Addresses::of(&addsvc);
    let mut server = gokit("serve");
    let gos = Addresses::printed(&mut server);
    let mut client = gokit("call");
    let longest = i64::from(i32::MAX);
    for (method, a, b) in [
        ("sum", json!(1), json!(2)),
        ("sum", json!(-5), json!(3)),
        ("sum", json!(5), json!(-5)),
        ("sum", json!(longest), json!(0)),
        ("sum", json!(0), json!(0)),
        ("sum", json!(longest), json!(1)),
        ("sum", json!(-longest), json!(-2)),
        ("concat", json!("foo"), json!("bar")),
        ("concat", json!(""), json!("")),
        ("concat", json!("gr\u{f6}\u{df}e"), json!("\"\\\n")),
        ("concat", json!("<b>"), json!("&\u{2028}")),
        ("concat", json!("12345"), json!("678901")),
    ] {
        for via in ["http", "grpc", "jsonrpc"] {
            let question = json!({"via": via, "method": method, "a": a, "b": b});
            let expected = gos.asked(&mut client, &question);
            check(&question, &ours.asked(&mut client, &question), &expected);
        }
    }
    let pairs = json!([[1, 2], [0, 0], [longest, 1], [-5, 3]]);
    let question = json!({"via": "grpc", "method": "stream", "pairs": pairs});
    let expected = gos.asked(&mut client, &question);
    assert_eq!(expected["v"], json!([3, "can't sum two zeroes", "integer overflow", -2]));
    assert_eq!(ours.asked(&mut client, &question), expected);
}

#[track_caller]
fn check(question: &Value, ours: &Value, gos: &Value) {
    let (mut ours, mut gos) = (ours.clone(), gos.clone());
    if gos["error"].is_string() {
        match question["via"].as_str() {
            // Go guesses at the type of a body of which the program says none.
            Some("http") => {
                assert_eq!(ours["type"].take(), "application/json; charset=utf-8");
                gos["type"].take();
            }
            // Go kit leaves the code to the program, and knows no data. The text says all.
            Some("jsonrpc") => {
                for answer in [&mut ours, &mut gos] {
                    answer["code"].take();
                    answer["body"].take();
                }
            }
            _ => {}
        }
    }
    if gos["body"].as_str().is_some_and(|body| body.contains("\\u")) {
        // Go writes what means something in HTML in another way, which reads the same.
        let read = |answer: &mut Value| -> Value {
            let body = answer["body"].take();
            serde_json::from_str(body.as_str().unwrap_or_default()).expect("the body is JSON")
        };
        assert_eq!(read(&mut ours), read(&mut gos), "{question}");
    }
    assert_eq!(ours, gos, "{question}");
}

#[test]
fn gos_client_hears_of_our_limits_and_when_to_come_back() {
    // One a second over all transports: soon every one of them has to refuse.
    let addsvc = Addsvc::start(&[]);
    let ours = Addresses::of(&addsvc);
    let mut client = gokit("call");
    let mut refused = |via: &str| loop {
        let question = json!({"via": via, "method": "sum", "a": 1, "b": 2});
        let answer = ours.asked(&mut client, &question);
        if answer["v"] != 3 {
            assert_eq!(answer["error"], "rate limit exceeded", "{answer}");
            return answer;
        }
    };
    let answer = refused("http");
    assert_eq!((&answer["status"], &answer["retry"]), (&429.into(), &"1".into()), "{answer}");
    let answer = refused("grpc");
    assert_eq!(answer["code"], ErrorKind::ResourceExhausted.code());
    // As Go writes a duration of less than a second.
    assert!(answer["retry"].as_str().unwrap().ends_with("ms"), "{answer}");
    let answer = refused("jsonrpc");
    assert!(answer["body"].as_str().unwrap().contains("RESOURCE_EXHAUSTED"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_clients_understand_gos_server() {
    let mut server = gokit("serve");
    let gos = Addresses::printed(&mut server);
    let (pool, calling) = (Pool::new(), Calling::new());
    let uri = |address| format!("http://{address}").parse().unwrap();
    for (via, service, refused) in [
        // A status that says nothing but that it went wrong.
        ("http", transport::http::client(&pool, &uri(gos.http), &calling), ErrorKind::Internal),
        (
            "grpc",
            transport::grpc::client(channel(gos.grpc), &calling),
            ErrorKind::ResourceExhausted,
        ),
        (
            "jsonrpc",
            transport::jsonrpc::client(&pool, &uri(gos.jsonrpc), &calling),
            ErrorKind::Internal,
        ),
    ] {
        let cx = Context::new;
        assert_eq!(service.sum(cx(), 1, 2).await.unwrap(), 3, "{via}");
        assert_eq!(service.sum(cx(), 5, -5).await.unwrap(), 0, "{via}");
        let text = service.concat(cx(), "gr\u{f6}\u{df}e".into(), "<&>".into()).await.unwrap();
        assert_eq!(text, "gr\u{f6}\u{df}e<&>", "{via}");
        let error = service.sum(cx(), 0, 0).await.unwrap_err();
        assert!(matches!(error, AddError::TwoZeroes), "{via}: {error:?}");
        let error = service.sum(cx(), i64::from(i32::MAX), 1).await.unwrap_err();
        assert!(matches!(error, AddError::IntOverflow), "{via}: {error:?}");
        let error = service.concat(cx(), "12345".into(), "678901".into()).await.unwrap_err();
        assert!(matches!(error, AddError::MaxSizeExceeded), "{via}: {error:?}");
        // What Go's endpoint refuses, as one of its layers would.
        let error = service.concat(cx(), "busy".into(), String::new()).await.unwrap_err();
        assert_eq!(error.kind(), refused, "{via}: {error:?}");
        assert!(matches!(error, AddError::Refused(_)), "{via}: {error:?}");
    }
    let sums = transport::grpc::sum_stream(channel(gos.grpc), &calling);
    let asked = [(1, 2), (0, 0), (-5, 3)].map(|(a, b)| SumRequest { a, b });
    let mut answers = sums.call(Context::new(), Outgoing::of(asked)).await.unwrap();
    for expected in [Ok(3), Err("can't sum two zeroes".to_owned()), Ok(-2)] {
        let answer = answers.next().await.unwrap().unwrap();
        assert_eq!(answer.map_err(|error| error.to_string()), expected);
    }
    assert!(answers.next().await.unwrap().is_none());
}
