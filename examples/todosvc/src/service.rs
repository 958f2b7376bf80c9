//! The business logic: what a todo is and what can be done with it. Knows no endpoint and no
//! transport.

use std::sync::Arc;

use thiserror::Error;

use crate::store::{Store, StoreError};

/// The longest title, in characters.
pub const TITLE_MAX: usize = 200;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    /// Identifies it for ever.
    pub id: u64,
    /// What is to be done.
    pub title: String,
    /// Whether it has been done.
    pub done: bool,
}

/// Why the service could not do what it was asked.
#[derive(Debug, Error)]
pub enum TodoError {
    /// A title is missing.
    #[error("a todo needs a title")]
    EmptyTitle,
    /// A title is too long to be one.
    #[error("a title has at most {TITLE_MAX} characters, this one has {0}")]
    LongTitle(usize),
    /// No todo has this identifier.
    #[error("there is no todo {0}")]
    NotFound(u64),
    /// It was done before.
    #[error("todo {0} is done already")]
    AlreadyDone(u64),
    /// The store failed, which is nobody's mistake.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// What can be done with todos.
pub trait TodoService: Send + Sync + 'static {
    /// Adds a todo.
    fn add(&self, title: String) -> impl Future<Output = Result<Todo, TodoError>> + Send;

    /// All todos in the order they were added, or only those that are done, or not done.
    fn list(&self, done: Option<bool>)
    -> impl Future<Output = Result<Vec<Todo>, TodoError>> + Send;

    /// One todo.
    fn get(&self, id: u64) -> impl Future<Output = Result<Todo, TodoError>> + Send;

    /// Marks a todo as done.
    fn complete(&self, id: u64) -> impl Future<Output = Result<Todo, TodoError>> + Send;

    /// Forgets a todo.
    fn remove(&self, id: u64) -> impl Future<Output = Result<(), TodoError>> + Send;
}

/// The service itself, over whichever store `main` chose.
#[derive(Debug, Clone)]
pub struct Todos<S> {
    store: Arc<S>,
}

impl<S: Store> Todos<S> {
    /// A service over `store`.
    pub fn new(store: S) -> Self {
        Self { store: Arc::new(store) }
    }
}

impl<S: Store> TodoService for Todos<S> {
    async fn add(&self, title: String) -> Result<Todo, TodoError> {
        let title = title.trim();
        match title.chars().count() {
            0 => Err(TodoError::EmptyTitle),
            length if length > TITLE_MAX => Err(TodoError::LongTitle(length)),
            _ => Ok(self.store.insert(title.to_owned()).await?),
        }
    }

    async fn list(&self, done: Option<bool>) -> Result<Vec<Todo>, TodoError> {
        Ok(self.store.select(done).await?)
    }

    async fn get(&self, id: u64) -> Result<Todo, TodoError> {
        self.store.find(id).await?.ok_or(TodoError::NotFound(id))
    }

    async fn complete(&self, id: u64) -> Result<Todo, TodoError> {
        if self.store.mark_done(id).await? {
            return self.get(id).await;
        }
        // Nothing was marked: find out which of the two reasons it was.
        self.get(id).await.and_then(|todo| Err(TodoError::AlreadyDone(todo.id)))
    }

    async fn remove(&self, id: u64) -> Result<(), TodoError> {
        if self.store.delete(id).await? { Ok(()) } else { Err(TodoError::NotFound(id)) }
    }
}
