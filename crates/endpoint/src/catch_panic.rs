//! A boundary that panics do not cross.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use oxkit_core::{
    Context, Endpoint, Layer, Reason, Refusal,
    future::{Panic, catch_panic, made_when_polled},
};

use crate::future::map_output;

/// Turns a panic of the inner endpoint into an error.
///
/// The caller gets a [`Refusal`] for [`Reason::Panicked`], of kind
/// [`Internal`](oxkit_core::ErrorKind::Internal), whose text says no more than that. What the code
/// panicked with is the error's [source](std::error::Error::source), for logs. Each panic is
/// counted once, also where one boundary stands inside another: the outer one sees an error.
///
/// Nothing installs it by itself. Without it a panic unwinds through the endpoints to whoever runs
/// the task, as it does in Go kit; hooks on the way are
/// [told](oxkit_core::Outcome::Panicked).
///
/// A panic in `call` and one while the future is polled are caught; one while the future is
/// dropped is not, and none is where the program is built with `panic = "abort"`. The panic hook of
/// the process runs as ever, so the usual message is still printed.
///
/// # Unwind safety
///
/// What the endpoint shares with other calls may be left in the middle of a change, as with any
/// panic that is caught. Locks of the standard library are poisoned by it; atomics and async locks
/// are whatever they were.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use oxkit_core::{Context, Endpoint, Failure, Layer, Reason, Refusal, endpoint_fn};
/// use oxkit_endpoint::CatchPanic;
///
/// let boundary = CatchPanic::new();
/// let divide = endpoint_fn(async |_cx, (a, b): (u32, u32)| Ok::<_, Refusal>(a / b));
/// let endpoint = boundary.layer(divide);
///
/// # std::panic::set_hook(Box::new(|_| {}));
/// let error = endpoint.call(Context::new(), (1, 0)).await.unwrap_err();
/// assert_eq!(error.reason(), Reason::Panicked);
/// assert_eq!(error.public_message(), "internal error");
/// assert_eq!(boundary.panics(), 1);
/// assert_eq!(endpoint.call(Context::new(), (6, 3)).await.unwrap(), 2);
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct CatchPanic {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    panics: AtomicU64,
    on_panic: Option<Box<OnPanic>>,
}

type OnPanic = dyn Fn(&Panic) + Send + Sync;

impl CatchPanic {
    /// A boundary that counts.
    pub fn new() -> Self {
        Self::default()
    }

    /// A boundary that counts, and calls `on_panic` for each panic it caught, before the caller has
    /// the error.
    ///
    /// For a log line or a metric. It runs where the panic was caught; a panic of its own is not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use std::sync::mpsc::channel;
    /// use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
    /// use oxkit_endpoint::CatchPanic;
    ///
    /// let (report, reports) = channel();
    /// let endpoint = CatchPanic::on_panic(move |panic| {
    ///     // Nobody may be listening any more, which is no reason to panic here.
    ///     let _ = report.send(panic.message().to_owned());
    /// })
    /// .layer(endpoint_fn(async |_cx, (): ()| -> Result<(), Refusal> {
    ///     panic!("out of cheese")
    /// }));
    ///
    /// # std::panic::set_hook(Box::new(|_| {}));
    /// assert!(endpoint.call(Context::new(), ()).await.is_err());
    /// assert_eq!(reports.recv().unwrap(), "out of cheese");
    /// # }
    /// ```
    pub fn on_panic(on_panic: impl Fn(&Panic) + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                panics: AtomicU64::new(0),
                on_panic: Some(Box::new(on_panic)),
            }),
        }
    }

    /// How many panics this boundary has caught, in all endpoints made with it and its clones.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.shared.panics.load(Relaxed)
    }
}

impl Shared {
    #[cold]
    fn refusal(&self, panic: Panic) -> Refusal {
        self.panics.fetch_add(1, Relaxed);
        if let Some(on_panic) = &self.on_panic {
            on_panic(&panic);
        }
        Refusal::new(Reason::Panicked).with_source(panic)
    }
}

impl fmt::Debug for CatchPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchPanic").field("panics", &self.panics()).finish_non_exhaustive()
    }
}

impl<E> Layer<E> for CatchPanic {
    type Service = CatchPanicEndpoint<E>;

    fn layer(&self, inner: E) -> CatchPanicEndpoint<E> {
        CatchPanicEndpoint { boundary: self.clone(), inner }
    }
}

/// An endpoint whose panics are errors, made by [`CatchPanic`].
#[derive(Debug, Clone)]
pub struct CatchPanicEndpoint<E> {
    boundary: CatchPanic,
    inner: E,
}

impl<E: Endpoint> Endpoint for CatchPanicEndpoint<E> {
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        let shared = &*self.boundary.shared;
        // The inner `call` is part of the first poll: there one boundary catches the panics of both,
        // and what the layers around this one hold until then is small.
        let call = made_when_polled(|| self.inner.call(cx, request));
        map_output(catch_panic(call), |result| {
            result.unwrap_or_else(|panic| Err(shared.refusal(panic).into()))
        })
    }
}
