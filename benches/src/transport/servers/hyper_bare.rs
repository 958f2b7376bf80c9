//! hyper and a service by hand: what an HTTP server in Rust costs at least.

use std::{convert::Infallible, io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::transport::wire::uppercase;

/// With `timer`, a limit on the time for reading a head, as in hyper's own example.
pub(super) async fn serve(listener: TcpListener, timer: bool) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut builder = http1::Builder::new();
            if timer {
                builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(30));
            }
            let connection = builder.serve_connection(TokioIo::new(stream), service_fn(answer));
            // How a connection ended is for the load to say.
            let _ = connection.await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() != "/uppercase" {
        return Ok(status(StatusCode::NOT_FOUND));
    }
    if request.method() != Method::POST {
        return Ok(status(StatusCode::METHOD_NOT_ALLOWED));
    }
    let Ok(body) = request.into_body().collect().await else {
        return Ok(status(StatusCode::BAD_REQUEST));
    };
    let Ok(request) = serde_json::from_slice(&body.to_bytes()) else {
        return Ok(status(StatusCode::BAD_REQUEST));
    };
    let Ok(body) = serde_json::to_vec(&uppercase(&request)) else {
        return Ok(status(StatusCode::INTERNAL_SERVER_ERROR));
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
