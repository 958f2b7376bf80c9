//! Mounted in axum, and decoding by its extractors.

use ::axum::{
    Json,
    extract::{ConnectInfo, Form, Multipart, Path, Query},
    response::Html,
    routing::{any_service, get, post},
};
use http::{Request, StatusCode, header::CONTENT_TYPE};
use oxkit_core::{Context, Peer, Refusal, endpoint_fn};
use oxkit_transport_http::{
    Body, JsonCodec, Problem, Rejection, Router, Server, decode_nothing, serve,
    with_axum::{ResponseCodec, extract, extract_async},
};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

use crate::support::{Wire, start};

#[derive(Debug, Deserialize, Serialize)]
struct Rename {
    id: u64,
    name: String,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

fn app() -> ::axum::Router {
    let echo = endpoint_fn(async |_cx, rename: Rename| Ok::<_, Refusal>(rename));
    let named = |id: u64, Name { name }: Name| Rename { id, name };
    ::axum::Router::new()
        .route(
            "/json/{id}",
            post(
                Server::new(
                    echo,
                    extract(move |Path(id): Path<u64>, Json(name): Json<Name>| named(id, name)),
                    JsonCodec,
                )
                .body_limit(64)
                .errors(Problem),
            ),
        )
        .route(
            "/query/{id}",
            get(Server::new(
                echo,
                extract(move |Path(id): Path<u64>, Query(name): Query<Name>| named(id, name)),
                JsonCodec,
            )),
        )
        .route(
            "/form",
            post(Server::new(echo, extract(|Form(rename): Form<Rename>| rename), JsonCodec)),
        )
}

async fn asked(request: Request<::axum::body::Body>) -> (u16, String) {
    let response = app().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = ::axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

fn sent(method: &str, path: &str, kind: &str, body: &str) -> Request<::axum::body::Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, kind)
        .body(::axum::body::Body::from(body.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn extractors_decode_path_query_form_and_json() {
    let expected = (200, "{\"id\":7,\"name\":\"ann\"}\n".to_owned());
    for request in [
        sent("POST", "/json/7", "application/json", r#"{"name":"ann"}"#),
        sent("GET", "/query/7?name=ann", "text/plain", ""),
        sent("POST", "/form", "application/x-www-form-urlencoded", "id=7&name=ann"),
    ] {
        let uri = request.uri().clone();
        assert_eq!(asked(request).await, expected, "{uri}");
    }
}

#[tokio::test]
async fn what_an_extractor_refuses_keeps_its_status_and_text_in_our_form() {
    for (request, status, says) in [
        (sent("POST", "/json/x", "application/json", "{}"), 400, "Cannot parse `x` to a `u64`"),
        (sent("POST", "/json/7", "text/plain", "{}"), 415, "application/json"),
        (sent("POST", "/json/7", "application/json", "{"), 400, "EOF while parsing"),
        (sent("POST", "/json/7", "application/json", "{}"), 422, "missing field"),
        (
            sent("POST", "/json/7", "application/json", &"x".repeat(65)),
            413,
            "length limit exceeded",
        ),
    ] {
        let (answered, body) = asked(request).await;
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((answered, &problem["status"]), (status, &status.into()), "{body}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{body}");
    }
}

#[tokio::test]
async fn the_servers_body_limit_takes_the_place_of_axums() {
    let endpoint = endpoint_fn(async |_cx, text: String| Ok::<_, Refusal>(text.len()));
    let server = Server::new(endpoint, extract(|text: String| text), JsonCodec);
    let big = || Request::post("/").body(Body::from("x".repeat(3 << 20))).unwrap();
    assert_eq!(server.handle(big()).await.status(), 413);
    assert_eq!(server.body_limit(4 << 20).handle(big()).await.status(), 200);
}

#[tokio::test]
async fn multipart_is_read_as_a_stream() {
    let endpoint = endpoint_fn(async |_cx, mut form: Multipart| {
        let mut found = Vec::new();
        while let Ok(Some(field)) = form.next_field().await {
            let name = field.name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.unwrap_or_default();
            found.push((name, bytes.len()));
        }
        Ok::<_, Refusal>(found)
    });
    let server = Server::new(endpoint, extract(|form: Multipart| form), JsonCodec);
    let body = "--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nhello\r\n\
                --x\r\ncontent-disposition: form-data; name=\"b\"\r\n\r\n\r\n--x--\r\n";
    let request = Request::post("/")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::from(body))
        .unwrap();
    let response = server.handle(request).await;
    assert_eq!(crate::support::text(response).await, "[[\"a\",5],[\"b\",0]]\n");
}

#[tokio::test]
async fn what_axum_can_answer_is_an_encoder() {
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(Html("<p>hello</p>")));
    let server = Server::new(endpoint, decode_nothing, ResponseCodec);
    let response = server.handle(crate::support::post("")).await;
    assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(crate::support::text(response).await, "<p>hello</p>");
}

#[tokio::test]
async fn servers_and_routers_mount_as_handlers_services_and_fallbacks() {
    let server = || Server::json(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n + 1)));
    let app = ::axum::Router::new()
        .route("/handler", post(server()))
        .route_service("/service", server())
        .route("/any", any_service(server()))
        .with_state(())
        .fallback_service(Router::new().post("/fallback", server()));
    let mut wire = Wire::connect(start(serve::from_tower(app)).await).await;
    for path in ["/handler", "/service", "/any", "/fallback"] {
        assert_eq!(wire.post(path, "41").await.body, "42\n", "{path}");
    }
    assert_eq!(wire.post("/nowhere", "41").await.status, 404);
}

#[tokio::test]
async fn the_peer_axum_saw_is_in_the_context() {
    let endpoint = endpoint_fn(async |cx: Context, (): ()| {
        Ok::<_, Refusal>(cx.get::<Peer>().map(|peer| peer.0.port()))
    });
    let server = Server::new(endpoint, decode_nothing, JsonCodec);
    let address: std::net::SocketAddr = ([127, 0, 0, 1], 4711).into();
    let request = Request::get("/").extension(ConnectInfo(address)).body(Body::empty());
    let response = server.handle(request.unwrap()).await;
    assert_eq!(crate::support::text(response).await, "4711\n");
}

#[tokio::test]
async fn a_decoder_may_use_an_extractor_by_hand() {
    use ::axum::extract::FromRequest;
    let decode = async |request: Request<Body>| {
        let request = request.map(::axum::body::Body::from);
        String::from_request(request, &())
            .await
            .map_err(|refused| Rejection::new(refused.status(), refused.body_text()))
    };
    let endpoint = endpoint_fn(async |_cx, text: String| Ok::<_, Refusal>(text.len()));
    let server = Server::new(endpoint, decode, JsonCodec);
    let response = server.handle(crate::support::post("four")).await;
    assert_eq!(crate::support::text(response).await, "4\n");
}

#[tokio::test]
async fn the_servers_body_limit_is_413_to_an_extractor_used_by_hand() {
    use ::axum::{extract::FromRequest, response::IntoResponse};
    let decode = async |request: Request<Body>| {
        let request = request.map(::axum::body::Body::from);
        String::from_request(request, &())
            .await
            .map_err(|refused| Rejection::new(refused.into_response().status(), "refused"))
    };
    let endpoint = endpoint_fn(async |_cx, text: String| Ok::<_, Refusal>(text.len()));
    let server = Server::new(endpoint, decode, JsonCodec).body_limit(9);
    assert_eq!(server.handle(crate::support::post("x".repeat(9))).await.status(), 200);
    assert_eq!(server.handle(crate::support::post("x".repeat(10))).await.status(), 413);
}

#[tokio::test]
async fn an_async_function_reads_a_form_part_by_part_or_refuses_it() {
    fn refused(error: &::axum::extract::multipart::MultipartError) -> Rejection {
        Rejection::new(error.status(), error.body_text())
    }
    let decode = extract_async(async |Path(id): Path<u64>, mut form: Multipart| {
        let mut parts = 0;
        while let Some(field) = form.next_field().await.map_err(|error| refused(&error))? {
            parts += field.bytes().await.map_err(|error| refused(&error))?.len();
        }
        if parts == 0 {
            return Err(Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, "nothing in it"));
        }
        Ok((id, parts))
    });
    let endpoint = endpoint_fn(async |_cx, upload: (u64, usize)| Ok::<_, Refusal>(upload));
    let server = Server::new(endpoint, decode, JsonCodec).body_limit(200);
    let app = ::axum::Router::new().route("/{id}", post(server));
    let mut wire = Wire::connect(start(serve::from_tower(app)).await).await;
    let big = "x".repeat(200);
    for (path, part, status, says) in [
        ("/7", "hello", 200, "[7,5]\n"),
        ("/7", "", 422, "nothing in it"),
        ("/x", "hello", 400, "Cannot parse"),
        ("/7", &big, 413, "too large"),
    ] {
        let body =
            format!("--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n{part}\r\n--x--\r\n");
        let length = body.len();
        wire.send(format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\
             content-type: multipart/form-data; boundary=x\r\n\r\n{body}"
        ))
        .await;
        let answer = wire.answer().await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.body.contains(says), "{answer:?}");
    }
}
