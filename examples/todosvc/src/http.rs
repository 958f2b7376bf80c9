//! The endpoints over HTTP: paths, JSON, status codes.
//!
//! | method and path | body | answer |
//! |---|---|---|
//! | `POST /todos` | `{"title": …}` | 201 and the todo |
//! | `GET /todos`, `GET /todos?done=true` | | 200 and a list |
//! | `GET /todos/{id}` | | 200 and the todo |
//! | `POST /todos/{id}/complete` | | 200 and the todo |
//! | `DELETE /todos/{id}` | | 204 |

use std::time::Duration;

use axum::extract::Query;
use http::{HeaderValue, Request, StatusCode, header::LOCATION};
use oxkit_core::{Endpoint, Layer};
use oxkit_endpoint::map_response;
use oxkit_transport_http::{
    Body, ErrorEncoder, JsonResultCodec, Rejection, Reply, Router, Server, decode_json, path_param,
    with_axum::extract,
};
use serde::{Deserialize, Serialize};

use crate::{
    endpoints::{Add, Answer, ById, Endpoints, List, Method, ServiceError, operation},
    service::Todo,
};

/// What is sent to add a todo.
#[derive(Debug, Deserialize)]
struct NewTodo {
    title: String,
}

/// What `GET /todos` takes.
#[derive(Debug, Deserialize)]
struct Filter {
    done: Option<bool>,
}

/// A todo on the wire. The domain's own type has no business knowing its JSON.
#[derive(Debug, Serialize)]
struct TodoJson {
    id: u64,
    title: String,
    done: bool,
}

impl From<Todo> for TodoJson {
    fn from(todo: Todo) -> Self {
        Self { id: todo.id, title: todo.title, done: todo.done }
    }
}

/// The service over HTTP. A request takes no longer than `limit`, and whatever goes wrong is told in
/// the form of `errors`.
pub fn routes(
    endpoints: Endpoints,
    limit: Duration,
    errors: &(impl ErrorEncoder + Clone),
) -> Router {
    let add = encoded(endpoints.add, created);
    let list = encoded(endpoints.list, |todos| {
        Reply::new(todos.into_iter().map(TodoJson::from).collect::<Vec<_>>())
    });
    let get = encoded(endpoints.get, |todo| Reply::new(TodoJson::from(todo)));
    let complete = encoded(endpoints.complete, |todo| Reply::new(TodoJson::from(todo)));
    let remove = encoded(endpoints.remove, |()| Reply::new(()).with_status(StatusCode::NO_CONTENT));
    let by_filter = extract(|Query(filter): Query<Filter>| List { done: filter.done });

    // What all methods have in common is said once.
    macro_rules! server {
        ($endpoint:expr, $decode:expr, $operation:expr) => {
            Server::new($endpoint, $decode, JsonResultCodec)
                .operation($operation)
                .timeout(limit)
                .errors(errors.clone())
                .request_id()
        };
    }
    Router::new()
        .errors(errors.clone())
        .post("/todos", server!(add, new_todo, operation::ADD))
        .get("/todos", server!(list, by_filter, operation::LIST))
        .get("/todos/{id}", server!(get, by_id, operation::GET))
        .post("/todos/{id}/complete", server!(complete, by_id, operation::COMPLETE))
        .delete("/todos/{id}", server!(remove, by_id, operation::REMOVE))
}

fn created(todo: Todo) -> Reply<TodoJson> {
    let place = HeaderValue::try_from(format!("/todos/{}", todo.id));
    Reply::new(TodoJson::from(todo))
        .with_status(StatusCode::CREATED)
        .with_header(LOCATION, place.expect("digits are fine in a header"))
}

async fn new_todo(request: Request<Body>) -> Result<Add, Rejection> {
    let NewTodo { title } = decode_json(request.into_body()).await?;
    Ok(Add { title })
}

async fn by_id(request: Request<Body>) -> Result<ById, Rejection> {
    Ok(ById { id: path_param(&request, "id")? })
}

/// An endpoint that answers in the types of the wire.
fn encoded<Request, Response, Wire, F>(
    method: Method<Request, Response>,
    encode: F,
) -> impl Endpoint<Request = Request, Response = Answer<Wire>, Error = ServiceError>
where
    Request: Send + 'static,
    Response: Send + 'static,
    Wire: Send + 'static,
    F: Fn(Response) -> Wire + Clone + Send + Sync + 'static,
{
    map_response(move |answer: Answer<Response>| answer.map(&encode)).layer(method)
}
