//! Those who are told how calls ended.

use std::{fmt, sync::Arc};

use crate::future::contained;

/// Those who are told how each call of a server or of a client ended: what transports have in
/// common of it.
///
/// `F` is the function that is told, without its size; what a report says is the transport's. A
/// clone shares the functions and is one reference count, so that each call can hold those that its
/// server had when the call began.
///
/// A transport tells them exactly once for each call, whichever way it ended. They have no say in
/// how it goes on: see [`tell`](Self::tell).
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use oxkit_core::{ErrorKind, Finalizers};
///
/// let told = Arc::new(Mutex::new(Vec::new()));
/// let mut finalizers: Finalizers<dyn Fn(Option<ErrorKind>) + Send + Sync> = Finalizers::new();
/// finalizers.push(Arc::new({
///     let told = Arc::clone(&told);
///     move |kind| told.lock().unwrap().push(kind)
/// }));
///
/// finalizers.tell(|finalizer| finalizer(Some(ErrorKind::Cancelled)));
/// assert_eq!(*told.lock().unwrap(), [Some(ErrorKind::Cancelled)]);
/// ```
pub struct Finalizers<F: ?Sized>(Arc<Vec<Arc<F>>>);

impl<F: ?Sized> Finalizers<F> {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Adds one, which is told after those that are there. Clones do not have it.
    pub fn push(&mut self, finalizer: Arc<F>) {
        Arc::make_mut(&mut self.0).push(finalizer);
    }

    /// Whether there are none, so that nobody need follow a call to its end.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls `tell` with each, in the order in which they were added.
    ///
    /// A panic of one ends with it, once the panic hook of the process has shown it. At any other
    /// time it would take the call's answer and the next one's report with it; while another panic
    /// unwinds, and transports tell from within a `drop`, it would end the process.
    pub fn tell(&self, tell: impl Fn(&F)) {
        for finalizer in self.0.iter() {
            contained(|| tell(finalizer));
        }
    }
}

impl<F: ?Sized> Clone for Finalizers<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F: ?Sized> Default for Finalizers<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: ?Sized> fmt::Debug for Finalizers<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Finalizers").field(&self.0.len()).finish()
    }
}
