//! Todos kept for as long as the process lives.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Store, StoreError};
use crate::service::Todo;

/// Keeps todos in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last_id: u64,
    todos: BTreeMap<u64, Todo>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // No change below can stop half way, so a panic elsewhere leaves the table good.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    async fn insert(&self, title: String) -> Result<Todo, StoreError> {
        let mut table = self.table();
        table.last_id += 1;
        let todo = Todo { id: table.last_id, title, done: false };
        table.todos.insert(todo.id, todo.clone());
        Ok(todo)
    }

    async fn find(&self, id: u64) -> Result<Option<Todo>, StoreError> {
        Ok(self.table().todos.get(&id).cloned())
    }

    async fn select(&self, done: Option<bool>) -> Result<Vec<Todo>, StoreError> {
        let wanted = |todo: &&Todo| done.is_none_or(|done| todo.done == done);
        Ok(self.table().todos.values().filter(wanted).cloned().collect())
    }

    async fn mark_done(&self, id: u64) -> Result<bool, StoreError> {
        let mut table = self.table();
        let Some(todo) = table.todos.get_mut(&id).filter(|todo| !todo.done) else {
            return Ok(false);
        };
        todo.done = true;
        Ok(true)
    }

    async fn delete(&self, id: u64) -> Result<bool, StoreError> {
        Ok(self.table().todos.remove(&id).is_some())
    }
}
