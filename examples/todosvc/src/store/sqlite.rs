//! Todos kept in a SQLite database.

use std::{path::Path, thread, time::Duration};

use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::{mpsc, oneshot};

use super::{Store, StoreError};
use crate::service::Todo;

/// How long to wait for another program that has the database locked. Callers wait no longer than
/// their deadline says.
const LOCKED: Duration = Duration::from_secs(60);

/// How many calls may wait for the database before further callers are held back.
const QUEUE: usize = 1024;

/// Keeps todos in a SQLite database.
///
/// SQLite blocks and takes one writer at a time, so one thread owns the connection and works
/// through a bounded queue. The thread ends, and the database is closed, when the store is dropped.
#[derive(Debug)]
pub struct SqliteStore {
    // An option only so that `drop` can hang up before it joins.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

impl SqliteStore {
    /// Opens the database at `path`, and makes it if there is none.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or is not a database.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let prepare = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(LOCKED)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS todo (
                     id INTEGER PRIMARY KEY AUTOINCREMENT,
                     title TEXT NOT NULL,
                     done INTEGER NOT NULL DEFAULT 0
                 ) STRICT",
            )?;
            Ok::<_, rusqlite::Error>(connection)
        };
        let mut connection = prepare().map_err(|error| StoreError::new("open", error))?;
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        let thread = thread::Builder::new()
            .name("sqlite".to_owned())
            .spawn(move || {
                while let Some(job) = queue.blocking_recv() {
                    job(&mut connection);
                }
            })
            .map_err(|error| StoreError::new("start its thread", error))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    async fn run<T, F>(&self, action: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // A caller that gave up before its turn is not worked for.
            if !answer.is_closed() {
                let _gave_up_meanwhile = answer.send(work(connection));
            }
        });
        let stopped = || StoreError::new(action, "the database thread has stopped");
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job).await.map_err(|_| stopped())?;
        let result = answered.await.map_err(|_| stopped())?;
        result.map_err(|error| StoreError::new(action, error))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn todo(row: &Row<'_>) -> Result<Todo, rusqlite::Error> {
    // SQLite's integers are signed; these are its own row numbers, which start at one.
    let id: i64 = row.get("id")?;
    Ok(Todo { id: id.unsigned_abs(), title: row.get("title")?, done: row.get("done")? })
}

/// The row number for an identifier. One that SQLite cannot have is one it does not have.
fn row_id(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(-1)
}

impl Store for SqliteStore {
    async fn insert(&self, title: String) -> Result<Todo, StoreError> {
        self.run("insert a todo", move |db| {
            db.prepare_cached("INSERT INTO todo (title) VALUES (?) RETURNING id, title, done")?
                .query_row(params![title], todo)
        })
        .await
    }

    async fn find(&self, id: u64) -> Result<Option<Todo>, StoreError> {
        self.run("find a todo", move |db| {
            db.prepare_cached("SELECT id, title, done FROM todo WHERE id = ?")?
                .query_row(params![row_id(id)], todo)
                .optional()
        })
        .await
    }

    async fn select(&self, done: Option<bool>) -> Result<Vec<Todo>, StoreError> {
        self.run("list todos", move |db| {
            db.prepare_cached(
                "SELECT id, title, done FROM todo WHERE ?1 IS NULL OR done = ?1 ORDER BY id",
            )?
            .query_map(params![done], todo)?
            .collect()
        })
        .await
    }

    async fn mark_done(&self, id: u64) -> Result<bool, StoreError> {
        self.run("complete a todo", move |db| {
            let changed = db
                .prepare_cached("UPDATE todo SET done = 1 WHERE id = ? AND done = 0")?
                .execute(params![row_id(id)])?;
            Ok(changed > 0)
        })
        .await
    }

    async fn delete(&self, id: u64) -> Result<bool, StoreError> {
        self.run("remove a todo", move |db| {
            let changed =
                db.prepare_cached("DELETE FROM todo WHERE id = ?")?.execute(params![row_id(id)])?;
            Ok(changed > 0)
        })
        .await
    }
}
