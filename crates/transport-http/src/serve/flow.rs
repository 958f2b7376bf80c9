//! What of an HTTP/2 answer its peer has yet to take.
//!
//! hyper is done with a stream when it has handed the body to h2, where it waits for the peer's
//! window. So the data itself tells when it is gone: it counts as it is written, and when it is
//! dropped.

use std::{
    io::IoSlice,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

use super::activity::Activity;

/// An answer with more than this that waits is not ended before the peer has taken it, so that its
/// stream can still be reset. It is the window that a peer has who has not set one.
const MUCH: usize = 64 * 1024;

/// How often a stream whose data waits looks at the clock within the limit.
const TICKS: u32 = 4;

/// What tokio's timers can tell apart.
const SHORTEST_TICK: Duration = Duration::from_millis(1);

/// The data of one answer, on its way.
#[derive(Debug)]
pub(super) struct Flow {
    /// Bytes that the body has given and that are not written.
    waiting: AtomicUsize,
    /// Changes whenever the peer lets some be written.
    taken: AtomicUsize,
    /// The stream that waits until little is left.
    end: Mutex<Option<Waker>>,
    activity: Arc<Activity>,
}

impl Flow {
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            end: Mutex::default(),
            activity,
        }
    }

    fn give<D: Buf>(self: &Arc<Self>, data: D) -> Data<D> {
        let left = data.remaining();
        self.waiting.fetch_add(left, Relaxed);
        self.activity.begin_sending();
        Data { data, left, flow: Arc::clone(self) }
    }

    fn take(&self, bytes: usize) {
        // The rest of a piece that was written is nothing, and an atomic operation is not.
        if bytes == 0 {
            return;
        }
        let before = self.waiting.fetch_sub(bytes, Relaxed);
        self.taken.fetch_add(1, Relaxed);
        self.activity.on_sent();
        if before > MUCH && before - bytes <= MUCH {
            let waker = self.end().take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    fn has_much(&self) -> bool {
        self.waiting.load(Relaxed) > MUCH
    }

    /// Ready when little is left.
    fn poll_little(&self, task: &Context<'_>) -> Poll<()> {
        if !self.has_much() {
            return Poll::Ready(());
        }
        *self.end() = Some(task.waker().clone());
        // What was taken before the lock was held has seen no waker, and is seen here.
        if self.has_much() { Poll::Pending } else { Poll::Ready(()) }
    }

    fn end(&self) -> MutexGuard<'_, Option<Waker>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Data of an answer that counts until it is written, or thrown away.
#[derive(Debug)]
pub(super) struct Data<D> {
    data: D,
    left: usize,
    flow: Arc<Flow>,
}

impl<D: Buf> Buf for Data<D> {
    fn remaining(&self) -> usize {
        self.data.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.data.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.data.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        self.data.advance(count);
        let count = count.min(self.left);
        self.left -= count;
        self.flow.take(count);
    }
}

impl<D> Drop for Data<D> {
    fn drop(&mut self) {
        self.flow.take(self.left);
        self.flow.activity.end_sending();
    }
}

pin_project! {
    /// A response body whose data is followed.
    #[derive(Debug)]
    pub(super) struct FlowBody<B> {
        #[pin]
        inner: B,
        is_over: bool,
        flow: Arc<Flow>,
    }
}

impl<B> FlowBody<B> {
    pub(super) const fn new(inner: B, flow: Arc<Flow>) -> Self {
        Self { inner, is_over: false, flow }
    }
}

impl<B: Body> Body for FlowBody<B> {
    type Data = Data<B::Data>;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, B::Error>>> {
        let this = self.project();
        if !*this.is_over && !this.inner.is_end_stream() {
            let frame = ready!(this.inner.poll_frame(task));
            if let Some(frame) = frame {
                let followed = |frame: Frame<B::Data>| frame.map_data(|data| this.flow.give(data));
                return Poll::Ready(Some(frame.map(followed)));
            }
        }
        *this.is_over = true;
        this.flow.poll_little(task).map(|()| None)
    }

    fn is_end_stream(&self) -> bool {
        (self.is_over || self.inner.is_end_stream()) && !self.flow.has_much()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

pin_project! {
    /// A stream that is dropped, and so reset, when its peer takes nothing of the answer for too
    /// long.
    pub(super) struct Watched<F> {
        #[pin]
        stream: F,
        // None for what is no request.
        flow: Option<Arc<Flow>>,
        limit: Duration,
        // Made for an answer that has to wait, which most never do.
        #[pin]
        timer: Option<Sleep>,
        // What was taken when it was last looked at, and since when it has been so much.
        seen: usize,
        since: Option<Instant>,
    }
}

impl<F> Watched<F> {
    pub(super) const fn new(stream: F, flow: Option<Arc<Flow>>, limit: Duration) -> Self {
        Self { stream, flow, limit, timer: None, seen: 0, since: None }
    }
}

impl<F: Future<Output = ()>> Future for Watched<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if this.stream.poll(task).is_ready() {
            return Poll::Ready(());
        }
        let Some(flow) = this.flow else {
            return Poll::Pending;
        };
        loop {
            if let Some(timer) = this.timer.as_mut().as_pin_mut() {
                ready!(timer.poll(task));
                this.timer.set(None);
            }
            if flow.waiting.load(Relaxed) == 0 {
                *this.since = None;
                return Poll::Pending;
            }
            let now = Instant::now();
            let taken = flow.taken.load(Relaxed);
            let since = this.since.filter(|_| *this.seen == taken).unwrap_or(now);
            if now.duration_since(since) >= *this.limit {
                return Poll::Ready(());
            }
            (*this.seen, *this.since) = (taken, Some(since));
            this.timer.set(Some(sleep((*this.limit / TICKS).max(SHORTEST_TICK))));
        }
    }
}
