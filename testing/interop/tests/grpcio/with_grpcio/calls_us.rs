//! Python calls, and we serve.

use oxkit_core::ErrorKind;
use oxkit_transport_grpc::{Ended, Router};
use serde_json::{Value, json};
use testing_interop::{Ending, Endings, Server, TEXT, methods, serve};
use testing_servers::Peer;

use super::{json, peer};

/// A server of ours, and a client that calls it.
struct Scene {
    client: Peer,
    endings: Endings,
    server: Server,
}

impl Scene {
    async fn new() -> Self {
        let (service, endings) = methods();
        let (reporter, health) = tonic_health::server::health_reporter();
        reporter.set_service_status("interop.Peer", tonic_health::ServingStatus::NotServing).await;
        let described = || {
            let files = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
            let set = protox::compile(["interop.proto"], [files]).expect("it compiles");
            tonic_reflection::server::Builder::configure().register_file_descriptor_set(set)
        };
        let router = Router::new()
            .service(service)
            .tonic(health)
            .tonic(described().build_v1().expect("it is described"))
            .tonic(described().build_v1alpha().expect("it is described"));
        let server = serve(router).await.expect("a free port");
        let client = peer("client.py", &[&server.address().to_string()]);
        Self { client, endings, server }
    }

    /// Asks for a call, and checks what came of it, part by part.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "both are written where it is called")]
    fn check(&mut self, question: Value, expected: Value) -> Value {
        let answer = json(&self.client.ask(&question.to_string()));
        for (part, expected) in expected.as_object().expect("parts by their names") {
            assert_eq!(&answer[part], expected, "{part} of {answer} to {question}");
        }
        answer
    }

    /// How the next call ended, as our finalizer was told.
    async fn ending(&mut self, method: &str) -> Ending {
        let soon = std::time::Duration::from_secs(20);
        let ending = tokio::time::timeout(soon, self.endings.recv()).await;
        let ending = ending.expect("it ends").expect("the server lives");
        assert_eq!(ending.method, method);
        ending
    }

    /// Nothing of the calls is left.
    async fn end(self) {
        drop(self.client);
        assert!(self.server.stop().await.is_clean());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_four_kinds() {
    let mut scene = Scene::new().await;
    let ok = |messages: Value| json!({"code": "OK", "messages": messages, "text": ""});
    scene.check(json!({"method": "Echo", "requests": ["h\u{e9}llo"]}), ok(json!(["h\u{e9}llo"])));
    scene.check(json!({"method": "Sum", "requests": [1, 2, 3]}), ok(json!([6])));
    scene.check(json!({"method": "Sum", "requests": []}), ok(json!([0])));
    scene.check(json!({"method": "Count", "requests": [5]}), ok(json!([0, 1, 2, 3, 4])));
    scene.check(json!({"method": "Count", "requests": [0]}), ok(json!([])));
    scene.check(json!({"method": "Running", "requests": [1, 2, 3]}), ok(json!([1, 3, 6])));
    let turns = json!({"method": "Running", "requests": [-1, 2, -3], "turns": true});
    scene.check(turns, ok(json!([-1, 1, -2])));
    let many: Vec<_> = (0..10_000).collect();
    scene.check(json!({"method": "Count", "requests": [10_000]}), ok(json!(many)));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_code_with_its_text_and_details() {
    let mut scene = Scene::new().await;
    for kind in ErrorKind::ALL {
        let name = kind.name();
        let (text, details) = match kind {
            ErrorKind::InvalidArgument => (
                TEXT,
                json!({"google.rpc.BadRequest": {
                    "fieldViolations": [{"field": "a", "description": "is negative"}],
                }}),
            ),
            ErrorKind::ResourceExhausted => {
                ("rate limit exceeded", json!({"google.rpc.RetryInfo": {"retryDelay": "1.250s"}}))
            }
            kind if kind.is_confidential() => (kind.description(), json!({})),
            _ => (TEXT, json!({})),
        };
        scene.check(
            json!({"method": "Fail", "requests": [name]}),
            json!({"code": name, "text": text, "details": details, "messages": []}),
        );
        let ending = scene.ending("Fail").await;
        assert_eq!((ending.ended, ending.kind), (Ended::Answered, Some(kind)));
    }
    let nothing = json!({"method": "Count", "requests": [-3]});
    let expected = json!({"code": "ABORTED", "text": "lost a race", "messages": [0, 1, 2]});
    scene.check(nothing, expected);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_of_texts_and_of_bytes() {
    let mut scene = Scene::new().await;
    // All values of a key in their order, an empty one, and bytes of every length of padding.
    let sent = json!([
        ["x-text", "a b"],
        ["x-text", "c,d"],
        ["x-empty", ""],
        ["x-odd", "~!@#$%^&*()"],
        ["x-bin-bin", ""],
        ["x-one-bin", "AQ=="],
        ["x-two-bin", "AQI="],
        ["x-three-bin", "AQID"],
        ["x-all-bin", "AAECf4D+/w=="],
        ["x-many-bin", "AQ=="],
        ["x-many-bin", "Ag=="],
    ]);
    let question = json!({"method": "Reflect", "requests": ["x"], "metadata": sent});
    let answer = scene.check(question, json!({"code": "OK"}));
    let sorted = |pairs: &Value| {
        let mut pairs = pairs.as_array().unwrap().clone();
        pairs.sort_by_key(|pair| pair[0].as_str().unwrap().to_owned());
        pairs
    };
    assert_eq!(sorted(&answer["header"]), sorted(&sent));
    assert_eq!(sorted(&answer["trailer"]), sorted(&sent));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_empty_large_and_too_large() {
    let mut scene = Scene::new().await;
    scene.check(json!({"method": "Echo", "size": 0}), json!({"messages": [""]}));
    for gzip in [false, true] {
        let question = json!({"method": "Echo", "size": 3_000_000, "gzip": gzip});
        scene.check(question, json!({"messages": [{"size": 3_000_000}], "code": "OK"}));
    }
    for gzip in [false, true] {
        let question = json!({"method": "Echo", "size": 5_000_000, "gzip": gzip});
        scene.check(question, json!({"code": "RESOURCE_EXHAUSTED"}));
    }
    scene.check(json!({"method": "Echo", "requests": ["x"]}), json!({"messages": ["x"]}));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_compressed_is_understood_and_answers_are_compressed() {
    let mut scene = Scene::new().await;
    for gzip in [false, true] {
        let question = json!({"method": "Echo", "size": 100_000, "gzip": gzip});
        scene.check(question, json!({"messages": [{"size": 100_000}], "code": "OK"}));
        // Of a hundred thousand that are all the same; Python accepts it without being asked.
        assert!((1..1_000).contains(&scene.ending("Echo").await.bytes));
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_of_the_caller_and_of_the_server() {
    let mut scene = Scene::new().await;
    let left = scene
        .check(json!({"method": "Left", "requests": [""], "timeout": 50}), json!({"code": "OK"}));
    let left: u64 = left["messages"][0].as_str().unwrap().parse().unwrap();
    assert!((30_000..=50_000).contains(&left), "{left}");
    let _ = scene.ending("Left").await;

    // The caller gives up. The server knows when, and does so too, or hears of it.
    let question = json!({"method": "Hang", "requests": [""], "timeout": 0.2});
    scene.check(question, json!({"code": "DEADLINE_EXCEEDED"}));
    let kind = scene.ending("Hang").await.kind;
    let expected = [Some(ErrorKind::DeadlineExceeded), Some(ErrorKind::Cancelled)];
    assert!(expected.contains(&kind), "{kind:?}");

    // The server gives up, long before the caller would.
    let question = json!({"method": "Capped", "requests": [""], "timeout": 60});
    let answer = scene.check(question, json!({"code": "DEADLINE_EXCEEDED"}));
    assert!(answer["seconds"].as_f64().unwrap() < 30.0, "{answer}");
    let ending = scene.ending("Capped").await;
    assert_eq!((ending.ended, ending.kind), (Ended::Answered, Some(ErrorKind::DeadlineExceeded)));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_the_caller_cancels_ends_here_too() {
    let mut scene = Scene::new().await;
    scene.check(
        json!({"method": "Endless", "requests": [0], "take": 3}),
        json!({"code": "CANCELLED", "messages": [0, 1, 2]}),
    );
    let ending = scene.ending("Endless").await;
    assert_eq!((ending.ended, ending.kind), (Ended::Disconnected, Some(ErrorKind::Cancelled)));
    scene.check(
        json!({"method": "Running", "requests": [1, 1], "turns": true, "take": 1}),
        json!({"code": "CANCELLED", "messages": [1]}),
    );
    let ending = scene.ending("Running").await;
    assert_eq!((ending.ended, ending.kind), (Ended::Disconnected, Some(ErrorKind::Cancelled)));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_reflection() {
    let mut scene = Scene::new().await;
    let answer = json(&scene.client.ask(r#"{"health": "interop.Peer"}"#));
    assert_eq!(answer, json!("NOT_SERVING"));
    let answer = json(&scene.client.ask(r#"{"health": ""}"#));
    assert_eq!(answer, json!("SERVING"));
    let answer = json(&scene.client.ask(r#"{"reflect": "interop.Peer"}"#));
    assert_eq!(answer["answer"], "found");
    assert!(answer["services"].as_array().unwrap().contains(&json!("interop.Peer")), "{answer}");
    let (text, number) = ("google.protobuf.StringValue", "google.protobuf.Int64Value");
    for (method, expected) in [
        ("Echo", json!([text, text, false, false])),
        ("Sum", json!([number, number, true, false])),
        ("Count", json!([number, number, false, true])),
        ("Running", json!([number, number, true, true])),
    ] {
        assert_eq!(answer["methods"][method], expected);
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_not_there() {
    let server = serve(Router::new()).await.unwrap();
    let mut client = peer("client.py", &[&server.address().to_string()]);
    let answer = json(&client.ask(r#"{"method": "Echo", "requests": ["x"]}"#));
    assert_eq!(answer["code"], "UNIMPLEMENTED");
    assert_eq!(answer["text"], "there is no method /interop.Peer/Echo");
    drop(client);
    server.stop().await;
}
