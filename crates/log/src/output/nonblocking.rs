//! An output that never waits for its writer.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, OnceLock, atomic::Ordering::Relaxed},
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{
    Output,
    queue::{Batch, Done, Queue},
};

/// An [`Output`] that never waits for its writer: lines go into a bounded queue, and a thread of
/// its own writes them.
///
/// When the queue is full the newest line is dropped and counted, see [`dropped`](Self::dropped);
/// once there is room again, a line in the log's own format says how many were
/// (`level=warn msg="log lines dropped" dropped=7`). Callers wait for one another only for as long
/// as it takes to copy a line.
///
/// A line after a pause is written at once. Where they come in a stream the thread rests for five
/// milliseconds after each batch, unless the queue is half full or somebody waits for it to be empty:
/// to wake it for every line would cost the program more than all else about the line.
///
/// The thread ends when the [`NonBlockingGuard`] is dropped, after it wrote what was queued. Keep
/// the guard in `main`.
///
/// ```
/// use oxkit_log::{Lines, Logger, NonBlocking, info};
///
/// # let stdout = std::io::sink();
/// let (output, guard) = NonBlocking::spawn(stdout)?;
/// let logger = Logger::new(Lines::json(output));
/// info!(logger, "started");
/// assert!(guard.shutdown(), "everything was written");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct NonBlocking(Arc<Shared>);

struct Shared {
    queue: Queue,
    terminal: bool,
    loss_line: OnceLock<fn(u64, &mut Vec<u8>)>,
}

/// Settings of a [`NonBlocking`] output.
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`lines`](Self::lines) | 8192 | a second of a busy service |
/// | [`bytes`](Self::bytes) | 4 MiB | some hundred bytes a line |
/// | [`terminal`](Self::terminal) | `false` | a writer cannot be asked |
/// | [`drain_limit`](Self::drain_limit) | 5 s | a writer that hangs must not keep a process from ending |
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it spawns"]
pub struct NonBlockingBuilder {
    lines: usize,
    bytes: usize,
    terminal: bool,
    drain_limit: Duration,
}

impl NonBlockingBuilder {
    /// How many lines may be queued, at least one. Up to a sixty-fourth of them may be written and
    /// count as queued for a moment longer.
    pub fn lines(mut self, lines: usize) -> Self {
        self.lines = lines.max(1);
        self
    }

    /// How many bytes of lines may be queued. A line longer than this is always dropped.
    ///
    /// The queue is two buffers that change places, so after a jam it may hold twice as much memory.
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Whether the writer is a terminal, where colors can be seen.
    pub const fn terminal(mut self, terminal: bool) -> Self {
        self.terminal = terminal;
        self
    }

    /// How long the end of the guard waits for what is queued to be written.
    pub const fn drain_limit(mut self, limit: Duration) -> Self {
        self.drain_limit = limit;
        self
    }

    /// Starts the thread that writes to `writer`.
    ///
    /// Each line is given to the writer in one call; the writer is flushed whenever the queue is
    /// empty, so a [`BufWriter`](io::BufWriter) saves system calls and delays nothing.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn spawn(
        self,
        writer: impl Write + Send + 'static,
    ) -> io::Result<(NonBlocking, NonBlockingGuard)> {
        let shared = Arc::new(Shared {
            queue: Queue::new(self.lines, self.bytes),
            terminal: self.terminal,
            loss_line: OnceLock::new(),
        });
        let theirs = shared.clone();
        let thread = thread::Builder::new()
            .name("oxkit-log".into())
            .spawn(move || write_all(writer, &theirs))?;
        let guard = NonBlockingGuard {
            shared: shared.clone(),
            thread: Some(thread),
            drain_limit: self.drain_limit,
        };
        Ok((NonBlocking(shared), guard))
    }
}

impl NonBlocking {
    /// Starts a thread that writes to `writer`, with the default settings.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn spawn(writer: impl Write + Send + 'static) -> io::Result<(Self, NonBlockingGuard)> {
        Self::builder().spawn(writer)
    }

    /// The default settings, to change.
    pub const fn builder() -> NonBlockingBuilder {
        NonBlockingBuilder {
            lines: 8192,
            bytes: 4 << 20,
            terminal: false,
            drain_limit: Duration::from_secs(5),
        }
    }

    /// How many lines were dropped so far, because the queue was full or its thread had ended.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.queue.lost()
    }

    /// How many lines the writer refused so far with an error.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.0.queue.failed.load(Relaxed)
    }
}

impl Output for NonBlocking {
    fn write(&self, line: &[u8]) -> io::Result<()> {
        self.0.queue.push(line);
        Ok(())
    }

    /// Waits, for at most five seconds, until everything queued before was given to the writer.
    fn flush(&self) -> io::Result<()> {
        if self.0.queue.wait_drained(Duration::from_secs(5)) {
            Ok(())
        } else {
            Err(io::ErrorKind::TimedOut.into())
        }
    }

    fn is_terminal(&self) -> bool {
        self.0.terminal
    }

    fn describe_loss(&self, line: fn(lost: u64, out: &mut Vec<u8>)) {
        // The first format stays, should an output be given to two sinks.
        let _ = self.0.loss_line.set(line);
    }
}

/// What the thread does.
fn write_all(mut writer: impl Write, shared: &Shared) {
    /// Tells those who wait, also when the writer panics.
    struct End<'a>(&'a Queue);

    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.end();
        }
    }

    let queue = &shared.queue;
    let end = End(queue);
    let count = |result: io::Result<()>| {
        if result.is_err() {
            queue.failed.fetch_add(1, Relaxed);
        }
    };
    let mut batch = Batch::default();
    while queue.take(&mut batch) {
        let mut done = Done::default();
        for line in batch.lines() {
            count(writer.write_all(line));
            queue.done_with(line.len(), &mut done);
        }
        if batch.lost > 0
            && let Some(describe) = shared.loss_line.get()
        {
            let mut line = Vec::new();
            describe(batch.lost, &mut line);
            count(writer.write_all(&line));
        }
        count(writer.flush());
    }
    drop(end);
}

/// Owns the thread of a [`NonBlocking`] output: dropping it ends the thread.
///
/// The end waits until what is queued was written, up to the
/// [drain limit](NonBlockingBuilder::drain_limit); lines that are logged afterwards count as
/// dropped.
#[must_use = "dropping the guard ends the output"]
pub struct NonBlockingGuard {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    drain_limit: Duration,
}

impl NonBlockingGuard {
    /// Waits until everything queued so far was given to the writer, but no longer than `limit`.
    /// Whether it was.
    #[must_use = "what was not written in time may yet be lost"]
    pub fn flush(&self, limit: Duration) -> bool {
        self.shared.queue.wait_drained(limit)
    }

    /// Writes what is queued and ends the thread. Whether that was done within the drain limit;
    /// if not, the thread is left behind with the writer it hangs in.
    #[must_use = "what was not written in time may yet be lost; to ignore that, drop the guard"]
    pub fn shutdown(mut self) -> bool {
        self.end()
    }

    fn end(&mut self) -> bool {
        let Some(thread) = self.thread.take() else {
            return true;
        };
        self.shared.queue.close();
        // A thread that has told of its end is joined at once.
        self.shared.queue.wait_ended(self.drain_limit) && thread.join().is_ok()
    }
}

impl Drop for NonBlockingGuard {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for NonBlocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonBlocking")
            .field("dropped", &self.dropped())
            .field("failed", &self.failed())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NonBlockingGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonBlockingGuard")
            .field("drain_limit", &self.drain_limit)
            .finish_non_exhaustive()
    }
}
