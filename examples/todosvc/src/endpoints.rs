//! Each method of the service as a typed endpoint, and what its errors mean to a caller.
//!
//! Both styles of error are here. What the *caller* did wrong travels in the response
//! (`Result<Todo, TodoError>`): to a breaker or a retry that call has succeeded. What *we* could
//! not do is the endpoint's own error, on which they act.

use std::sync::Arc;

use oxkit_core::{
    BoxEndpoint, Endpoint, ErrorKind, Failure, Idempotency, Operation, Reason, Refusal,
    endpoint_fn_with,
};

use crate::{
    service::{Todo, TodoError, TodoService},
    store::StoreError,
};

/// A request to add a todo.
#[derive(Debug)]
pub struct Add {
    /// What is to be done.
    pub title: String,
}

/// A request to list todos.
#[derive(Debug, Default, Clone, Copy)]
pub struct List {
    /// Only those that are done, or not done.
    pub done: Option<bool>,
}

/// A request that concerns one todo.
#[derive(Debug, Clone, Copy)]
pub struct ById {
    /// Which one.
    pub id: u64,
}

/// The names of the methods, for logs and metrics.
pub mod operation {
    use super::{Idempotency, Operation};

    const fn todosvc(method: &'static str, idempotency: Idempotency) -> Operation {
        Operation::new("todosvc", method).with_idempotency(idempotency)
    }

    /// Adding a todo.
    pub const ADD: Operation = todosvc("Add", Idempotency::Unknown);
    /// Listing todos.
    pub const LIST: Operation = todosvc("List", Idempotency::NoSideEffects);
    /// Finding one todo.
    pub const GET: Operation = todosvc("Get", Idempotency::NoSideEffects);
    /// Marking a todo as done.
    pub const COMPLETE: Operation = todosvc("Complete", Idempotency::Unknown);
    /// Forgetting a todo.
    pub const REMOVE: Operation = todosvc("Remove", Idempotency::Unknown);
}

/// What the service answered: the value, or what the caller did wrong.
pub type Answer<T> = Result<T, TodoError>;

/// A method of the service with its layers around it.
pub type Method<Request, Response> = BoxEndpoint<Request, Answer<Response>, ServiceError>;

/// The endpoints of the service, as transports take them.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "named after the methods of the service")]
pub struct Endpoints {
    pub add: Method<Add, Todo>,
    pub list: Method<List, Vec<Todo>>,
    pub get: Method<ById, Todo>,
    pub complete: Method<ById, Todo>,
    pub remove: Method<ById, ()>,
}

/// `service.add` as an endpoint.
pub fn add<S: TodoService>(
    service: Arc<S>,
) -> impl Endpoint<Request = Add, Response = Answer<Todo>, Error = ServiceError> {
    endpoint_fn_with(service, async |service: &Arc<S>, _cx, request: Add| {
        answer(service.add(request.title).await)
    })
}

/// `service.list` as an endpoint.
pub fn list<S: TodoService>(
    service: Arc<S>,
) -> impl Endpoint<Request = List, Response = Answer<Vec<Todo>>, Error = ServiceError> {
    endpoint_fn_with(service, async |service: &Arc<S>, _cx, request: List| {
        answer(service.list(request.done).await)
    })
}

/// `service.get` as an endpoint.
pub fn get<S: TodoService>(
    service: Arc<S>,
) -> impl Endpoint<Request = ById, Response = Answer<Todo>, Error = ServiceError> {
    endpoint_fn_with(service, async |service: &Arc<S>, _cx, request: ById| {
        answer(service.get(request.id).await)
    })
}

/// `service.complete` as an endpoint.
pub fn complete<S: TodoService>(
    service: Arc<S>,
) -> impl Endpoint<Request = ById, Response = Answer<Todo>, Error = ServiceError> {
    endpoint_fn_with(service, async |service: &Arc<S>, _cx, request: ById| {
        answer(service.complete(request.id).await)
    })
}

/// `service.remove` as an endpoint.
pub fn remove<S: TodoService>(
    service: Arc<S>,
) -> impl Endpoint<Request = ById, Response = Answer<()>, Error = ServiceError> {
    endpoint_fn_with(service, async |service: &Arc<S>, _cx, request: ById| {
        answer(service.remove(request.id).await)
    })
}

/// Decides which style an error of the service takes.
fn answer<T>(result: Result<T, TodoError>) -> Result<Answer<T>, ServiceError> {
    match result {
        Err(TodoError::Store(error)) => Err(ServiceError::Store(error)),
        other => Ok(other),
    }
}

/// Why an endpoint has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The store failed.
    #[error("todos cannot be reached just now")]
    Store(#[source] StoreError),
    /// A layer did not let the call through.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Failure for ServiceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(_) => ErrorKind::Unavailable,
            Self::Refused(refusal) => refusal.kind(),
        }
    }

    fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::Store(_) => None,
            Self::Refused(refusal) => refusal.retry_after(),
        }
    }

    fn refused_for(&self) -> Option<Reason> {
        match self {
            Self::Store(_) => None,
            Self::Refused(refusal) => refusal.refused_for(),
        }
    }
}

impl Failure for TodoError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::EmptyTitle | Self::LongTitle(_) => ErrorKind::InvalidArgument,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::AlreadyDone(_) => ErrorKind::FailedPrecondition,
            Self::Store(_) => ErrorKind::Unavailable,
        }
    }
}
