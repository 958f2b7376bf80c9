//! `GET /metrics`: what Prometheus scrapes.

use std::future::ready;

use http::{
    HeaderValue, Request, Response,
    header::{ACCEPT, CONTENT_TYPE},
};
use oxkit_metrics::Prometheus;
use oxkit_transport_http::{Body, Handler};

/// Answers a scrape. Just before, `refresh` brings those metrics up to date that are read rather
/// than written.
pub(crate) fn exposition(
    prometheus: Prometheus,
    refresh: impl Fn() + Send + Sync + 'static,
) -> impl Handler {
    move |request: Request<Body>| {
        refresh();
        let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
        let (content_type, body) = prometheus.encode(accept);
        let mut response = Response::new(Body::from(body));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        ready(response)
    }
}
