//! Nothing that the other side sends does harm.

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, StreamBody};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{Router, Service};
use tonic::body::Body;

use crate::support::{call_unary, channel, serving, unary};

fn router() -> Router {
    let echo = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s));
    Router::new().service(Service::new("pb.Test").method("Echo", unary(echo).message_limit(1_000)))
}

fn request() -> http::request::Builder {
    Request::post("/pb.Test/Echo").version(Version::HTTP_2).header(CONTENT_TYPE, "application/grpc")
}

/// What the router answers to a body: the HTTP status, the gRPC status and its text.
async fn answer(request: Request<Full<Bytes>>) -> (u16, Option<ErrorKind>, String) {
    let router = router();
    let response = hyper::service::Service::call(&router, request).await.expect("always an answer");
    let status = response.status().as_u16();
    let mut headers = response.headers().clone();
    let body = response.into_body().collect().await.expect("a whole body");
    headers.extend(body.trailers().cloned().unwrap_or_default());
    let code = headers.get("grpc-status").and_then(|code| code.to_str().ok()?.parse().ok());
    let text = match headers.get("grpc-message") {
        Some(text) => String::from_utf8_lossy(text.as_bytes()).replace("%20", " "),
        None => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    };
    (status, code.and_then(ErrorKind::from_code), text)
}

#[tokio::test]
async fn what_is_not_grpc_is_told_so_in_http() {
    let html = Request::post("/pb.Test/Echo").header(CONTENT_TYPE, "text/html");
    let (status, _, text) = answer(html.body(Full::default()).unwrap()).await;
    assert_eq!(status, 415);
    assert!(text.contains("application/grpc"));
    let get = Request::get("/pb.Test/Echo").header(CONTENT_TYPE, "application/grpc");
    assert_eq!(answer(get.body(Full::default()).unwrap()).await.0, 405);
    let web = Request::post("/").header(CONTENT_TYPE, "application/grpc-web");
    assert_eq!(answer(web.body(Full::default()).unwrap()).await.0, 415);
}

#[tokio::test]
async fn grpc_needs_http_2() {
    // An empty text, which would be answered.
    for (version, expected) in
        [(Version::HTTP_10, 505), (Version::HTTP_11, 505), (Version::HTTP_2, 200)]
    {
        let call = request().version(version).body(Full::from(&b"\0\0\0\0\0"[..])).unwrap();
        let (status, _, text) = answer(call).await;
        assert_eq!(status, expected, "{version:?}");
        assert_eq!(text.contains("HTTP/2"), status == 505, "{text}");
    }
}

#[tokio::test]
async fn messages_that_are_none_are_answered_with_a_status() {
    for (body, expected) in [
        // Nothing, half a prefix, half a message.
        (&b""[..], ErrorKind::InvalidArgument),
        (b"\0\0", ErrorKind::Internal),
        (b"\0\0\0\0\x05ab", ErrorKind::Internal),
        // A string of 4 bytes of which there are 2; not UTF-8; an unknown flag.
        (b"\0\0\0\0\x04\x0a\x04ab", ErrorKind::Internal),
        (b"\0\0\0\0\x03\x0a\x01\xff", ErrorKind::Internal),
        (b"\x07\0\0\0\0", ErrorKind::Internal),
        // Compressed, without a word how.
        (b"\x01\0\0\0\0", ErrorKind::Internal),
        // Longer than the limit, by its own account.
        (b"\0\xff\xff\xff\xff", ErrorKind::ResourceExhausted),
    ] {
        let (status, kind, text) = answer(request().body(Full::from(body)).unwrap()).await;
        assert_eq!((status, kind), (200, Some(expected)), "{body:?}: {text}");
        assert!(!text.is_empty() && text != ErrorKind::Internal.description(), "{body:?}: {text}");
    }
}

#[tokio::test]
async fn headers_that_are_none_are_answered_with_a_status() {
    let bad = request().header("grpc-timeout", "soon").body(Full::default()).unwrap();
    let (_, kind, text) = answer(bad).await;
    assert_eq!(kind, Some(ErrorKind::InvalidArgument), "{text}");

    let bad = request().header("grpc-encoding", "brotli").body(Full::default()).unwrap();
    let response = hyper::service::Service::call(&router(), bad).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "12");
    assert!(response.headers()["grpc-accept-encoding"].to_str().unwrap().contains("identity"));

    let illegal = HeaderValue::from_bytes(b"\xff\xfe").unwrap();
    let odd = request().header("tenant", illegal).header("x-bin", "%%%");
    let (_, kind, _) = answer(odd.body(Full::from(&b"\0\0\0\0\0"[..])).unwrap()).await;
    assert_eq!(kind, None, "metadata that cannot be read is nobody's business");
}

/// A server that answers every request with the same.
async fn answering(headers: HeaderMap, body: &'static [u8], trailers: HeaderMap) -> SocketAddr {
    let service = hyper::service::service_fn(move |_: Request<hyper::body::Incoming>| {
        let (headers, trailers) = (headers.clone(), trailers.clone());
        async move {
            let frames = [
                Ok::<_, Infallible>(http_body::Frame::data(Bytes::from_static(body))),
                Ok(http_body::Frame::trailers(trailers)),
            ];
            let mut response =
                Response::new(Body::new(StreamBody::new(Frames(frames.into_iter()))));
            *response.headers_mut() = headers;
            if response.headers().contains_key("refuse") {
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            }
            Ok::<_, Infallible>(response)
        }
    });
    serving(service).await
}

struct Frames<I>(I);

impl<I: Iterator + Unpin> futures_core::Stream for Frames<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<I::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

#[tokio::test]
async fn a_client_survives_every_answer() {
    let grpc = ("content-type", "application/grpc");
    for (head, body, tail, expected) in [
        (&[("content-type", "text/html")][..], &b"<html>"[..], &[][..], ErrorKind::Unknown),
        (&[grpc, ("refuse", "yes")], b"", &[], ErrorKind::Unavailable),
        (&[grpc], b"", &[], ErrorKind::Unknown),
        (&[grpc], b"", &[("grpc-status", "0")], ErrorKind::Internal),
        (&[grpc], b"\0\0\0\0\x02\x0a", &[("grpc-status", "0")], ErrorKind::Internal),
        (&[grpc], b"\0\xff\xff\xff\xff", &[("grpc-status", "0")], ErrorKind::ResourceExhausted),
        (&[grpc], b"", &[("grpc-status", "99")], ErrorKind::Unknown),
        (&[grpc], b"", &[("grpc-status", "what")], ErrorKind::Unknown),
        // tonic itself panics on these.
        (
            &[grpc],
            b"",
            &[("grpc-status", "5"), ("grpc-status-details-bin", "*")],
            ErrorKind::NotFound,
        ),
        (
            &[grpc, ("grpc-status", "5"), ("grpc-status-details-bin", "*")],
            b"",
            &[],
            ErrorKind::NotFound,
        ),
        (&[grpc, ("grpc-encoding", "brotli")], b"", &[], ErrorKind::Unimplemented),
        (&[grpc], b"", &[("grpc-status", "5"), ("grpc-message", "%FF%zz%")], ErrorKind::NotFound),
    ] {
        let address = answering(headers(head), body, headers(tail)).await;
        let call = call_unary(channel(address), "Echo");
        let error = call.call(Context::new(), String::new()).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{head:?} {body:?} {tail:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_message_larger_than_the_limit_is_refused_by_name() {
    let call = call_unary(channel(serving(router()).await), "Echo");
    let error = call.call(Context::new(), "x".repeat(1_001)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert!(error.to_string().contains("1000"), "{error}");
    assert_eq!(call.call(Context::new(), "x".into()).await.unwrap(), "x");
}
