//! The business rules, over both stores.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use todosvc::{
    service::{TITLE_MAX, Todo, TodoError, TodoService, Todos},
    store::{MemoryStore, SqliteStore, Store},
};

fn todo(id: u64, title: &str, done: bool) -> Todo {
    Todo { id, title: title.to_owned(), done }
}

async fn obeys_the_rules(store: impl Store) {
    let todos = Todos::new(store);
    assert_eq!(todos.list(None).await.unwrap(), []);
    assert_eq!(todos.add("  buy milk ".to_owned()).await.unwrap(), todo(1, "buy milk", false));
    assert_eq!(todos.add("sleep".to_owned()).await.unwrap(), todo(2, "sleep", false));

    assert!(matches!(todos.add(" \n".to_owned()).await, Err(TodoError::EmptyTitle)));
    let long = "é".repeat(TITLE_MAX + 1);
    assert!(matches!(todos.add(long).await, Err(TodoError::LongTitle(n)) if n == TITLE_MAX + 1));
    assert!(todos.add("é".repeat(TITLE_MAX)).await.is_ok());

    assert_eq!(todos.complete(1).await.unwrap(), todo(1, "buy milk", true));
    assert!(matches!(todos.complete(1).await, Err(TodoError::AlreadyDone(1))));
    for absent in [0, 9, u64::MAX] {
        assert!(
            matches!(todos.complete(absent).await, Err(TodoError::NotFound(id)) if id == absent)
        );
        assert!(matches!(todos.get(absent).await, Err(TodoError::NotFound(id)) if id == absent));
        assert!(matches!(todos.remove(absent).await, Err(TodoError::NotFound(id)) if id == absent));
    }

    todos.remove(3).await.unwrap();
    assert_eq!(todos.list(Some(true)).await.unwrap(), [todo(1, "buy milk", true)]);
    assert_eq!(todos.list(Some(false)).await.unwrap(), [todo(2, "sleep", false)]);
    assert_eq!(todos.add("rest".to_owned()).await.unwrap().id, 4, "identifiers are not used again");
}

#[tokio::test]
async fn the_rules_hold_in_memory() {
    obeys_the_rules(MemoryStore::new()).await;
}

#[tokio::test]
async fn the_rules_hold_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    obeys_the_rules(SqliteStore::open(&folder.path().join("todos.db")).unwrap()).await;
}

#[tokio::test]
async fn sqlite_keeps_todos_when_the_process_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("todos.db");
    let todos = Todos::new(SqliteStore::open(&path).unwrap());
    let kept = todos.add("keep me".to_owned()).await.unwrap();
    drop(todos);
    let again = Todos::new(SqliteStore::open(&path).unwrap());
    assert_eq!(again.list(None).await.unwrap(), [kept]);
}

#[test]
fn what_is_no_database_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let error = SqliteStore::open(folder.path()).unwrap_err();
    assert_eq!(error.to_string(), "the store failed to open");
    assert!(std::error::Error::source(&error).is_some());
}
