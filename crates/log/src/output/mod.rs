//! Where lines go.

mod nonblocking;
mod queue;
mod sync;

use std::{
    io::{self, IsTerminal, Write},
    sync::Arc,
};

pub use nonblocking::{NonBlocking, NonBlockingBuilder, NonBlockingGuard};
pub use sync::SyncWriter;

/// Where lines go: something that takes whole lines from many threads at once.
///
/// The standard error and the standard output are outputs as they are. [`SyncWriter`] makes one of
/// any writer, [`NonBlocking`] makes one that never waits for its writer.
///
/// One of your own, for a place that takes lines and is no [`Write`]:
///
/// ```
/// use std::{io, sync::mpsc};
/// use oxkit_log::{Lines, Logger, Output, info};
///
/// struct Channel(mpsc::SyncSender<Vec<u8>>);
///
/// impl Output for Channel {
///     fn write(&self, line: &[u8]) -> io::Result<()> {
///         // One that is full loses the line and says so, which the logger counts.
///         self.0.try_send(line.to_vec()).map_err(|_| io::ErrorKind::WouldBlock.into())
///     }
/// }
///
/// let (sender, lines) = mpsc::sync_channel(1);
/// let logger = Logger::new(Lines::logfmt(Channel(sender)));
/// info!(logger, "first");
/// info!(logger, "second");
/// assert_eq!(lines.recv().unwrap(), b"level=info msg=first\n");
/// assert_eq!(logger.errors(), 1);
/// ```
pub trait Output: Send + Sync {
    /// Writes one line, its newline included, in one piece: lines never mix.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    fn write(&self, line: &[u8]) -> io::Result<()>;

    /// Waits until every line given before has been handed to the system.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Whether lines end up on a terminal, where colors can be seen. By default `false`.
    fn is_terminal(&self) -> bool {
        false
    }

    /// Says how to write the line that tells how many were lost: `line` appends it.
    ///
    /// [`Lines`](crate::Lines) calls this once, so that such a line has the format of the others.
    /// By default nothing is ever lost and nothing is told.
    fn describe_loss(&self, line: fn(lost: u64, out: &mut Vec<u8>)) {
        let _ = line;
    }
}

macro_rules! standard_stream {
    ($($stream:ty),*) => {$(
        impl Output for $stream {
            fn write(&self, line: &[u8]) -> io::Result<()> {
                // The stream's own lock is held for the whole of the line.
                self.lock().write_all(line)
            }

            fn flush(&self) -> io::Result<()> {
                self.lock().flush()
            }

            fn is_terminal(&self) -> bool {
                IsTerminal::is_terminal(self)
            }
        }
    )*};
}

standard_stream!(io::Stderr, io::Stdout);

macro_rules! pointer {
    ($($type:ty),*) => {$(
        impl<O: Output + ?Sized> Output for $type {
            fn write(&self, line: &[u8]) -> io::Result<()> {
                (**self).write(line)
            }

            fn flush(&self) -> io::Result<()> {
                (**self).flush()
            }

            fn is_terminal(&self) -> bool {
                (**self).is_terminal()
            }

            fn describe_loss(&self, line: fn(lost: u64, out: &mut Vec<u8>)) {
                (**self).describe_loss(line);
            }
        }
    )*};
}

pointer!(Arc<O>, Box<O>);
