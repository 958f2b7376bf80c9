//! What a connection is doing, as far as its limits need to know.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

/// What is known of one connection, written by its socket, by hyper and by its streams, read by
/// its [driver](super::driver).
///
/// Relaxed everywhere: on HTTP/1 all of it happens in one task, and what HTTP/2 streams write is
/// followed by a wake-up of the driver, which orders it. Shared by an `Arc` for each connection,
/// so no line of memory is fought over.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// hyper waits for the head of an HTTP/1 request.
    waiting: AtomicBool,
    /// Requests begun, or waits for one: changes whenever a new period of rest begins.
    epoch: AtomicU32,
    /// Bytes came in since the last wait began.
    received: AtomicBool,
    /// The peer has sent all it will send.
    eof: AtomicBool,
    /// The peer does not take what is written.
    stalled: AtomicBool,
    /// Writes that the peer took.
    written: AtomicU32,
    /// Requests in flight on HTTP/2.
    #[cfg(feature = "http2")]
    streams: AtomicU32,
    /// The socket was shut down and what the peer still sends is thrown away.
    lingering: AtomicBool,
    /// The driver is gone, because it is done or because the connection was upgraded.
    released: AtomicBool,
    /// Whether to look into the kernel's buffer, and what was found: see [`Peek`].
    peek: AtomicU8,
}

/// A look into the kernel's receive buffer, past tokio's notion of what is readable, which lags
/// behind by one turn of the event loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Peek {
    Off = 0,
    Wanted = 1,
    Something = 2,
    Nothing = 3,
}

impl Activity {
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.load(Relaxed)
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch.load(Relaxed)
    }

    pub(super) fn has_received(&self) -> bool {
        self.received.load(Relaxed)
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Relaxed)
    }

    pub(super) fn written(&self) -> u32 {
        self.written.load(Relaxed)
    }

    #[cfg(feature = "http2")]
    pub(super) fn streams(&self) -> u32 {
        self.streams.load(Relaxed)
    }

    pub(super) fn is_lingering(&self) -> bool {
        self.lingering.load(Relaxed)
    }

    pub(super) fn on_read(&self, bytes: usize) {
        // Loads are nearly free and stores are not: most reads find both as they should be.
        if bytes == 0 {
            self.eof.store(true, Relaxed);
        } else if !self.received.load(Relaxed) {
            self.received.store(true, Relaxed);
        }
    }

    pub(super) fn on_write_blocked(&self) {
        self.stalled.store(true, Relaxed);
    }

    pub(super) fn on_written(&self) {
        if self.stalled.load(Relaxed) {
            self.stalled.store(false, Relaxed);
            self.written.fetch_add(1, Relaxed);
        }
    }

    /// Whether the socket may wait for the peer's end after it sent its own: somebody must be there
    /// to stop the wait.
    pub(super) fn begin_lingering(&self) -> bool {
        let may = !self.eof.load(Relaxed) && !self.released.load(Relaxed);
        if may {
            self.lingering.store(true, Relaxed);
        }
        may
    }

    pub(super) fn release(&self) {
        self.released.store(true, Relaxed);
    }

    /// A new HTTP/2 request.
    #[cfg(feature = "http2")]
    pub(super) fn open_stream(&self) {
        self.epoch.fetch_add(1, Relaxed);
        self.streams.fetch_add(1, Relaxed);
    }

    /// The end of an HTTP/2 request. True if it was the last one in flight.
    #[cfg(feature = "http2")]
    pub(super) fn close_stream(&self) -> bool {
        self.epoch.fetch_add(1, Relaxed);
        self.streams.fetch_sub(1, Relaxed) == 1
    }

    pub(super) fn want_peek(&self) {
        self.peek.store(Peek::Wanted as u8, Relaxed);
    }

    pub(super) fn peek_is_wanted(&self) -> bool {
        self.peek.load(Relaxed) == Peek::Wanted as u8
    }

    pub(super) fn peeked(&self, something: bool) {
        let found = if something { Peek::Something } else { Peek::Nothing };
        self.peek.store(found as u8, Relaxed);
    }

    /// Whether the last look found something. The look is over.
    pub(super) fn take_peek(&self) -> bool {
        self.peek.swap(Peek::Off as u8, Relaxed) == Peek::Something as u8
    }

    fn begin_waiting(&self) {
        self.received.store(false, Relaxed);
        self.waiting.store(true, Relaxed);
        // Not `fetch_add`: there is one writer on HTTP/1, and a locked instruction a request is
        // not free.
        self.epoch.store(self.epoch.load(Relaxed).wrapping_add(1), Relaxed);
    }
}

/// The timer that hyper gets on HTTP/1. It measures nothing: it tells when hyper waits for a head.
///
/// hyper arms its header timer when it begins to wait for a head, on a kept connection too, and
/// drops it when the head is complete. That is just what the limits need to know, and hyper's one
/// duration would not do for both of them. The real timer is the driver's: one for the life of the
/// connection, where hyper's would be made and registered anew for each request.
#[derive(Debug)]
pub(super) struct HeadTimer {
    activity: Arc<Activity>,
    /// hyper only adds its limit to it, so the clock need not be read.
    now: Instant,
}

impl HeadTimer {
    pub(super) const fn new(activity: Arc<Activity>, now: Instant) -> Self {
        Self { activity, now }
    }

    fn begin(&self) -> Pin<Box<dyn Sleep>> {
        self.activity.begin_waiting();
        Box::pin(WaitsForHead(Arc::clone(&self.activity)))
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        self.begin()
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        self.begin()
    }

    fn reset(&self, _: &mut Pin<Box<dyn Sleep>>, _: Instant) {
        self.activity.begin_waiting();
    }

    fn now(&self) -> Instant {
        self.now
    }
}

/// Lives while hyper waits for a head.
struct WaitsForHead(Arc<Activity>);

impl Sleep for WaitsForHead {}

impl Future for WaitsForHead {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Drop for WaitsForHead {
    fn drop(&mut self) {
        self.0.waiting.store(false, Relaxed);
    }
}
