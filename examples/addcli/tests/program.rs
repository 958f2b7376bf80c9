//! The program as a process, against the service with its real limits.

use std::{
    future::IntoFuture,
    net::SocketAddr,
    process::{Command, Output},
    sync::Arc,
};

use addsvc::{Basic, Limits, Serving, streaming::sum_stream, transport};
use oxkit_log::{Discard, Logger};
use oxkit_metrics::Registry;
use oxkit_tracing::{Propagation, W3c};
use oxkit_transport_http::{listen, serve};

/// Where the transports are.
struct Addsvc {
    http: SocketAddr,
    grpc: SocketAddr,
    jsonrpc: SocketAddr,
}

impl Addsvc {
    /// Serves for as long as the test's runtime lasts.
    async fn start(limits: Limits) -> Self {
        let serving = Serving::new(Logger::new(Discard), &Registry::new());
        let serving = serving.expect("no name is taken").limits(limits);
        let service = Arc::new(Basic);
        let endpoints = serving.endpoints(&service).expect("no name is taken");
        let propagation = Propagation::new(W3c::new());
        let stream = sum_stream(&serving, &service);
        macro_rules! served {
            ($service:expr) => {{
                let listener = listen("127.0.0.1:0").await.expect("a port is free");
                let address = listener.local_addr().expect("it has one");
                tokio::spawn(serve(listener, $service).with_h2c().into_future());
                address
            }};
        }
        Self {
            http: served!(transport::http::routes(&endpoints, &propagation)),
            grpc: served!(transport::grpc::router(&endpoints, stream, &propagation)),
            jsonrpc: served!(transport::jsonrpc::server(&endpoints, &propagation)),
        }
    }

    async fn run(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_addcli"));
        command.args(["--http-addr", &self.http.to_string()]);
        command.args(["--grpc-addr", &self.grpc.to_string()]);
        command.args(["--jsonrpc-addr", &self.jsonrpc.to_string()]).args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        Said::of(&output.expect("nobody panics").expect("it starts"))
    }
}

/// What the program said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    error: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is text");
        Self { code: output.status.code(), out: text(&output.stdout), error: text(&output.stderr) }
    }

    /// The rows of the table: transport and result. Every one ends in a latency.
    fn rows(&self) -> Vec<(String, String)> {
        let mut lines = self.out.lines();
        let head: Vec<_> = lines.next().unwrap_or_default().split_whitespace().collect();
        assert_eq!(head, ["transport", "result", "latency"]);
        let row = |line: &str| {
            let (transport, rest) = line.split_once(' ').expect("a transport comes first");
            let rest = rest.strip_suffix(" ms").expect("a latency comes last");
            let (rest, latency) = rest.rsplit_once(' ').expect("a result is between");
            assert!(latency.parse::<f64>().is_ok_and(|ms| ms > 0.0), "{line}");
            (transport.to_owned(), rest.trim().to_owned())
        };
        lines.map(row).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_transports_answer_the_same() {
    let addsvc = Addsvc::start(Limits::NONE).await;
    for (arguments, result, code) in [
        (vec!["--all", "sum", "1", "2"], "3", 0),
        (vec!["--all", "concat", "foo", "bar"], "foobar", 0),
        (vec!["--all", "sum", "--", "-1", "-2"], "-3", 0),
        (vec!["--all", "sum", "0", "0"], "can't sum two zeroes", 1),
        (vec!["--all", "sum", "2147483647", "1"], "integer overflow", 1),
        (vec!["--all", "concat", "12345", "678901"], "result exceeds maximum size", 1),
    ] {
        let said = addsvc.run(&arguments).await;
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:?}");
        let expected = ["HTTP", "gRPC", "JSON-RPC"].map(|name| (name.into(), result.into()));
        assert_eq!(said.rows(), expected, "{arguments:?}");
        assert_eq!(said.error, "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_told_to_come_back_later_does() {
    let addsvc = Addsvc::start(Limits::default()).await;
    let said = addsvc.run(&["--all", "sum", "1", "2"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(said.rows(), ["HTTP", "gRPC", "JSON-RPC"].map(|name| (name.into(), "3".into())));
    let waited = "called too often, trying again in ";
    assert!(said.error.contains(&format!("addcli: gRPC: {waited}")), "{said:?}");

    let longest = u64::MAX.to_string();
    let said = addsvc.run(&["--patience", &longest, "sum", "1", "2"]).await;
    assert_eq!((said.code, &*said.out), (Some(0), "3\n"), "{said:?}");

    let said = addsvc.run(&["--patience", "0", "--all", "sum", "1", "2"]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.rows().contains(&("gRPC".into(), "rate limit exceeded".into())), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_transport_answers_with_the_result_alone() {
    let addsvc = Addsvc::start(Limits::NONE).await;
    for transport in [&[][..], &["--http"], &["--grpc"], &["--jsonrpc"]] {
        let run = async |words: [&'static str; 3]| addsvc.run(&[transport, &words].concat()).await;
        let said = run(["sum", "1", "2"]).await;
        assert_eq!((said.code, &*said.out, &*said.error), (Some(0), "3\n", ""));
        let said = run(["sum", "0", "0"]).await;
        let told = "addcli: can't sum two zeroes\n";
        assert_eq!((said.code, &*said.out, &*said.error), (Some(1), "", told));
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_an_error_and_no_wait() {
    let nowhere = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        gone.local_addr().unwrap()
    };
    let addsvc = Addsvc { http: nowhere, grpc: nowhere, jsonrpc: nowhere };
    let said = addsvc.run(&["--all", "sum", "1", "2"]).await;
    let refused = "Connection refused";
    assert!(said.rows().iter().all(|(_, result)| result.contains(refused)), "{said:?}");
    assert_eq!((said.code, said.rows().len()), (Some(1), 3), "{said:?}");
    for transport in ["HTTP", "gRPC", "JSON-RPC"] {
        let question = format!("addcli: is addsvc there, {transport} at {nowhere}?");
        assert!(said.error.contains(&question), "{said:?}");
    }
}

#[test]
fn the_command_line_teaches() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_addcli")).args(arguments).output();
        Said::of(&output.unwrap())
    };
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    for option in
        ["http", "grpc", "jsonrpc", "all", "http-addr", "grpc-addr", "jsonrpc-addr", "patience"]
    {
        assert!(help.out.contains(&format!("--{option}")), "{option}");
    }
    for (arguments, said) in [
        (&[][..], "expected `sum A B` or `concat A B`"),
        (&["sum", "1"], "expected `sum A B` or `concat A B`"),
        (&["sum", "one", "2"], "\"one\" is no number of 64 bits"),
        (&["--http", "--grpc", "sum", "1", "2"], "say one transport, or --all"),
        (&["sum", "-1", "2"], "addcli sum -- -1 2"),
        (&["--patience", "long", "sum", "1", "2"], "expected a number of seconds"),
        (&["--loud", "sum", "1", "2"], "invalid option '--loud'"),
        (&["--http-addr", "no where", "sum", "1", "2"], "\"no where\" is no address"),
    ] {
        let mistake = run(arguments);
        assert_eq!(mistake.code, Some(2), "{arguments:?}");
        assert!(mistake.error.contains(said), "{arguments:?}: {}", mistake.error);
    }
}
