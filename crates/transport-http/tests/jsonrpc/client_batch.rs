//! Batches from the client's side.

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_http::{
    ClientError, Pool, Rejection,
    jsonrpc::{Batch, BatchAnswers, BatchClient, Error, Server},
};

use crate::{
    TestResult,
    raw::{answering, uri},
    support::{Journal, start},
};

async fn server(server: Server) -> BatchClient {
    let sum = endpoint_fn(async |_: Context, n: Vec<i64>| Ok::<_, Refusal>(n.iter().sum::<i64>()));
    let uri = uri(start(server.method("sum", sum)).await);
    BatchClient::new(&Pool::new(), uri)
}

#[tokio::test]
async fn each_call_finds_its_own_answer_of_its_own_type() -> TestResult {
    let client = server(Server::new()).await;
    let mut batch = Batch::new();
    let three = batch.call::<i64>("sum", &[1, 2])?;
    batch.notify("sum", &[100])?;
    let nobody = batch.call::<()>("nobody", &())?;
    let wrong_params = batch.call::<i64>("sum", &["x"])?;
    let wrong_type = batch.call::<String>("sum", &[1])?;
    let seven = batch.call::<u8>("sum", &[3, 4])?;
    assert_eq!(batch.len(), 6);

    let mut answers = client.call(Context::new(), batch).await?;
    assert_eq!(answers.take(seven)?, 7);
    assert_eq!(answers.take(three)?, 3);
    assert_eq!(answers.take(nobody).unwrap_err().kind(), ErrorKind::Unimplemented);
    let error = answers.take(wrong_params).unwrap_err();
    assert_eq!(Error::received(&error).map(|error| error.code), Some(-32602));
    assert!(answers.take(wrong_type).unwrap_err().is_malformed());
    Ok(())
}

#[tokio::test]
async fn hooks_see_the_request_of_a_batch_and_finalizers_its_end() -> TestResult {
    let journal = Journal::default();
    let (before, end) = (journal.clone(), journal.clone());
    let client = server(Server::new().before(|_, head| match head.headers.get("authorization") {
        Some(_) => Ok(()),
        None => Err(Rejection::new(http::StatusCode::UNAUTHORIZED, "who are you?")),
    }))
    .await
    .finalize(move |_, report| end.write(format!("{:?} {:?}", report.ended(), report.kind())));
    let batch = || {
        let mut batch = Batch::new();
        batch.notify("sum", &[1]).map(|()| batch)
    };
    let error = client.call(Context::new(), batch()?).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let known = client.clone().before(move |_, head| {
        before.write(head.method.as_str());
        head.headers.insert("authorization", http::HeaderValue::from_static("me"));
        Ok(())
    });
    known.call(Context::new(), batch()?).await?;
    assert_eq!(journal.read(), ["Failed Some(Unauthenticated)", "POST", "Answered None"]);
    Ok(())
}

#[tokio::test]
async fn a_batch_of_notifications_is_answered_with_nothing() -> TestResult {
    let client = server(Server::new()).await;
    let mut batch = Batch::new();
    batch.notify("sum", &[1])?;
    client.call(Context::new(), batch).await?;
    Ok(())
}

#[tokio::test]
async fn a_batch_the_server_does_not_take_fails_as_a_whole() -> TestResult {
    let client = server(Server::new().batch_limit(1)).await;
    let mut batch = Batch::new();
    let _one = batch.call::<i64>("sum", &[1])?;
    let _two = batch.call::<i64>("sum", &[2])?;
    let error = client.call(Context::new(), batch).await.unwrap_err();
    assert_eq!(Error::received(&error).map(|error| error.code), Some(-32600));
    assert!(error.to_string().contains("the batch is longer than 1"), "{error}");
    Ok(())
}

#[tokio::test]
async fn nothing_and_single_values_are_refused_before_they_are_sent() {
    let (uri, mut asks) = answering("200 OK", "[]").await;
    let client = BatchClient::new(&Pool::new(), uri);
    let error = client.call(Context::new(), Batch::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = Batch::new().call::<()>("m", &7).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(asks.try_recv().is_err());
}

/// Two calls, answered with `body`.
async fn answered(
    body: &str,
) -> Result<(BatchAnswers, Vec<Result<u32, ClientError>>), ClientError> {
    let (uri, mut asks) = answering("200 OK", body).await;
    let mut batch = Batch::new();
    let places = [batch.call::<u32>("a", &())?, batch.call::<u32>("b", &[1])?];
    let result = BatchClient::new(&Pool::new(), uri).call(Context::new(), batch).await;
    let asked = asks.recv().await.unwrap().body;
    assert_eq!(
        asked,
        concat!(
            r#"[{"jsonrpc":"2.0","method":"a","id":0},"#,
            r#"{"jsonrpc":"2.0","method":"b","params":[1],"id":1}]"#,
        ),
    );
    let mut answers = result?;
    let taken = places.into_iter().map(|place| answers.take(place)).collect();
    Ok((answers, taken))
}

#[tokio::test]
async fn answers_are_matched_by_id_in_any_order_and_one_may_be_missing() -> TestResult {
    let (_, taken) =
        answered(r#"[{"jsonrpc":"2.0","result":20,"id":1},{"jsonrpc":"2.0","result":10,"id":0}]"#)
            .await?;
    assert_eq!(taken.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [10, 20]);

    let (_, taken) = answered(r#"[{"jsonrpc":"2.0","result":20,"id":1}]"#).await?;
    let missing = taken[0].as_ref().unwrap_err();
    assert!(missing.is_malformed() && missing.to_string().contains("not answered"), "{missing}");
    assert_eq!(taken[1].as_ref().ok(), Some(&20));
    Ok(())
}

#[tokio::test]
async fn answers_that_fit_no_call_fail_the_batch() {
    let one = r#"{"jsonrpc":"2.0","result":1,"id":0}"#;
    for (body, says) in [
        (format!("[{one},{one}]"), "two answers to call 0"),
        (format!("[{one},{one},{one}]"), "more answers than calls"),
        (r#"[{"jsonrpc":"2.0","result":1,"id":2}]"#.to_owned(), "an answer to call 2"),
        (one.to_owned(), "the answer is to call 0"),
        (r#"[{"result":1,"id":0}]"#.to_owned(), "not of JSON-RPC 2.0"),
        ("[1]".to_owned(), "expected an object"),
        (String::new(), "could not be decoded"),
        ("7".to_owned(), "expected an array"),
    ] {
        let error = answered(&body).await.unwrap_err();
        assert!(error.is_malformed(), "{body}: {error:?}");
        assert!(error.to_string().contains(says), "{body}: {error}");
    }
}

#[tokio::test]
async fn a_place_of_another_batch_finds_nothing_and_panics_nobody() -> TestResult {
    let mut other = Batch::new();
    let _first = other.call::<u32>("a", &())?;
    let _second = other.call::<u32>("a", &())?;
    let third = other.call::<u32>("a", &())?;
    let (mut answers, _) = answered("[]").await?;
    assert!(answers.take(third).unwrap_err().is_malformed());
    Ok(())
}
