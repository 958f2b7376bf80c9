//! A middleware of the *service*: it knows the domain, so it can say what was added and not only
//! that something was called.

use oxkit_log::{Logger, Value, info, warn};

use crate::service::{Todo, TodoError, TodoService};

/// A service that logs what becomes of todos.
#[derive(Debug, Clone)]
pub struct Logged<S> {
    logger: Logger,
    inner: S,
}

impl<S> Logged<S> {
    /// Logs to `logger` what `inner` does.
    pub const fn new(logger: Logger, inner: S) -> Self {
        Self { logger, inner }
    }

    fn refused<T>(&self, what: &str, result: Result<T, TodoError>) -> Result<T, TodoError> {
        if let Err(error @ TodoError::Store(_)) = &result {
            warn!(self.logger, "the store failed", what, err = Value::error(error));
        }
        result
    }
}

impl<S: TodoService> TodoService for Logged<S> {
    async fn add(&self, title: String) -> Result<Todo, TodoError> {
        let todo = self.refused("add", self.inner.add(title).await)?;
        info!(self.logger, "todo added", id = todo.id, title = todo.title);
        Ok(todo)
    }

    async fn list(&self, done: Option<bool>) -> Result<Vec<Todo>, TodoError> {
        self.refused("list", self.inner.list(done).await)
    }

    async fn get(&self, id: u64) -> Result<Todo, TodoError> {
        self.refused("get", self.inner.get(id).await)
    }

    async fn complete(&self, id: u64) -> Result<Todo, TodoError> {
        let todo = self.refused("complete", self.inner.complete(id).await)?;
        info!(self.logger, "todo done", id);
        Ok(todo)
    }

    async fn remove(&self, id: u64) -> Result<(), TodoError> {
        self.refused("remove", self.inner.remove(id).await)?;
        info!(self.logger, "todo removed", id);
        Ok(())
    }
}
