//! A future whose panic is an error.

use std::{
    any::Any,
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

/// Runs `future`; if polling it panics, the panic stops here and becomes an error.
///
/// The panicked future is not polled again; it is dropped with this one. A panic while it is
/// dropped is not caught.
///
/// # Unwind safety
///
/// What the future shared with others may be left in the middle of a change, as with any panic that
/// is caught: locks of the standard library are poisoned, atomics are whatever they were.
pub const fn catch_panic<F: Future>(future: F) -> CatchPanic<F> {
    CatchPanic { future }
}

pin_project! {
    /// The future of [`catch_panic`].
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct CatchPanic<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panic>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        match Panic::catch(|| future.poll(task)) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

/// A panic that was caught.
///
/// Its text is what the code panicked with and no more: where it is the source of another error,
/// that one says that there was a panic.
pub struct Panic {
    message: String,
    // Behind a lock for `Sync`, which an error has and a payload has not.
    payload: Mutex<Box<dyn Any + Send>>,
}

impl Panic {
    /// Runs `f`; if it panics, the panic stops here and becomes an error.
    ///
    /// What `f` shared with others may be left in the middle of a change: see [`catch_panic`], which
    /// does the same for each poll of a future.
    ///
    /// # Errors
    ///
    /// `f` panicked.
    ///
    /// ```
    /// use oxkit_core::future::Panic;
    ///
    /// # std::panic::set_hook(Box::new(|_| {}));
    /// assert_eq!(Panic::catch(|| "well").unwrap(), "well");
    /// assert_eq!(Panic::catch(|| panic!("out of cheese")).unwrap_err().message(), "out of cheese");
    /// ```
    #[inline]
    pub fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Self> {
        catch_unwind(AssertUnwindSafe(f)).map_err(Self::new)
    }

    /// A panic from what [`catch_unwind`] gave.
    #[must_use]
    pub fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = payload
            .downcast_ref::<&'static str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a value that is not a text".to_owned());
        Self { message, payload: Mutex::new(payload) }
    }

    /// The text the code panicked with.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the code panicked with, to go on panicking with
    /// [`resume_unwind`](std::panic::resume_unwind).
    #[must_use]
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message).finish()
    }
}

impl Error for Panic {}
