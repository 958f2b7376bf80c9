//! Outputs: lines never mix, and a queue loses only what it says it lost.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use oxkit_log::{Lines, Logger, NonBlocking, Output, SyncWriter, info};
use static_assertions::assert_impl_all;

assert_impl_all!(NonBlocking: Send, Sync, Clone, Output);
assert_impl_all!(SyncWriter<Vec<u8>>: Send, Sync, Clone, Output);

/// Longer than any machine takes; no test waits for it unless it fails.
const LIMIT: Duration = Duration::from_secs(60);

/// Keeps each call's bytes apart.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Calls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8(bytes.to_owned()).map_err(io::Error::other)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A writer that says when a line came and writes it once it is let go.
struct Held {
    calls: Calls,
    came: Sender<()>,
    go: Receiver<()>,
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Once the test is over nobody listens, and nothing holds it up.
        let _ = self.came.send(());
        let _ = self.go.recv();
        self.calls.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn held() -> (Held, Calls, Receiver<()>, Sender<()>) {
    let (came, when_came) = mpsc::channel();
    let (let_go, go) = mpsc::channel();
    let calls = Calls::default();
    let writer = Held { calls: calls.clone(), came, go };
    (writer, calls, when_came, let_go)
}

fn check_threads(logger: &Logger, calls: &Calls) {
    const THREADS: usize = 4;
    const EVENTS: usize = 250;
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for n in 0..EVENTS {
                    info!(logger, thread, n, text = "x".repeat(n));
                }
            });
        }
    });
    logger.flush().expect("the writer takes it");
    let calls = calls.take();
    assert_eq!(calls.len(), THREADS * EVENTS, "each event is one write");
    let mut next = [0; THREADS];
    for line in calls {
        let line = line.strip_suffix('\n').expect("a line ends");
        let thread: usize = line["level=info thread=".len()..][..1].parse().expect("one digit");
        let n = next[thread];
        next[thread] += 1;
        let text = "x".repeat(n);
        assert_eq!(line, format!("level=info thread={thread} n={n} text={text}"));
    }
}

#[test]
fn lines_of_many_threads_never_mix_and_each_is_one_write() {
    let calls = Calls::default();
    let logger = Logger::new(Lines::logfmt(SyncWriter::new(calls.clone())));
    check_threads(&logger, &calls);
}

#[test]
fn the_queue_keeps_lines_apart_and_each_threads_in_order() {
    let calls = Calls::default();
    let (output, guard) = NonBlocking::spawn(calls.clone()).unwrap();
    check_threads(&Logger::new(Lines::logfmt(output)), &calls);
    assert!(guard.shutdown());
}

#[test]
fn a_full_queue_drops_the_newest_counts_them_and_says_so_when_there_is_room() {
    let (writer, calls, came, let_go) = held();
    let (output, guard) = NonBlocking::builder().lines(3).spawn(writer).unwrap();
    let logger = Logger::new(Lines::json(output.clone()));

    info!(logger, n = 0);
    came.recv_timeout(LIMIT).unwrap();
    // The first is in the writer's hands and still counts, so two more fit.
    for n in 1..8 {
        info!(logger, n);
    }
    assert_eq!(output.dropped(), 5);

    for _ in 0..3 {
        let_go.send(()).unwrap();
    }
    // And the line that tells of it.
    let_go.send(()).unwrap();
    assert!(guard.flush(LIMIT));
    assert_eq!(
        calls.take(),
        [
            "{\"level\":\"info\",\"n\":0}\n",
            "{\"level\":\"info\",\"n\":1}\n",
            "{\"level\":\"info\",\"n\":2}\n",
            "{\"level\":\"warn\",\"msg\":\"log lines dropped\",\"dropped\":5}\n",
        ]
    );

    drop(let_go);
    info!(logger, n = 8);
    assert!(guard.shutdown());
    assert_eq!(calls.take(), ["{\"level\":\"info\",\"n\":8}\n"]);
    assert_eq!(output.dropped(), 5);
    assert_eq!(logger.errors(), 0, "a dropped line is not an error");
}

#[test]
fn a_stream_of_lines_is_written_in_batches() {
    /// Tells of every batch, for after each there is a flush.
    struct Batches(Sender<Instant>);

    impl Write for Batches {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            // The test may be over.
            let _ = self.0.send(Instant::now());
            Ok(())
        }
    }

    let (ended, batches) = mpsc::channel();
    let room = NonBlocking::builder().lines(usize::MAX).bytes(usize::MAX / 2);
    let (output, guard) = room.spawn(Batches(ended)).unwrap();
    let mut ends = Vec::new();
    while ends.len() < 20 {
        output.write(b"a line\n").unwrap();
        ends.extend(batches.try_iter());
    }
    let shortest = ends.windows(2).map(|pair| pair[1] - pair[0]).min();
    assert!(shortest >= Some(Duration::from_millis(1)), "{shortest:?}");
    assert!(guard.shutdown());
}

#[test]
fn who_waits_for_the_queue_to_be_empty_does_not_wait_for_more_lines() {
    let calls = Calls::default();
    let (output, guard) = NonBlocking::spawn(calls.clone()).unwrap();
    for _ in 0..100 {
        output.write(b"a line\n").unwrap();
        assert!(guard.flush(LIMIT));
        assert_eq!(calls.take(), ["a line\n"]);
    }
}

#[test]
fn the_queue_is_bounded_in_bytes_too() {
    let (writer, calls, came, let_go) = held();
    let (output, guard) = NonBlocking::builder().bytes(10).spawn(writer).unwrap();
    output.write(b"12345678901").unwrap();
    assert_eq!(output.dropped(), 1, "it would never fit");
    output.write(b"1234567").unwrap();
    came.recv_timeout(LIMIT).unwrap();
    output.write(b"1234").unwrap();
    output.write(b"123").unwrap();
    assert_eq!(output.dropped(), 2);
    drop(let_go);
    assert!(guard.shutdown());
    assert_eq!(calls.take(), ["1234567", "123"]);
}

#[test]
fn a_loss_is_told_of_even_if_nothing_else_is_logged() {
    let calls = Calls::default();
    let (output, guard) =
        NonBlocking::builder().bytes(10).spawn(calls.clone()).expect("there are threads");
    let logger = Logger::new(Lines::logfmt(output));
    info!(logger, "longer than ten bytes");
    assert!(guard.flush(LIMIT));
    assert_eq!(calls.take(), ["level=warn msg=\"log lines dropped\" dropped=1\n"]);
}

#[test]
fn the_end_of_the_guard_writes_what_is_queued_and_later_lines_count_as_dropped() {
    let (writer, calls, came, let_go) = held();
    let (output, guard) = NonBlocking::spawn(writer).unwrap();
    for line in [b"a", b"b", b"c"] {
        output.write(line).unwrap();
    }
    came.recv_timeout(LIMIT).unwrap();
    drop(let_go);
    drop(guard);
    assert_eq!(calls.take(), ["a", "b", "c"]);

    output.write(b"late").unwrap();
    assert_eq!(output.dropped(), 1);
    assert!(calls.take().is_empty());
}

#[test]
fn a_writer_that_hangs_keeps_neither_callers_nor_the_end() {
    let (writer, _calls, came, let_go) = held();
    let (output, guard) = NonBlocking::builder().drain_limit(Duration::ZERO).spawn(writer).unwrap();
    output.write(b"a").unwrap();
    came.recv_timeout(LIMIT).unwrap();
    output.write(b"b").unwrap();
    assert!(!guard.flush(Duration::ZERO));
    assert!(!guard.shutdown(), "it says that not all was written");
    drop(let_go);
}

#[test]
fn errors_of_the_writer_are_counted_and_the_next_line_is_tried() {
    struct Fails(u32, Calls);

    impl Write for Fails {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 == 1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let calls = Calls::default();
    let (output, guard) = NonBlocking::spawn(Fails(0, calls.clone())).unwrap();
    output.write(b"a").unwrap();
    output.write(b"b").unwrap();
    assert!(guard.shutdown());
    assert_eq!((output.failed(), calls.take()), (1, vec!["b".to_owned()]));
}

#[test]
fn a_writer_that_panics_ends_the_queue_and_hangs_nobody() {
    struct Panics;

    impl Write for Panics {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            std::panic::resume_unwind(Box::new("on purpose"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let (output, guard) = NonBlocking::spawn(Panics).unwrap();
    output.write(b"a").unwrap();
    let _ = guard.flush(LIMIT);
    assert!(!guard.shutdown());
    output.write(b"b").unwrap();
    assert_eq!(output.dropped(), 1);
}

#[test]
fn a_writer_that_panicked_once_still_gets_later_lines() {
    #[derive(Default)]
    struct PanicsOnce(bool, Vec<u8>);

    impl Write for PanicsOnce {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !std::mem::replace(&mut self.0, true) {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let output = SyncWriter::new(PanicsOnce::default());
    let first = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| output.write(b"a")));
    assert!(first.is_err());
    output.write(b"b").unwrap();
    assert_eq!(output.lock().1, b"b");
}

#[test]
fn a_file_is_no_terminal() {
    let file = tempfile::tempfile().unwrap();
    assert!(!SyncWriter::with_terminal_check(file).is_terminal());
}
