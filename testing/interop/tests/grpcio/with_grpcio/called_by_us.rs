//! Python serves, and we call.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use oxkit_core::{Context, Endpoint, ErrorKind, Failure};
use oxkit_transport_grpc::{
    GrpcError, Incoming, Metadata, Outgoing,
    client::{self, Channel, Client},
};
use serde_json::json;
use testing_interop::{Queue, TEXT, channel};
use testing_servers::Peer;
use tokio::sync::mpsc;

use super::{json, peer};

const SERVICE: &str = "interop.Peer";

/// A server in Python, and a channel to it.
struct Scene {
    server: Peer,
    channel: Channel,
}

impl Scene {
    fn new() -> Self {
        let mut server = peer("server.py", &[]);
        let port = json(&server.line())["port"].as_u64().expect("a port");
        let port = u16::try_from(port).expect("a port");
        Self { server, channel: channel(SocketAddr::from(([127, 0, 0, 1], port))) }
    }

    fn unary(&self, method: &str) -> Unary {
        unary(&self.channel, method)
    }

    fn counting(
        &self,
        method: &str,
    ) -> impl Endpoint<Request = i64, Response = Incoming<i64>, Error = GrpcError> + use<> {
        Client::server_streaming(self.channel.clone(), SERVICE, method, number, number)
    }

    /// The server says that this call has ended for it.
    #[track_caller]
    fn heard_of_the_end_of(&mut self, method: &str) {
        let line = json(&self.server.line());
        assert_eq!(line, json!({"ended": method}));
    }
}

type Text = fn(String) -> Result<String, GrpcError>;
type Unary = Client<
    client::Unary,
    Channel,
    Text,
    Text,
    (String, String, String, String, GrpcError, GrpcError),
>;

fn unary(channel: &Channel, method: &str) -> Unary {
    Client::unary(channel.clone(), SERVICE, method, Ok, Ok)
}

fn number(number: i64) -> Result<i64, GrpcError> {
    Ok(number)
}

async fn taken(mut numbers: Incoming<i64>) -> Result<Vec<i64>, (Vec<i64>, GrpcError)> {
    let mut taken = Vec::new();
    loop {
        match numbers.next().await {
            Ok(Some(number)) => taken.push(number),
            Ok(None) => return Ok(taken),
            Err(error) => return Err((taken, error)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_four_kinds() {
    let scene = Scene::new();
    let cx = Context::new;
    let text = "h\u{e9}llo".to_owned();
    assert_eq!(scene.unary("Echo").call(cx(), text.clone()).await.unwrap(), text);
    let sum = Client::client_streaming(scene.channel.clone(), SERVICE, "Sum", number, number);
    assert_eq!(sum.call(cx(), Outgoing::of([1, 2, 3])).await.unwrap(), 6);
    assert_eq!(sum.call(cx(), Outgoing::of([])).await.unwrap(), 0);
    let count = scene.counting("Count");
    for end in [0, 5, 1_000] {
        let numbers = count.call(cx(), end).await.unwrap();
        assert_eq!(taken(numbers).await.unwrap(), (0..end).collect::<Vec<_>>());
    }
    let running = Client::bidirectional(scene.channel.clone(), SERVICE, "Running", number, number);
    let numbers = running.call(cx(), Outgoing::of([1, 2, 3])).await.unwrap();
    assert_eq!(taken(numbers).await.unwrap(), [1, 3, 6]);

    // In turns: each request waits for the answer to the one before.
    let (send, sent) = mpsc::unbounded_channel();
    send.send(1).unwrap();
    let mut numbers = running.call(cx(), Outgoing::new(Queue(sent))).await.unwrap();
    for n in 1..10 {
        assert_eq!(numbers.next().await.unwrap(), Some(n));
        send.send(1).unwrap();
    }
    drop(send);
    assert_eq!(numbers.next().await.unwrap(), Some(10));
    assert_eq!(numbers.next().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_code_with_its_text_and_details() {
    let scene = Scene::new();
    let fail = scene.unary("Fail");
    for kind in ErrorKind::ALL {
        let error = fail.call(Context::new(), kind.name().to_owned()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_status()), (kind, true), "{error:?}");
        assert_eq!(error.to_string(), TEXT);
        let after = (kind == ErrorKind::ResourceExhausted).then(|| Duration::from_millis(1_250));
        assert_eq!(error.retry_after(), after, "{error:?}");
        let violations: Vec<_> = error
            .violations()
            .iter()
            .map(|violation| (violation.field.as_str(), violation.description.as_str()))
            .collect();
        let expected = [("a", "is negative")];
        let expected = if kind == ErrorKind::InvalidArgument { &expected[..] } else { &[] };
        assert_eq!(violations, expected);
    }
    let numbers = scene.counting("Count").call(Context::new(), -3).await.unwrap();
    let (before, error) = taken(numbers).await.unwrap_err();
    assert_eq!((before, error.kind()), (vec![0, 1, 2], ErrorKind::Aborted));
    assert_eq!(error.to_string(), "lost a race");
    let error = scene.unary("Nothing").call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::Unimplemented, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_of_texts_and_of_bytes() {
    let scene = Scene::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&seen);
    let reflect = unary(&scene.channel, "Reflect")
        .before(|_, metadata| {
            metadata.append("x-text", "a b").unwrap();
            metadata.append("x-text", "c").unwrap();
            for (key, bytes) in BYTES {
                metadata.append_bin(key, bytes).unwrap();
            }
            Ok(())
        })
        .after(move |_, header, trailer| {
            shared.lock().unwrap().extend([header.clone(), trailer.clone()]);
        });
    assert_eq!(reflect.call(Context::new(), "x".into()).await.unwrap(), "x");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    for metadata in seen.iter() {
        assert_eq!(metadata.get_all("x-text").collect::<Vec<_>>(), ["a b", "c"]);
        for (key, _) in BYTES {
            let sent: Vec<_> =
                BYTES.iter().filter(|(k, _)| *k == key).map(|(_, v)| v.to_vec()).collect();
            assert_eq!(metadata.get_all_bin(key).collect::<Vec<_>>(), sent, "{key}");
        }
    }
}

/// Bytes of every length of padding, two values of one key, and such as are no text.
const BYTES: [(&str, &[u8]); 6] = [
    ("x-none-bin", b""),
    ("x-one-bin", &[1]),
    ("x-two-bin", &[1, 2]),
    ("x-many-bin", &[0, 127, 128, 254, 255]),
    ("x-many-bin", &[2]),
    ("x-three-bin", &[1, 2, 3]),
];

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_empty_large_and_compressed() {
    let scene = Scene::new();
    for (compresses, size) in [false, true].into_iter().flat_map(|c| [(c, 0), (c, 3_000_000)]) {
        let echo = unary(&scene.channel, "Echo");
        let echo = if compresses { echo.compress() } else { echo };
        let sent = "x".repeat(size);
        let got = echo.call(Context::new(), sent.clone()).await.unwrap();
        assert!(got == sent, "{size} came back as {}", got.len());
    }
    // Theirs is too large for us, and ours for them.
    for (echo, size, is_status) in [
        (unary(&scene.channel, "Echo").message_limit(1_000), 1_001, false),
        (unary(&scene.channel, "Echo"), 5_000_000, true),
    ] {
        let error = echo.call(Context::new(), "x".repeat(size)).await.unwrap_err();
        let expected = (ErrorKind::ResourceExhausted, is_status);
        assert_eq!((error.kind(), error.is_status()), expected, "{error:?}");
    }
    let gzip = |name: &'static str| {
        move |_: &Context, header: &Metadata, _: &Metadata| {
            assert_eq!(header.headers().get("grpc-encoding").unwrap(), name);
        }
    };
    let echo = unary(&scene.channel, "Echo")
        .before(|_, metadata| {
            metadata.insert("x-gzip", "please").unwrap();
            Ok(())
        })
        .after(gzip("gzip"));
    let sent = "x".repeat(100_000);
    assert_eq!(echo.call(Context::new(), sent.clone()).await.unwrap(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_reach_the_server_and_are_kept_here() {
    let mut scene = Scene::new();
    let left = scene.unary("Left");
    assert_eq!(left.call(Context::new(), String::new()).await.unwrap(), "none");
    scene.heard_of_the_end_of("Left");
    let cx = Context::new().with_deadline(Instant::now() + Duration::from_secs(50));
    let left: u64 = left.call(cx, String::new()).await.unwrap().parse().unwrap();
    assert!((30_000..=50_000).contains(&left), "{left}");
    scene.heard_of_the_end_of("Left");

    let cx = Context::new().with_deadline(Instant::now() + Duration::from_millis(200));
    let error = scene.unary("Hang").call(cx, String::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error:?}");
    scene.heard_of_the_end_of("Hang");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_here_ends_there() {
    let mut scene = Scene::new();
    let mut numbers = scene.counting("Endless").call(Context::new(), 0).await.unwrap();
    for n in 0..3 {
        assert_eq!(numbers.next().await.unwrap(), Some(n));
    }
    drop(numbers);
    scene.heard_of_the_end_of("Endless");

    let running = Client::bidirectional(scene.channel.clone(), SERVICE, "Running", number, number);
    let (send, sent) = mpsc::unbounded_channel();
    send.send(1).unwrap();
    let mut numbers = running.call(Context::new(), Outgoing::new(Queue(sent))).await.unwrap();
    assert_eq!(numbers.next().await.unwrap(), Some(1));
    drop(numbers);
    scene.heard_of_the_end_of("Running");

    let echo = scene.unary("Echo").call(Context::new(), "x".into()).await.unwrap();
    assert_eq!(echo, "x", "the connection is as good as before");
}
