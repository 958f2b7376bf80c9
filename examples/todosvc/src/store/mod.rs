//! Where todos are kept, in the terms of the domain.

mod memory;
mod sqlite;

use std::error::Error;

use crate::service::Todo;

pub use memory::MemoryStore;
pub use sqlite::SqliteStore;

/// A store failed. What happened is in the [source](Error::source), for the log.
#[derive(Debug, thiserror::Error)]
#[error("the store failed to {action}")]
pub struct StoreError {
    action: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    fn new(action: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { action, source: source.into() }
    }
}

/// Keeps todos.
pub trait Store: Send + Sync + 'static {
    /// Keeps a new todo and gives it an identifier.
    fn insert(&self, title: String) -> impl Future<Output = Result<Todo, StoreError>> + Send;

    /// The todo with this identifier.
    fn find(&self, id: u64) -> impl Future<Output = Result<Option<Todo>, StoreError>> + Send;

    /// All todos by identifier, or only those that are done, or not done.
    fn select(
        &self,
        done: Option<bool>,
    ) -> impl Future<Output = Result<Vec<Todo>, StoreError>> + Send;

    /// Marks a todo as done. `false` if there is none that was not done.
    fn mark_done(&self, id: u64) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Forgets a todo. `false` if there is none.
    fn delete(&self, id: u64) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
