//! What a connection is doing, as far as its limits need to know.

#[cfg(feature = "http2")]
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed},
};

/// What is known of one connection, written by its socket and its requests, read by its [driver](super::driver).
///
/// Relaxed everywhere: on HTTP/1 all of it happens in one task, and what HTTP/2 streams write is
/// followed by a wake-up of the driver, which orders it. Shared by an `Arc` for each connection,
/// so no line of memory is fought over.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// A request is in flight on HTTP/1.
    busy: AtomicBool,
    /// Changes whenever a new period of rest begins; zero until the first request.
    epoch: AtomicU32,
    /// Bytes came in since the last answer, so part of a head is here.
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
    /// Pieces of HTTP/2 answers that are not written.
    #[cfg(feature = "http2")]
    unsent: AtomicU32,
    /// Changes whenever some of one is.
    #[cfg(feature = "http2")]
    sent: AtomicU32,
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
    #[inline]
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Relaxed)
    }

    #[inline]
    pub(super) fn epoch(&self) -> u32 {
        self.epoch.load(Relaxed)
    }

    #[inline]
    pub(super) fn has_received(&self) -> bool {
        self.received.load(Relaxed)
    }

    #[inline]
    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Relaxed)
    }

    /// Changes whenever the peer takes something after it took nothing for a while.
    pub(super) fn written(&self) -> u32 {
        let written = self.written.load(Relaxed);
        #[cfg(feature = "http2")]
        let written = written.wrapping_add(self.sent.load(Relaxed));
        written
    }

    /// Where a stream has ended, what its body gave is seen by [`is_sending`](Self::is_sending).
    #[cfg(feature = "http2")]
    pub(super) fn streams(&self) -> u32 {
        self.streams.load(Acquire)
    }

    /// Whether data of answers waits for the peer's window, or for the socket.
    #[cfg(feature = "http2")]
    pub(super) fn is_sending(&self) -> bool {
        self.unsent.load(Relaxed) > 0
    }

    /// A piece of an answer that is to be sent.
    #[cfg(feature = "http2")]
    pub(super) fn begin_sending(&self) {
        self.unsent.fetch_add(1, Relaxed);
    }

    #[cfg(feature = "http2")]
    pub(super) fn on_sent(&self) {
        self.sent.fetch_add(1, Relaxed);
    }

    /// It was sent, or thrown away. Either happens while the driver polls the connection, or before
    /// the stream is closed, so nobody needs to be woken.
    #[cfg(feature = "http2")]
    pub(super) fn end_sending(&self) {
        self.unsent.fetch_sub(1, Relaxed);
    }

    #[inline]
    pub(super) fn is_lingering(&self) -> bool {
        self.lingering.load(Relaxed)
    }

    #[inline]
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

    #[inline]
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
        self.streams.fetch_sub(1, Release) == 1
    }

    pub(super) fn want_peek(&self) {
        self.peek.store(Peek::Wanted as u8, Relaxed);
    }

    #[inline]
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
}

/// A request in flight on HTTP/1: lives from its head to the end of its answer.
#[derive(Debug)]
pub(super) struct Busy(Arc<Activity>);

impl Busy {
    #[inline]
    pub(super) fn new(activity: &Arc<Activity>) -> Self {
        activity.busy.store(true, Relaxed);
        // Not `fetch_add`: there is one writer, and a locked instruction a request is not free.
        let epoch = activity.epoch.load(Relaxed).wrapping_add(1);
        activity.epoch.store(epoch, Relaxed);
        Self(Arc::clone(activity))
    }
}

impl Drop for Busy {
    #[inline]
    fn drop(&mut self) {
        // What came in until now was the request's body.
        self.0.received.store(false, Relaxed);
        self.0.busy.store(false, Relaxed);
    }
}
