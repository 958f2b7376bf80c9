//! Routes: what matches, what conflicts, and what the router answers itself.

use std::panic::catch_unwind;

use http::{Method, Request, Response};
use oxkit_core::{Refusal, endpoint_fn};
use oxkit_transport_http::{
    Body, JsonCodec, PathParams, Problem, Rejection, Router, Server, path_param, tower_handler,
};

use crate::support::{Wire, start, text};

/// A handler that answers with its name and the path parameters.
fn named(name: &'static str) -> impl oxkit_transport_http::Handler {
    move |request: Request<Body>| async move {
        let params = request.extensions().get::<PathParams>();
        let params: Vec<String> = params
            .iter()
            .flat_map(|params| params.iter())
            .map(|(name, value)| format!(" {name}={value}"))
            .collect();
        Response::new(Body::from(format!("{name}{}", params.concat())))
    }
}

async fn asked(router: &Router, method: &str, path: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).body(Body::empty());
    let response = router.handle(request.unwrap()).await;
    (response.status().as_u16(), text(response).await)
}

#[tokio::test]
async fn a_path_finds_its_handler_and_its_parameters() {
    let router = Router::new()
        .get("/todos", named("list"))
        .post("/todos", named("add"))
        .get("/todos/{id}", named("show"))
        .get("/todos/latest", named("latest"))
        .any("/files/{*path}", named("files"))
        .delete("/files/{*path}", named("remove"));
    for (method, path, status, says) in [
        ("GET", "/todos", 200, "list"),
        ("POST", "/todos", 200, "add"),
        ("GET", "/todos?page=2", 200, "list"),
        ("GET", "/todos/7", 200, "show id=7"),
        ("GET", "/todos/latest", 200, "latest"),
        ("GET", "/todos/a%20b%2Fc", 200, "show id=a b/c"),
        ("GET", "/todos/", 404, "there is nothing at this path"),
        ("GET", "/", 404, "there is nothing at this path"),
        ("PUT", "/files/a/b", 200, "files path=a/b"),
        ("DELETE", "/files/a", 200, "remove path=a"),
        ("PATCH", "/todos", 405, "PATCH is not allowed here, only GET, HEAD, POST"),
        ("GET", "/todos/%ff", 400, "the path parameter `id` is not valid UTF-8"),
    ] {
        let answer = asked(&router, method, path).await;
        assert_eq!(answer, (status, says.to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn a_path_parameter_is_parsed_or_refused() {
    let decode = async |request: Request<Body>| {
        Ok::<(u64, String), Rejection>((path_param(&request, "id")?, path_param(&request, "name")?))
    };
    let endpoint = endpoint_fn(async |_cx, pair: (u64, String)| Ok::<_, Refusal>(pair));
    let router = Router::new().get("/{id}/{name}", Server::new(endpoint, decode, JsonCodec));
    assert_eq!(asked(&router, "GET", "/7/ann").await, (200, "[7,\"ann\"]\n".to_owned()));
    let (status, says) = asked(&router, "GET", "/seven/ann").await;
    assert_eq!(
        (status, &*says),
        (400, "the path parameter `id` is wrong: invalid digit found in string")
    );
}

#[tokio::test]
async fn a_parameter_the_route_does_not_have_is_a_fault_of_the_program() {
    let decode = async |request: Request<Body>| path_param::<u64>(&request, "nmae");
    let endpoint = endpoint_fn(async |_cx, id: u64| Ok::<_, Refusal>(id));
    let router = Router::new().get("/{name}", Server::new(endpoint, decode, JsonCodec));
    assert_eq!(asked(&router, "GET", "/7").await, (500, "internal error".to_owned()));
}

#[tokio::test]
async fn its_own_failures_go_through_its_error_encoder() {
    let router = Router::new().get("/", named("root")).errors(Problem);
    for (method, path, status, kind) in
        [("GET", "/nowhere", 404, "NOT_FOUND"), ("POST", "/", 405, "UNIMPLEMENTED")]
    {
        let (answered, body) = asked(&router, method, path).await;
        assert_eq!(answered, status);
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["kind"], kind);
    }
}

#[tokio::test]
async fn a_fallback_takes_what_no_route_matches_and_no_more() {
    let router = Router::new().get("/", named("root")).fallback(named("fallback"));
    assert_eq!(asked(&router, "GET", "/").await.1, "root");
    assert_eq!(asked(&router, "POST", "/nowhere").await.1, "fallback");
    assert_eq!(asked(&router, "POST", "/").await.0, 405);
}

#[tokio::test]
async fn head_is_answered_by_get_with_the_length_and_without_the_body() {
    let router = Router::new().get("/", named("root")).post("/post", named("post"));
    let mut wire = Wire::connect(start(router).await).await;
    wire.send("HEAD / HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let answer = wire.head_answer().await;
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("4")));
    wire.send("HEAD /post HTTP/1.1\r\nhost: test\r\n\r\n").await;
    assert_eq!(wire.head_answer().await.status, 405);
    assert_eq!(wire.get("/").await.body, "root");
}

#[tokio::test]
async fn a_router_in_a_router_and_a_tower_service_are_handlers() {
    let inner = Router::new().get("/inner/a", named("a"));
    let service = tower::service_fn(async |request: Request<Body>| {
        if request.uri().path() == "/tower/fails" {
            return Err("secret");
        }
        Ok(Response::new(Body::from("tower")))
    });
    let router =
        Router::new().any("/inner/{*rest}", inner).any("/tower/{*rest}", tower_handler(service));
    assert_eq!(asked(&router, "GET", "/inner/a").await, (200, "a rest=a".to_owned()));
    assert_eq!(asked(&router, "GET", "/inner/b").await.0, 404);
    assert_eq!(asked(&router, "GET", "/tower/x").await, (200, "tower".to_owned()));
    assert_eq!(asked(&router, "GET", "/tower/fails").await, (500, "internal error".to_owned()));
}

#[test]
fn routes_in_each_others_way_are_an_error_that_names_them() {
    let router = || Router::new().get("/todos/{id}", named("show"));
    for (path, conflict, says) in [
        ("/todos/{id}", true, "route `/todos/{id}`: GET has a handler already"),
        ("/todos/{name}", true, "/todos/{id}"),
        ("/todos/{", false, "route `/todos/{`"),
        ("/{*rest}/more", false, "route `/{*rest}/more`"),
        ("todos", false, "route `todos`: a path begins with `/`"),
        ("", false, "route ``: a path begins with `/`"),
        ("/{id}/of/{id}", false, "route `/{id}/of/{id}`: two parameters are called `id`"),
    ] {
        let error = router().try_route(Method::GET, path, named("x")).unwrap_err();
        assert_eq!(error.is_conflict(), conflict, "{path}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let panic = catch_unwind(|| router().get("/todos/{id}", named("x"))).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("GET has a handler already"), "{text}");
}

#[tokio::test]
async fn a_clone_that_gets_more_routes_leaves_the_first_as_it_was() {
    let first = Router::new().get("/a", named("a"));
    let second = first.clone().get("/b", named("b"));
    assert_eq!(asked(&first, "GET", "/b").await.0, 404);
    assert_eq!(asked(&second, "GET", "/b").await.0, 200);
}
