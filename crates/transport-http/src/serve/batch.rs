//! Answers that are ready together leave together.
//!
//! Each stream of an HTTP/2 connection is a task. The first one that answers wakes the connection,
//! and tokio's scheduler of several threads runs what was woken last next: the connection would
//! write that one answer by itself, and so on for each of them, and a system call costs as much as
//! everything else about a small answer.
//!
//! So a connection that has little to write, and other streams to wait for, goes to the end of the
//! queue once before it writes. Whatever is ready by then joins in h2's own buffer; nothing is
//! copied. There is no timer: where nobody else is ready, its turn comes at once.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{activity::Activity, clock::Clock};

/// From so many bytes on, a write is dear for its bytes and no longer for being one.
const ENOUGH: usize = 4 * 1024;

/// A byte stream whose first write after a flush may let others have their turn.
#[derive(Debug)]
pub(super) struct Batch<T> {
    stream: T,
    activity: Arc<Activity>,
    /// Set where something is received, if somebody looks at it.
    clock: Option<Clock>,
    /// It has waited its turn since the last flush, or had no need to.
    has_turn: bool,
}

impl<T> Batch<T> {
    pub(super) const fn new(stream: T, activity: Arc<Activity>, clock: Option<Clock>) -> Self {
        Self { stream, activity, clock, has_turn: false }
    }

    fn poll_turn(&mut self, task: &Context<'_>, has_little: bool) -> Poll<()> {
        if self.has_turn {
            return Poll::Ready(());
        }
        self.has_turn = true;
        // An answer that is alone has nobody to wait for: its stream has ended.
        if has_little && self.activity.streams() > 0 {
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Batch<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(task, buffer);
        if buffer.filled().len() > before
            && let Some(clock) = &self.clock
        {
            clock.tick();
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Batch<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_turn(task, bytes.len() < ENOUGH));
        Pin::new(&mut self.stream).poll_write(task, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // More than one piece is data that h2 did not copy to its buffer. It takes no further frame
        // before that is written, so nothing could join.
        let has_little = matches!(slices, [] | [_])
            && slices.iter().map(|slice| slice.len()).sum::<usize>() < ENOUGH;
        ready!(self.poll_turn(task, has_little));
        Pin::new(&mut self.stream).poll_write_vectored(task, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(task))?;
        self.has_turn = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
        task::{Wake, Waker},
        time::Duration,
    };

    use http::{Request, Response};
    use hyper::{body::Incoming, server::conn::http2::Builder, service::service_fn};
    use hyper_util::rt::TokioIo;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::Instant,
    };

    use super::*;
    use crate::{
        Body,
        serve::streams::{Streamed, Streams},
    };

    /// What was written, each write by itself.
    type Writes = Arc<Mutex<Vec<Vec<u8>>>>;

    struct Recorded {
        stream: DuplexStream,
        writes: Writes,
    }

    impl AsyncRead for Recorded {
        fn poll_read(
            mut self: Pin<&mut Self>,
            task: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_read(task, buffer)
        }
    }

    impl AsyncWrite for Recorded {
        fn poll_write(
            mut self: Pin<&mut Self>,
            task: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let written = ready!(Pin::new(&mut self.stream).poll_write(task, bytes))?;
            self.writes.lock().unwrap().push(bytes[..written].to_vec());
            Poll::Ready(Ok(written))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            task: &mut Context<'_>,
            slices: &[io::IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            self.poll_write(task, &bytes)
        }

        // As a socket's, for h2 copies less where it is.
        fn is_write_vectored(&self) -> bool {
            true
        }

        fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_flush(task)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.stream).poll_shutdown(task)
        }
    }

    const HEADERS: u8 = 1;

    /// How many heads of answers there are among these frames.
    fn heads(mut frames: &[u8]) -> usize {
        let mut heads = 0;
        while let [_, low @ .., kind, _, _, _, _, _] = frames.get(..9).unwrap_or_default() {
            heads += usize::from(*kind == HEADERS);
            let length = usize::from(low[0]) << 8 | usize::from(low[1]);
            frames = frames.get(9 + length..).unwrap_or_default();
        }
        heads
    }

    /// Has so many requests asked at once; how many answers there are in each write that has some.
    async fn ask(count: u8) -> Vec<usize> {
        let (mut client, stream) = duplex(64 * 1024);
        let mut asked = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
        for stream in 0..count {
            // `GET http:/`, by the numbers that these fields have in the table of all.
            asked.extend([0, 0, 3, HEADERS, 5, 0, 0, 0, 2 * stream + 1, 0x82, 0x86, 0x84]);
        }
        // Before the server is there, so that it finds all of them at once.
        client.write_all(&asked).await.unwrap();

        let writes = Writes::default();
        let activity = Arc::new(Activity::default());
        let streams = Streams::new(Arc::clone(&activity), Arc::default(), Duration::MAX);
        let service = service_fn(async |_: Request<Incoming>| {
            Ok::<_, Infallible>(Response::new(Body::from("hello")))
        });
        let service = Streamed::new(service, None, streams.clone());
        let io = Batch::new(Recorded { stream, writes: Arc::clone(&writes) }, activity, None);
        let connection = Builder::new(streams).serve_connection(TokioIo::new(io), service);
        let serving = tokio::spawn(connection);
        let mut answered = Vec::new();
        while heads(&answered) < usize::from(count) {
            assert_ne!(client.read_buf(&mut answered).await.unwrap(), 0);
        }
        serving.abort();
        let writes = writes.lock().unwrap();
        writes.iter().map(|write| heads(write)).filter(|heads| *heads > 0).collect()
    }

    // Several threads, of which there is one: where the last task that was woken runs next.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn answers_that_are_ready_together_are_one_write() {
        assert_eq!(ask(8).await, [8]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_alone_is_written_without_a_timer() {
        let before = Instant::now();
        assert_eq!(ask(1).await, [1]);
        assert_eq!(Instant::now(), before);
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// Writes, flushes, and does so again; whether each write had to wait, and how often the task
    /// was woken.
    fn check(streams: usize, pieces: &[usize]) -> ([bool; 2], usize) {
        let activity = Arc::new(Activity::default());
        (0..streams).for_each(|_| activity.open_stream());
        let mut io = Batch::new(tokio::io::sink(), activity, None);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let task = &mut Context::from_waker(&waker);
        let pieces: Vec<Vec<u8>> = pieces.iter().map(|length| vec![0; *length]).collect();
        let slices: Vec<_> = pieces.iter().map(|piece| io::IoSlice::new(piece)).collect();
        let waits = [(); 2].map(|()| {
            let waits = Pin::new(&mut io).poll_write_vectored(task, &slices).is_pending();
            // Once at most, whatever happens to the other streams, and the rest of it not again.
            assert!(Pin::new(&mut io).poll_write_vectored(task, &slices).is_ready());
            assert!(Pin::new(&mut io).poll_write(task, b"rest").is_ready());
            assert!(Pin::new(&mut io).poll_flush(task).is_ready());
            waits
        });
        (waits, woken.0.load(Relaxed))
    }

    #[test]
    fn little_waits_its_turn_once_a_flush_where_there_are_others_to_wait_for() {
        assert_eq!(check(0, &[100]), ([false; 2], 0));
        assert_eq!(check(1, &[100]), ([true; 2], 2));
        assert_eq!(check(7, &[100]), ([true; 2], 2));
    }

    #[test]
    fn what_cannot_be_joined_by_more_does_not_wait() {
        assert_eq!(check(7, &[ENOUGH]), ([false; 2], 0));
        assert_eq!(check(7, &[100, 300]), ([false; 2], 0));
    }
}
