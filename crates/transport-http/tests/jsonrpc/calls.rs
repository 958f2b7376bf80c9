//! What happens around a call: hooks, contexts, finalizers, deadlines, panics, batches.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context as Task, Poll},
    time::Duration,
};

use oxkit_core::{Context, Operation, Refusal, endpoint_fn};
use oxkit_transport_http::{
    Body, Ended, Rejection,
    jsonrpc::{Call, Error, RequestId, Server},
};
use serde_json::Value;
use tokio::{sync::Barrier, time::sleep};

use crate::support::{Journal, post, text};

fn request(method: &str, params: &str, id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":{id}}}"#)
}

async fn answer(server: &Server, body: impl Into<String>) -> Value {
    serde_json::from_str(&text(server.handle(post(body.into())).await).await).unwrap()
}

/// `sleep` takes milliseconds, `panic` panics, `echo` answers what it got.
fn methods(server: Server) -> Server {
    let echo = endpoint_fn(async |_: Context, value: Vec<Value>| Ok::<_, Refusal>(value));
    let slow = endpoint_fn(async |_: Context, (ms,): (u64,)| {
        sleep(Duration::from_millis(ms)).await;
        Ok::<_, Refusal>(ms)
    });
    let panics = endpoint_fn(async |_: Context, (): ()| -> Result<(), Refusal> {
        panic!("on purpose");
    });
    server.method("echo", echo).method("sleep", slow).method("panic", panics)
}

#[tokio::test]
async fn hooks_and_finalizers_run_in_their_order() {
    let journal = Journal::default();
    let write = |line: &'static str| {
        let journal = journal.clone();
        move || journal.write(line)
    };
    let (first, second, after, whole) =
        (write("before 1"), write("before 2"), write("after"), write("request ended"));
    let (codec, call) = (journal.clone(), journal.clone());
    let server = methods(Server::new())
        .before(move |_, _| {
            first();
            Ok(())
        })
        .before(move |_, _| {
            second();
            Ok(())
        })
        .before_codec(move |_, call| {
            codec.write(format!("codec {} {:?}", call.method(), call.id()));
            Ok(())
        })
        .after(move |_, _| after())
        .finalize_call(move |_, report| call.write(format!("call ended {:?}", report.kind())))
        .finalize(move |_, _| whole());
    answer(&server, request("echo", "[]", "7")).await;
    assert_eq!(
        journal.read(),
        [
            "before 1",
            "before 2",
            "codec echo Some(RequestId(7))",
            "call ended None",
            "after",
            "request ended",
        ],
    );
}

#[tokio::test]
async fn after_hooks_run_for_failed_calls_and_not_for_refused_requests() {
    let server = methods(Server::new()).body_limit(100).after(|_, head| {
        head.headers.insert("x-after", http::HeaderValue::from_static("ran"));
    });
    let ran = async |body: String| {
        let response = server.handle(post(body)).await;
        (response.status().as_u16(), response.headers().contains_key("x-after"))
    };
    assert_eq!(ran(request("nothing", "[]", "1")).await, (200, true));
    assert_eq!(ran(r#"{"jsonrpc":"2.0","method":"nothing"}"#.to_owned()).await, (204, true));
    assert_eq!(ran(" ".repeat(101)).await, (413, false));
}

#[tokio::test]
async fn a_call_knows_its_operation_its_name_and_its_id() {
    let endpoint = endpoint_fn(async |cx: Context, (): ()| {
        let call = cx.get::<Call>().cloned();
        let operation = cx.operation().map(Operation::to_string);
        let id = call.as_ref().and_then(Call::id).map(ToString::to_string);
        Ok::<_, Refusal>((operation, call.map(|call| call.method().to_owned()), id))
    });
    let call = request("who", "null", r#""x""#);
    let answered = |answer: Value| answer["result"].to_string();

    let unnamed = Server::new().method("who", endpoint);
    assert_eq!(answered(answer(&unnamed, &*call).await), r#"["jsonrpc/who","who","\"x\""]"#);

    let named = Server::new().method("who", endpoint).service("calc");
    assert_eq!(answered(answer(&named, &*call).await), r#"["calc/who","who","\"x\""]"#);
    let named = Server::new().service("calc").method("who", endpoint);
    assert_eq!(answered(answer(&named, &*call).await), r#"["calc/who","who","\"x\""]"#);
}

#[tokio::test]
async fn what_a_hook_puts_into_the_context_stays_with_its_call() {
    struct Seen(String);
    let endpoint = endpoint_fn(async |cx: Context, (): ()| {
        Ok::<_, Refusal>(cx.get::<Seen>().map(|seen| seen.0.clone()))
    });
    let server = Server::new().method("seen", endpoint).before_codec(|cx, call| {
        if call.id().and_then(RequestId::as_u64) == Some(1) {
            cx.insert(Seen("first".to_owned()));
        }
        Ok(())
    });
    let batch = format!("[{},{}]", request("seen", "null", "1"), request("seen", "null", "2"));
    let answers = answer(&server, batch).await;
    assert_eq!((&answers[0]["result"], &answers[1]["result"]), (&"first".into(), &Value::Null));
}

#[tokio::test]
async fn a_hook_refuses_a_call_or_the_whole_request() {
    let server = methods(Server::new()).before_codec(|_, call| match call.method() {
        "sleep" => Err(Error::new(-32001, "not now")),
        _ => Ok(()),
    });
    let batch = format!("[{},{}]", request("sleep", "[0]", "1"), request("echo", "[]", "2"));
    let answers = answer(&server, batch).await;
    assert_eq!(answers[0]["error"]["code"], -32001);
    assert_eq!(answers[1]["result"], Value::Array(vec![]));

    let server = methods(Server::new())
        .before(|_, _| Err(Rejection::new(http::StatusCode::UNAUTHORIZED, "who are you?")));
    let response = server.handle(post(request("echo", "[]", "1"))).await;
    assert_eq!(response.status(), 401);
    assert_eq!(text(response).await, "who are you?");
}

#[tokio::test]
async fn call_finalizers_are_told_of_all_that_went_wrong_notifications_included() {
    let journal = Journal::default();
    let calls = journal.clone();
    let server = methods(Server::new()).finalize_call(move |_, report| {
        let method = report.call().map(Call::method);
        let error = report.error().map(ToString::to_string);
        calls.write(format!("{method:?} {error:?}"));
    });
    server.handle(post(r#"{"jsonrpc":"2.0","method":"nothing"}"#)).await;
    server.handle(post("[7]")).await;
    server.handle(post("7 ")).await;
    let lines = journal.read();
    assert_eq!(lines[0], r#"Some("nothing") Some("Method nothing was not found.")"#);
    for line in &lines[1..] {
        assert!(line.starts_with("None Some(\"Invalid Request: "), "{line}");
    }
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn the_finalizer_of_a_request_finds_the_failure_of_its_call_as_the_source() {
    let journal = Journal::default();
    let whole = journal.clone();
    let server = methods(Server::new()).finalize(move |_, report| {
        let source = report.error().and_then(std::error::Error::source);
        let code = source.and_then(|e| e.downcast_ref::<Error>()).map(|error| error.code);
        whole.write(format!("{:?} {:?} {code:?}", report.status().unwrap(), report.kind()));
    });
    answer(&server, request("nothing", "[]", "1")).await;
    assert_eq!(journal.read(), ["200 Some(Unimplemented) Some(-32601)"]);
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_what_is_done_is_answered_and_what_is_not_has_failed() {
    let journal = Journal::default();
    let calls = journal.clone();
    let server = methods(Server::new())
        .timeout(Duration::from_millis(100))
        .batch_concurrency(2)
        .finalize_call(move |_, report| {
            calls.write(format!("{:?} {:?}", report.ended(), report.kind()));
        });
    let batch = [("50", "1"), ("1000", "2"), ("1000", "3"), ("0", "4")]
        .map(|(ms, id)| request("sleep", &format!("[{ms}]"), id))
        .join(",");
    let answers = answer(&server, format!("[{batch}]")).await;
    assert_eq!(answers[0]["result"], 50);
    for late in 1..4 {
        let error = &answers[late]["error"];
        assert_eq!(error["data"]["kind"], "DEADLINE_EXCEEDED", "{late}: {answers}");
        assert_eq!(error["message"], "deadline exceeded");
    }
    assert_eq!(answers[3]["id"], 4);
    assert_eq!(journal.read().len(), 4);

    let one = answer(&server, request("sleep", "[1000]", "9")).await;
    assert_eq!((&one["id"], &one["error"]["code"]), (&9.into(), &(-32603).into()));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_in_time_is_504() {
    struct Never;

    impl http_body::Body for Never {
        type Data = bytes::Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Task<'_>,
        ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }

    let server = methods(Server::new()).timeout(Duration::from_millis(100));
    let response = server.handle(post(Body::new(Never))).await;
    assert_eq!(response.status(), 504);
    assert_eq!(text(response).await, "deadline exceeded");
}

#[tokio::test]
async fn the_calls_of_a_batch_run_side_by_side_and_are_answered_in_order() {
    let barrier = Arc::new(Barrier::new(3));
    let meet = endpoint_fn(move |_: Context, (n,): (u32,)| {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            Ok::<_, Refusal>(n)
        }
    });
    let server = Server::new().method("meet", meet);
    let batch = ["1", "2", "3"].map(|n| request("meet", &format!("[{n}]"), n)).join(",");
    let answers = answer(&server, format!("[{batch}]")).await;
    let ids: Vec<_> = answers.as_array().unwrap().iter().map(|a| a["id"].as_u64()).collect();
    assert_eq!(ids, [Some(1), Some(2), Some(3)]);
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_of_a_batch_run_at_a_time_than_may() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let count = endpoint_fn(move |_: Context, (): ()| {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        async move {
            most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
            sleep(Duration::from_millis(10)).await;
            running.fetch_sub(1, SeqCst);
            Ok::<_, Refusal>(())
        }
    });
    let server = Server::new().method("count", count).batch_concurrency(3);
    let batch = vec![request("count", "null", "1"); 10].join(",");
    let answers = answer(&server, format!("[{batch}]")).await;
    assert_eq!(answers.as_array().unwrap().len(), 10);
    assert_eq!(seen.load(SeqCst), 3);
}

#[tokio::test]
async fn a_batch_is_as_long_as_the_limit_and_no_longer() {
    let server = methods(Server::new()).batch_limit(2);
    let batch = |n| format!("[{}]", vec![request("echo", "[]", "1"); n].join(","));
    assert_eq!(answer(&server, batch(2)).await.as_array().unwrap().len(), 2);
    let refused = answer(&server, batch(3)).await;
    assert_eq!(refused["error"]["code"], -32600);
    assert_eq!(refused["error"]["message"], "Invalid Request: the batch is longer than 2");
}

#[tokio::test]
async fn a_caught_panic_is_the_failure_of_its_call_alone() {
    let journal = Journal::default();
    let calls = journal.clone();
    let server = methods(Server::new()).catch_panics().finalize_call(move |_, report| {
        calls.write(format!("{:?} {:?}", report.ended(), report.kind()));
    });
    let batch = format!("[{},{}]", request("panic", "null", "1"), request("echo", "[1]", "2"));
    let answers = answer(&server, batch).await;
    assert_eq!(answers[0]["error"]["code"], -32603);
    assert_eq!(answers[0]["error"]["message"], "internal error");
    assert_eq!(answers[1]["result"][0], 1);
    assert_eq!(journal.read(), ["Panicked Some(Internal)", "Answered None"]);
}

#[tokio::test]
async fn a_panic_that_is_not_caught_goes_on_and_finalizers_are_told_first() {
    let journal = Journal::default();
    let (calls, whole) = (journal.clone(), journal.clone());
    let server = methods(Server::new())
        .finalize_call(move |_, report| calls.write(format!("call {:?}", report.ended())))
        .finalize_call(|_, report| {
            // A second panic, while the first unwinds, must not abort the process.
            assert_ne!(report.ended(), Ended::Disconnected, "on purpose");
        })
        .finalize(move |_, report| whole.write(format!("request {:?}", report.ended())));
    let batch = format!("[{},{}]", request("sleep", "[60000]", "1"), request("panic", "null", "2"));
    let task = tokio::spawn(async move { server.handle(post(batch)).await });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(journal.read(), ["call Panicked", "call Disconnected", "request Panicked"]);
}

#[tokio::test]
async fn a_call_finalizer_that_panics_ends_alone() {
    let journal = Journal::default();
    let calls = journal.clone();
    let server = methods(Server::new())
        .finalize_call(|_, _| std::panic::resume_unwind(Box::new("on purpose")))
        .finalize_call(move |_, report| calls.write(format!("{:?}", report.ended())));
    let batch = format!("[{},{}]", request("echo", "[1]", "1"), request("echo", "[2]", "2"));
    let answers = answer(&server, batch).await;
    assert_eq!((&answers[0]["result"][0], &answers[1]["result"][0]), (&1.into(), &2.into()));
    assert_eq!(journal.read(), ["Answered", "Answered"]);
}

#[tokio::test]
async fn dropping_a_request_drops_its_calls_and_finalizers_are_told() {
    let journal = Journal::default();
    let calls = journal.clone();
    let server = methods(Server::new()).finalize_call(move |_, report| {
        assert_eq!(report.ended(), Ended::Disconnected);
        calls.write(report.call().map_or("none", Call::method));
    });
    let batch = vec![request("sleep", "[60000]", "1"); 2].join(",");
    let mut request = Box::pin(server.handle(post(format!("[{batch}]"))));
    assert!(poll_once(request.as_mut()).await.is_none());
    drop(request);
    assert_eq!(journal.read(), ["sleep", "sleep"]);
}

/// Polls once.
async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|task| match future.as_mut().poll(task) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
