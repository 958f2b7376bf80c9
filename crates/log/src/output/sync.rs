//! One writer for many threads.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Output;

/// Makes an [`Output`] of any writer: a lock is held while a line is written, and each line is
/// given to the writer in one call.
///
/// A clone writes to the same writer. No code of the caller runs while the lock is held: lines are
/// complete before it is taken.
///
/// ```
/// use oxkit_log::{Lines, Logger, SyncWriter, info};
///
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::json(output.clone()));
/// info!(logger, "listening", port = 8080);
/// assert_eq!(output.lock().as_slice(), b"{\"level\":\"info\",\"msg\":\"listening\",\"port\":8080}\n");
/// ```
pub struct SyncWriter<W>(Arc<Shared<W>>);

struct Shared<W> {
    terminal: bool,
    writer: Mutex<W>,
}

impl<W: Write + Send> SyncWriter<W> {
    /// An output that writes to `writer`, which is taken for no terminal.
    #[must_use]
    pub fn new(writer: W) -> Self {
        Self(Arc::new(Shared { terminal: false, writer: Mutex::new(writer) }))
    }

    /// The same for a writer that can tell whether it is a terminal, such as a file.
    #[must_use]
    pub fn with_terminal_check(writer: W) -> Self
    where
        W: IsTerminal,
    {
        Self(Arc::new(Shared { terminal: writer.is_terminal(), writer: Mutex::new(writer) }))
    }
}

impl<W> SyncWriter<W> {
    /// The writer itself; lines wait until the guard is dropped.
    pub fn lock(&self) -> MutexGuard<'_, W> {
        // A writer that panicked is no reason to lose every later line.
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write + Send> Output for SyncWriter<W> {
    fn write(&self, line: &[u8]) -> io::Result<()> {
        self.lock().write_all(line)
    }

    fn flush(&self) -> io::Result<()> {
        self.lock().flush()
    }

    fn is_terminal(&self) -> bool {
        self.0.terminal
    }
}

impl<W> Clone for SyncWriter<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W> fmt::Debug for SyncWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncWriter").field("terminal", &self.0.terminal).finish_non_exhaustive()
    }
}
