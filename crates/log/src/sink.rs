//! Where events go: the contract.

use std::{io, sync::Arc};

use crate::{Level, Record};

/// Where a [`Logger`](crate::Logger) sends its events.
///
/// This is the contract to implement for a destination of your own; a few lines are enough:
///
/// ```
/// use std::{io, sync::mpsc};
/// use oxkit_log::{Logger, Record, Sink, warn};
///
/// /// Sends every event to another thread as text.
/// struct Channel(mpsc::Sender<String>);
///
/// impl Sink for Channel {
///     fn log(&self, record: &Record<'_>) -> io::Result<()> {
///         let mut text = String::new();
///         record.visit(&mut |key, value| text += &format!("{key}:{value};"));
///         self.0.send(text).map_err(io::Error::other)
///     }
/// }
///
/// let (sender, receiver) = mpsc::channel();
/// let logger = Logger::new(Channel(sender)).with("service", "todosvc");
/// warn!(logger, "disk is filling up", free = 17);
/// assert_eq!(receiver.recv()?, "level:warn;service:todosvc;msg:disk is filling up;free:17;");
/// # Ok::<(), mpsc::RecvError>(())
/// ```
///
/// A sink is called from many threads at once. It must not keep what it borrows.
pub trait Sink: Send + Sync {
    /// Whether an event of this level, or without one, would be written at all.
    ///
    /// Asked once for each event that passed the logger's [`Filter`](crate::Filter), before its
    /// values are evaluated. By default `true`.
    fn enabled(&self, level: Option<Level>) -> bool {
        let _ = level;
        true
    }

    /// Writes one event.
    ///
    /// # Errors
    ///
    /// When the event could not be written. The logger counts it
    /// ([`Logger::errors`](crate::Logger::errors)); whoever logged is not told, unless they asked
    /// ([`Logger::try_log`](crate::Logger::try_log)).
    fn log(&self, record: &Record<'_>) -> io::Result<()>;

    /// Waits until everything logged before has been handed on. By default there is nothing to
    /// wait for.
    ///
    /// # Errors
    ///
    /// When it could not be.
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for Arc<S> {
    fn enabled(&self, level: Option<Level>) -> bool {
        (**self).enabled(level)
    }

    fn log(&self, record: &Record<'_>) -> io::Result<()> {
        (**self).log(record)
    }

    fn flush(&self) -> io::Result<()> {
        (**self).flush()
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn enabled(&self, level: Option<Level>) -> bool {
        (**self).enabled(level)
    }

    fn log(&self, record: &Record<'_>) -> io::Result<()> {
        (**self).log(record)
    }

    fn flush(&self) -> io::Result<()> {
        (**self).flush()
    }
}

/// The sink that writes nothing and, being never enabled, costs no evaluation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Discard;

impl Sink for Discard {
    fn enabled(&self, _: Option<Level>) -> bool {
        false
    }

    fn log(&self, _: &Record<'_>) -> io::Result<()> {
        Ok(())
    }
}
