//! A sink that can be exchanged while the program runs.

use std::{
    fmt, io,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{Discard, Level, Record, Sink};

/// A [`Sink`] that can be exchanged while the program runs.
///
/// A clone is the same sink. Events that are being written when it is exchanged go to the old one;
/// events that begin after [`swap`](Self::swap) returned go to the new one, on every thread.
///
/// ```
/// use oxkit_log::{Lines, Logger, Swap, SyncWriter, info};
///
/// let swap = Swap::default();
/// let logger = Logger::new(swap.clone());
/// info!(logger, "discarded");
///
/// let output = SyncWriter::new(Vec::new());
/// swap.swap(Lines::logfmt(output.clone()));
/// info!(logger, "written");
/// assert_eq!(output.lock().as_slice(), b"level=info msg=written\n");
/// ```
#[derive(Clone)]
pub struct Swap(Arc<RwLock<Arc<dyn Sink>>>);

impl Swap {
    /// Sends events to `sink` until another takes its place.
    #[must_use]
    pub fn new(sink: impl Sink + 'static) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(sink))))
    }

    /// Sends events to `sink` from now on.
    ///
    /// The old one is dropped once the last event that goes to it is written.
    ///
    /// ```
    /// use oxkit_log::{Lines, Logger, Swap, SyncWriter, info};
    ///
    /// let (first, second) = (SyncWriter::new(Vec::new()), SyncWriter::new(Vec::new()));
    /// let swap = Swap::new(Lines::logfmt(first.clone()));
    /// let logger = Logger::new(swap.clone());
    ///
    /// info!(logger, "before");
    /// swap.swap(Lines::json(second.clone()));
    /// info!(logger, "after");
    /// assert_eq!(first.lock().as_slice(), b"level=info msg=before\n");
    /// assert_eq!(second.lock().as_slice(), b"{\"level\":\"info\",\"msg\":\"after\"}\n");
    /// ```
    pub fn swap(&self, sink: impl Sink + 'static) {
        let sink: Arc<dyn Sink> = Arc::new(sink);
        let old = {
            let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, sink)
        };
        // Not under the lock: its end may take as long as a flush, or log.
        drop(old);
    }

    fn current(&self) -> Arc<dyn Sink> {
        // Taken out, because a value that logs while it is being logged would come back to the lock.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Default for Swap {
    /// Discards events until a sink is swapped in.
    fn default() -> Self {
        Self::new(Discard)
    }
}

impl Sink for Swap {
    fn enabled(&self, level: Option<Level>) -> bool {
        self.current().enabled(level)
    }

    fn log(&self, record: &Record<'_>) -> io::Result<()> {
        self.current().log(record)
    }

    fn flush(&self) -> io::Result<()> {
        self.current().flush()
    }
}

impl fmt::Debug for Swap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Swap").finish_non_exhaustive()
    }
}
