//! What is too large is not sent or not taken, and what cannot be encoded is not sent neither.

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{GrpcError, Incoming, Method, Outgoing, client::Client};

use crate::support::{served, unary};

fn same(text: String) -> Result<String, Refusal> {
    Ok(text)
}

fn too_large(error: &GrpcError, is_status: bool) {
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::ResourceExhausted, is_status));
    assert!(error.to_string().contains("not sent: the limit is 100"), "{error}");
}

#[tokio::test]
async fn a_message_over_the_senders_own_limit_is_not_sent() {
    let echo = || unary(endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s)));
    let limited = Client::unary(served("Echo", echo()).await, "pb.Test", "Echo", same, same);
    let limited = limited.send_limit(100);
    too_large(&limited.call(Context::new(), "x".repeat(99)).await.unwrap_err(), false);
    assert_eq!(limited.call(Context::new(), "x".into()).await.unwrap(), "x");

    let channel = served("Echo", echo().send_limit(100)).await;
    let free = Client::unary(channel, "pb.Test", "Echo", same, same);
    too_large(&free.call(Context::new(), "x".repeat(99)).await.unwrap_err(), true);
    assert_eq!(free.call(Context::new(), "x".into()).await.unwrap(), "x");
}

fn echo() -> Method {
    let echo = endpoint_fn(async |_cx, texts: Incoming<String>| Ok::<_, Refusal>(texts));
    Method::bidirectional(echo, same, same)
}

fn two() -> Outgoing<String> {
    Outgoing::of(["x".to_owned(), "x".repeat(99)])
}

/// The last thing that comes of a stream.
async fn last(answers: Result<Incoming<String>, GrpcError>) -> GrpcError {
    match answers {
        Ok(mut texts) => loop {
            match texts.next().await {
                Ok(text) => assert_eq!(text.as_deref(), Some("x"), "it does not end well"),
                Err(error) => break error,
            }
        },
        Err(error) => error,
    }
}

#[tokio::test]
async fn nor_one_of_a_stream() {
    let client = Client::bidirectional(served("Echo", echo()).await, "pb.Test", "Echo", same, same);
    let error = last(client.send_limit(100).call(Context::new(), two()).await).await;
    too_large(&error, false);

    let channel = served("Echo", echo().send_limit(100)).await;
    let client = Client::bidirectional(channel, "pb.Test", "Echo", same, same);
    too_large(&last(client.call(Context::new(), two()).await).await, true);
}

/// A message was over the limit of the one who should have taken it.
fn not_taken(error: &GrpcError, side: &str, is_status: bool) {
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::ResourceExhausted, is_status));
    let text = format!(
        "a message is 101 bytes long, and the {side}'s limit is 100 bytes: `message_limit` raises it"
    );
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn both_sides_say_the_same_of_a_message_over_the_limit_for_what_they_take() {
    let long = || "x".repeat(99);
    let one = || unary(endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s)));
    let call = |channel| Client::unary(channel, "pb.Test", "Echo", same, same);
    let server = call(served("Echo", one().message_limit(100)).await);
    not_taken(&server.call(Context::new(), long()).await.unwrap_err(), "server", true);
    let client = call(served("Echo", one()).await).message_limit(100);
    not_taken(&client.call(Context::new(), long()).await.unwrap_err(), "client", false);

    let call = |channel| Client::bidirectional(channel, "pb.Test", "Echo", same, same);
    let server = call(served("Echo", echo().message_limit(100)).await);
    not_taken(&last(server.call(Context::new(), two()).await).await, "server", true);
    let client = call(served("Echo", echo()).await).message_limit(100);
    not_taken(&last(client.call(Context::new(), two()).await).await, "client", false);
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn nobody_knows_how_large_a_message_is_whose_decompression_was_given_up() {
    let one = unary(endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s))).compress();
    let client =
        Client::unary(served("Echo", one.message_limit(200)).await, "pb.Test", "Echo", same, same);
    let client = client.compress().message_limit(100);
    for (length, side, is_status) in
        [(300, "server's limit is 200", true), (150, "client's limit is 100", false)]
    {
        let error = client.call(Context::new(), "x".repeat(length)).await.unwrap_err();
        assert_eq!((error.kind(), error.is_status()), (ErrorKind::ResourceExhausted, is_status));
        let text = format!(
            "a message is too large when it is decompressed, and the {side} bytes: `message_limit` raises it"
        );
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn the_caller_of_a_stream_learns_why_a_message_could_not_be_encoded() {
    let short = |text: String| match text.len() {
        1 => Ok(text),
        _ => Err(Refusal::of_kind(ErrorKind::OutOfRange, "too long for it")),
    };
    let check = |error: GrpcError| {
        assert_eq!((error.kind(), error.is_status()), (ErrorKind::OutOfRange, false), "{error:?}");
        assert_eq!(error.to_string(), "too long for it");
    };
    let channel = served("Echo", echo()).await;
    let client = Client::bidirectional(channel, "pb.Test", "Echo", short, same);
    check(last(client.call(Context::new(), two()).await).await);

    let count = endpoint_fn(async |_cx, mut texts: Incoming<String>| {
        while texts.next().await?.is_some() {}
        Ok::<_, GrpcError>(String::new())
    });
    let channel = served("Count", Method::client_streaming(count, same, same)).await;
    let client = Client::client_streaming(channel, "pb.Test", "Count", short, same);
    check(client.call(Context::new(), two()).await.unwrap_err());
}
