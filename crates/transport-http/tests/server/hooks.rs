//! Hooks: their order, what they may do, and what the server puts into the context.

use http::{HeaderValue, Request, Response, StatusCode};
use oxkit_core::{Context, Operation, Peer, Refusal, RequestId, endpoint_fn};
use oxkit_transport_http::{
    Body, JsonCodec, REQUEST_ID_HEADER, Rejection, RequestHead, Server, decode_nothing,
    with_context,
};

use crate::support::{Journal, post, text};

#[tokio::test]
async fn hooks_accumulate_and_run_in_the_order_they_were_added() {
    let journal = Journal::default();
    let note = |line: &'static str| {
        let journal = journal.clone();
        move || journal.write(line)
    };
    let (decoded, called, encoded) = (note("decode"), note("endpoint"), note("encode"));
    let (b1, b2) = (note("before 1"), note("before 2"));
    let (a1, a2) = (note("after 1"), note("after 2"));
    let (f1, f2) = (note("finalize 1"), note("finalize 2"));
    let endpoint = endpoint_fn(move |_cx, (): ()| {
        called();
        async { Ok::<_, Refusal>(()) }
    });
    let decode = move |_: Request<Body>| {
        decoded();
        async { Ok::<_, Rejection>(()) }
    };
    let encode = move |(): ()| {
        encoded();
        async { Ok::<_, Rejection>(Response::<Body>::default()) }
    };
    let server = Server::new(endpoint, decode, encode)
        .finalize(move |_, _| f1())
        .after(move |_, _| a1())
        .before(move |_, _| {
            b1();
            Ok(())
        })
        .after(move |_, _| a2())
        .before(move |_, _| {
            b2();
            Ok(())
        })
        .finalize(move |_, _| f2());

    assert_eq!(server.handle(post("")).await.status(), 200);
    assert_eq!(
        journal.read(),
        [
            "before 1",
            "before 2",
            "decode",
            "endpoint",
            "encode",
            "after 1",
            "after 2",
            "finalize 1",
            "finalize 2"
        ]
    );
}

#[tokio::test]
async fn a_before_hook_refuses_with_a_status_and_nothing_else_runs() {
    let journal = Journal::default();
    let (hook, after) = (journal.clone(), journal.clone());
    let endpoint = endpoint_fn(async |_cx, (): ()| -> Result<(), Refusal> {
        panic!("the endpoint was called")
    });
    let server = Server::new(endpoint, decode_nothing, JsonCodec)
        .before(|_, _| {
            Err(Rejection::new(StatusCode::IM_A_TEAPOT, "short and stout")
                .with_header(http::header::ALLOW, HeaderValue::from_static("BREW")))
        })
        .before(move |_, _| {
            hook.write("second hook");
            Ok(())
        })
        .after(move |_, _| after.write("after"));
    let response = server.handle(post("")).await;
    assert_eq!(response.status(), 418);
    assert_eq!(response.headers()["allow"], "BREW");
    assert_eq!(text(response).await, "short and stout");
    assert!(journal.read().is_empty());
}

#[derive(Clone, Copy)]
struct Tenant(u8);

#[tokio::test]
async fn what_a_before_hook_puts_into_the_context_is_seen_to_the_end() {
    let journal = Journal::default();
    let (after, end) = (journal.clone(), journal.clone());
    let tenant = |cx: &Context| cx.get::<Tenant>().map_or(0, |tenant| tenant.0);
    let endpoint =
        endpoint_fn(
            move |cx: Context, sent: u8| async move { Ok::<_, Refusal>((sent, tenant(&cx))) },
        );
    let decode = with_context(move |cx: Context, _: Request<Body>| async move {
        Ok::<_, Rejection>(tenant(&cx))
    });
    let encode = with_context(move |cx: Context, (sent, called): (u8, u8)| async move {
        let text = format!("{sent} {called} {}", tenant(&cx));
        Ok::<_, Rejection>(Response::new(Body::from(text)))
    });
    let server = Server::new(endpoint, decode, encode)
        .before(|cx, head| {
            head.headers.insert("x-seen", HeaderValue::from_static("1"));
            cx.insert(Tenant(6));
            Ok(())
        })
        .before(|cx, head| {
            assert_eq!(head.headers["x-seen"], "1");
            let seen = cx.get::<Tenant>().map_or(0, |tenant| tenant.0);
            cx.insert(Tenant(seen + 1));
            Ok(())
        })
        .after(move |cx, _| after.write(format!("after {}", tenant(cx))))
        .finalize(move |cx, _| end.write(format!("finalize {}", tenant(cx))));
    let response = server.handle(post("")).await;
    assert_eq!(text(response).await, "7 7 7");
    assert_eq!(journal.read(), ["after 7", "finalize 7"]);
}

#[tokio::test]
async fn an_after_hook_changes_the_head_of_an_answer_and_is_spared_a_failure() {
    let endpoint = endpoint_fn(async |_cx, n: u32| {
        if n == 0 {
            return Err(Refusal::of_kind(oxkit_core::ErrorKind::NotFound, "none"));
        }
        Ok(n)
    });
    let server = Server::json(endpoint).after(|_, head| {
        head.status = StatusCode::ACCEPTED;
        head.headers.insert("x-after", HeaderValue::from_static("1"));
    });
    let good = server.handle(post("1")).await;
    assert_eq!(
        (good.status().as_u16(), &good.headers()["x-after"]),
        (202, &HeaderValue::from_static("1"))
    );
    let bad = server.handle(post("0")).await;
    assert_eq!((bad.status().as_u16(), bad.headers().get("x-after")), (404, None));
}

#[tokio::test]
async fn a_request_id_is_kept_or_made_and_always_sent_back() {
    let endpoint = endpoint_fn(async |cx: Context, fail: bool| {
        if fail {
            return Err(Refusal::of_kind(oxkit_core::ErrorKind::Internal, "broken"));
        }
        Ok(cx.get::<RequestId>().map(ToString::to_string))
    });
    let server = Server::json(endpoint).request_id();
    let with = |id: &'static str, body: &'static str| {
        Request::post("/").header(REQUEST_ID_HEADER, id).body(Body::from(body)).unwrap()
    };

    let kept = server.handle(with("abc-1", "false")).await;
    assert_eq!(kept.headers()[REQUEST_ID_HEADER], "abc-1");
    assert_eq!(text(kept).await, "\"abc-1\"\n");

    let failed = server.handle(with("abc-2", "true")).await;
    assert_eq!(
        (failed.status().as_u16(), &failed.headers()[REQUEST_ID_HEADER]),
        (500, &HeaderValue::from_static("abc-2"))
    );

    let replaced = server.handle(with("two words", "false")).await;
    let told = replaced.headers()[REQUEST_ID_HEADER].to_str().unwrap().to_owned();
    assert_eq!(told.len(), 32);
    assert_eq!(text(replaced).await, format!("\"{told}\"\n"));
}

#[tokio::test]
async fn the_context_knows_operation_arrival_peer_and_head() {
    const COUNT: Operation = Operation::new("stringsvc", "Count");
    let endpoint = endpoint_fn(async |cx: Context, (): ()| {
        let head = cx.get::<RequestHead>();
        Ok::<_, Refusal>(format!(
            "{:?} {} {:?} {:?}",
            cx.operation().map(ToString::to_string),
            cx.arrival().is_some(),
            cx.get::<Peer>().map(|peer| peer.0.port()),
            head.map(|head| (head.uri.path(), head.header("user-agent"), head.header("none"))),
        ))
    });
    let server = Server::new(endpoint, decode_nothing, JsonCodec).operation(COUNT).keep_head();
    let request = Request::post("/count")
        .header("user-agent", "test")
        .extension(Peer(([127, 0, 0, 1], 4711).into()))
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        text(server.handle(request).await).await,
        "\"Some(\\\"stringsvc/Count\\\") true Some(4711) Some((\\\"/count\\\", Some(\\\"test\\\"), None))\"\n"
    );
}

#[tokio::test]
async fn a_clone_configured_further_leaves_the_first_as_it_was() {
    let first = Server::json(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n)));
    let second = first.clone().body_limit(1);
    assert_eq!(first.handle(post("42")).await.status(), 200);
    assert_eq!(second.handle(post("42")).await.status(), 413);
}
