//! What hooks see and may do.

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Reason, Refusal, endpoint_fn};
use oxkit_transport_grpc::{Ended, GrpcError, Method, client::Client};
use tokio::sync::mpsc;

use crate::support::{call_unary, served, unary};

struct Tenant(String);

async fn tenant(cx: Context, _: String) -> Result<String, Refusal> {
    Ok(cx.get::<Tenant>().map_or_else(String::new, |tenant| tenant.0.clone()))
}

fn authenticated(method: Method) -> Method {
    method.before(|cx, metadata| {
        let tenant = metadata.get("tenant").ok_or(Refusal::new(Reason::Unauthenticated))?;
        let mark = metadata.get_bin("mark-bin").unwrap_or_default();
        let tenant = Tenant(format!("{tenant} {mark:?}"));
        cx.insert(tenant);
        Ok(())
    })
}

#[tokio::test]
async fn metadata_goes_in_and_out() {
    let method = authenticated(unary(endpoint_fn(tenant))).after(|cx, header, trailer| {
        assert!(cx.get::<Tenant>().is_some());
        header.append("served-by", "a").unwrap();
        header.append("served-by", "b").unwrap();
        trailer.append_bin("cost-bin", [0, 255]).unwrap();
    });
    let (tell, mut told) = mpsc::unbounded_channel();
    let call = Client::unary(
        served("Tenant", method).await,
        "pb.Test",
        "Tenant",
        Ok::<String, GrpcError>,
        Ok::<String, GrpcError>,
    )
    .before(|_, metadata| {
        metadata.insert("Tenant", "acme").unwrap();
        metadata.insert_bin("mark-bin", [1, 2]).unwrap();
        Ok(())
    })
    .after(move |_, header, trailer| {
        let by: Vec<_> = header.get_all("served-by").map(str::to_owned).collect();
        let _ = tell.send((by, trailer.get_bin("cost-bin")));
    });
    assert_eq!(call.call(Context::new(), String::new()).await.unwrap(), "acme [1, 2]");
    let expected = (vec!["a".to_owned(), "b".to_owned()], Some(vec![0, 255]));
    assert_eq!(told.recv().await, Some(expected));
}

#[tokio::test]
async fn a_before_hook_refuses_on_either_side() {
    let channel = served("Tenant", authenticated(unary(endpoint_fn(tenant)))).await;
    let call = call_unary(channel.clone(), "Tenant");
    let error = call.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::Unauthenticated, true));

    let call = Client::unary(
        channel,
        "pb.Test",
        "Tenant",
        Ok::<String, GrpcError>,
        Ok::<String, GrpcError>,
    )
    .before(|_, _| Err(Refusal::new(Reason::PermissionDenied)));
    let error = call.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::PermissionDenied, false));
}

#[tokio::test]
async fn the_finalizer_is_told_once_of_every_end() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let endpoint = endpoint_fn(async |_cx, s: String| match s.as_str() {
        "fail" => Err(Refusal::of_kind(ErrorKind::NotFound, "not here")),
        "panic" => panic!("on purpose"),
        _ => Ok(s),
    });
    let method = unary(endpoint).finalize(move |cx, report| {
        let error = report.error().map(ToString::to_string);
        assert_eq!(cx.operation(), report.operation());
        let _ = tell.send((report.ended(), report.kind(), error, report.bytes()));
    });
    let call = call_unary(served("S", method).await, "S");
    call.call(Context::new(), "fine".into()).await.unwrap();
    // A prefix of five bytes, a tag, a length and the text.
    assert_eq!(told.recv().await, Some((Ended::Answered, None, None, 11)));
    call.call(Context::new(), "fail".into()).await.unwrap_err();
    let error = Some("not here".to_owned());
    assert_eq!(told.recv().await, Some((Ended::Answered, Some(ErrorKind::NotFound), error, 0)));
    call.call(Context::new(), "panic".into()).await.unwrap_err();
    assert_eq!(told.recv().await, Some((Ended::Panicked, Some(ErrorKind::Internal), None, 0)));
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn the_clients_finalizer_hears_of_a_panic_of_its_own_codec() {
    let echo = unary(endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s)));
    let (tell, mut told) = mpsc::unbounded_channel();
    let client = Client::unary(
        served("Echo", echo).await,
        "pb.Test",
        "Echo",
        Ok::<String, Refusal>,
        |_: String| -> Result<(), Refusal> { std::panic::resume_unwind(Box::new("on purpose")) },
    )
    .finalize(move |_, report| {
        let _ = tell.send((report.ended(), report.kind()));
    });
    let call = tokio::spawn(async move { client.call(Context::new(), "x".to_owned()).await });
    assert!(call.await.unwrap_err().is_panic());
    let panicked = oxkit_transport_grpc::client::Ended::Panicked;
    assert_eq!(told.recv().await, Some((panicked, Some(ErrorKind::Internal))));
    assert_eq!(told.recv().await, None);
}
