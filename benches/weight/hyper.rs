//! Hello in JSON on hyper alone.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode, body::Incoming, header::CONTENT_TYPE,
    server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Hello {
    name: String,
}

#[derive(Serialize)]
struct Greeting {
    greeting: String,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let service = service_fn(greet);
            if let Err(error) =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
            {
                eprintln!("{error}");
            }
        });
    }
}

async fn greet(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() != Method::POST || request.uri().path() != "/hello" {
        return Ok(refusal(StatusCode::NOT_FOUND, "no such path"));
    }
    let Ok(body) = request.into_body().collect().await else {
        return Ok(refusal(StatusCode::BAD_REQUEST, "the body ended too early"));
    };
    let hello: Hello = match serde_json::from_slice(&body.to_bytes()) {
        Ok(hello) => hello,
        Err(error) => return Ok(refusal(StatusCode::BAD_REQUEST, &error.to_string())),
    };
    let greeting = Greeting { greeting: format!("Hello, {}", hello.name) };
    match serde_json::to_vec(&greeting) {
        Ok(json) => {
            let mut response = Response::new(Full::from(json));
            let json = hyper::header::HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            Ok(response)
        }
        Err(error) => Ok(refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())),
    }
}

fn refusal(status: StatusCode, why: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(why.to_owned()));
    *response.status_mut() = status;
    response
}
