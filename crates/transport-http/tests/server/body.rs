//! The body: what it knows of itself, how it is read, and that limits hold.

use std::{convert::Infallible, io, pin::Pin};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{Full, StreamBody};
use oxkit_core::{Refusal, endpoint_fn};
use oxkit_transport_http::{Body, JsonCodec, Rejection, Router, Server};
use proptest::prelude::*;
use static_assertions::assert_impl_all;

use crate::support::{Wire, start};

assert_impl_all!(Body: Send, Unpin);

/// A stream of what it is given.
struct Items<T>(std::vec::IntoIter<T>);

impl<T: Unpin> futures_core::Stream for Items<T> {
    type Item = T;

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<T>> {
        std::task::Poll::Ready(self.0.next())
    }
}

fn chunks(chunks: &[&[u8]]) -> Body {
    let chunks: Vec<_> =
        chunks.iter().map(|chunk| Ok::<_, Infallible>(Bytes::copy_from_slice(chunk))).collect();
    Body::from_stream(Items(chunks.into_iter()))
}

#[test]
fn a_whole_body_knows_its_length() {
    for (body, length) in [
        (Body::empty(), 0),
        (Body::from(""), 0),
        (Body::from("four"), 4),
        (Body::from(String::from("four")), 4),
        (Body::from(vec![0; 4]), 4),
        (Body::new(Full::new(Bytes::from_static(b"four"))), 4),
        (Body::new(Body::from("four")), 4),
    ] {
        assert_eq!(body.size_hint().exact(), Some(length));
        assert_eq!(body.is_end_stream(), length == 0);
    }
    assert_eq!(chunks(&[b"four"]).size_hint().exact(), None);
}

#[tokio::test]
async fn what_came_in_one_piece_is_not_copied() {
    let bytes = Bytes::from(vec![7; 100]);
    let at = bytes.as_ptr();
    let stream = Items(vec![Ok::<_, Infallible>(bytes.clone())].into_iter());
    for body in
        [Body::from(bytes.clone()), Body::new(Full::new(bytes.clone())), Body::from_stream(stream)]
    {
        assert_eq!(body.collect(100).await.unwrap().as_ptr(), at);
    }
}

#[tokio::test]
async fn trailers_are_tolerated() {
    let frames = vec![
        Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"he"))),
        Ok(Frame::data(Bytes::from_static(b"llo"))),
        Ok(Frame::trailers(HeaderMap::new())),
    ];
    let body = Body::new(StreamBody::new(Items(frames.into_iter())));
    assert_eq!(body.collect(10).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_stream_that_fails_says_why_and_is_left_alone_afterwards() {
    let items = vec![
        Ok(Bytes::from_static(b"he")),
        Err(io::Error::other("torn")),
        Ok(Bytes::from_static(b"never")),
    ];
    let error = Body::from_stream(Items(items.into_iter())).collect(99).await.unwrap_err();
    assert!(!error.is_too_large());
    assert_eq!(std::error::Error::source(&error).map(ToString::to_string).as_deref(), Some("torn"));
}

#[tokio::test]
async fn a_body_announced_too_long_is_refused_before_it_is_read() {
    let body = Body::new(Announced(11));
    assert!(body.collect(10).await.unwrap_err().is_too_large());
}

/// Says that it is long, and never comes.
struct Announced(u64);

impl http_body::Body for Announced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::Poll::Pending
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0)
    }
}

fn collect(body: Body, limit: u64) -> Result<Bytes, bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(body.collect(limit)).map_err(|error| error.is_too_large())
}

proptest! {
    #[test]
    fn a_body_is_read_whole_or_is_too_large(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..8),
        limit in 0_u64..100,
        inner in 0_u64..100,
    ) {
        let whole = parts.concat();
        let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let body = chunks(&slices).with_limit(inner);
        let expected = if whole.len() as u64 > limit.min(inner) {
            Err(true)
        } else {
            Ok(Bytes::from(whole))
        };
        prop_assert_eq!(collect(body, limit), expected);
    }
}

/// Reads the body piece by piece, as a decoder of uploads does.
async fn count(request: Request<Body>) -> Result<u64, Rejection> {
    let mut body = request.into_body();
    let mut sum = 0;
    while let Some(frame) = std::future::poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await
    {
        sum += frame?.data_ref().map_or(0, Bytes::len) as u64;
    }
    Ok(sum)
}

#[tokio::test]
async fn the_servers_limit_holds_for_a_decoder_that_streams() {
    let endpoint = endpoint_fn(async |_cx, n: u64| Ok::<_, Refusal>(n));
    let server = Server::new(endpoint, count, JsonCodec);
    let router = Router::new()
        .post("/small", server.clone().body_limit(10))
        .post("/any", server.body_limit(u64::MAX));
    let address = start(router).await;
    assert_eq!(Wire::connect(address).await.post("/small", "0123456789").await.body, "10\n");
    assert_eq!(Wire::connect(address).await.post("/small", "0123456789a").await.status, 413);
    let mut wire = Wire::connect(address).await;
    assert_eq!(wire.post("/any", vec![b'x'; 5 << 20]).await.body, "5242880\n");
}

#[tokio::test]
async fn bodies_stream_in_both_directions_at_once() {
    let echo = async |request: Request<Body>| Response::new(request.into_body());
    let mut wire = Wire::connect(start(Router::new().post("/", echo)).await).await;
    wire.send("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        .await;
    assert_eq!(wire.head_answer().await.status, 200);
    assert_eq!(wire.chunk().await, "hello");
    wire.send("5\r\nworld\r\n").await;
    assert_eq!(wire.chunk().await, "world");
    wire.send("0\r\n\r\n").await;
    assert_eq!(wire.chunk().await, "");
}
