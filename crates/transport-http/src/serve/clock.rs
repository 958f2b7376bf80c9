//! The time for HTTP/2's pings, which hyper asks for several times a request.
//!
//! A ping is due so long after something was last received, and its answer so long after it was
//! sent. So the time need not be read but where something is received, or a timer fires; reading it
//! costs more than all else about pings.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use pin_project_lite::pin_project;
use tokio::time;

/// The time when something last happened on one connection.
#[derive(Debug, Clone)]
pub(super) struct Clock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    begun: time::Instant,
    /// Since then.
    nanos: AtomicU64,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared { begun: time::Instant::now(), nanos: AtomicU64::new(0) }))
    }

    /// Something happened.
    pub(super) fn tick(&self) {
        // Enough for 584 years.
        let nanos = u64::try_from(self.0.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.nanos.store(nanos, Relaxed);
    }
}

impl Timer for Clock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(Alarm { sleep: time::sleep(duration), clock: self.clone() })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Alarm { sleep: time::sleep_until(deadline.into()), clock: self.clone() })
    }

    fn now(&self) -> Instant {
        let since = Duration::from_nanos(self.0.nanos.load(Relaxed));
        self.0.begun.into_std() + since
    }
}

pin_project! {
    /// A timer that sets the clock when it fires.
    struct Alarm {
        #[pin]
        sleep: time::Sleep,
        clock: Clock,
    }
}

impl Future for Alarm {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        ready!(this.sleep.poll(task));
        this.clock.tick();
        Poll::Ready(())
    }
}

impl Sleep for Alarm {}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http::{Request, Response};
    use hyper::{body::Incoming, server::conn::http2::Builder, service::service_fn};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;
    use crate::{
        Body,
        serve::{activity::Activity, batch::Batch},
    };

    const HEADERS: u8 = 1;
    const PING: u8 = 6;
    const ACK: u8 = 1;

    /// Has a request asked that takes ten minutes, on a connection that is pinged every 30 seconds
    /// and closed 20 seconds after a ping without an answer. How long it was until the answer, if
    /// there was one, or until the end.
    async fn ask(answers_pings: bool) -> (bool, Duration) {
        let (mut client, stream) = duplex(64 * 1024);
        let mut asked = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
        // `GET http:/`, by the numbers that these fields have in the table of all.
        asked.extend([0, 0, 3, HEADERS, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84]);
        client.write_all(&asked).await.unwrap();
        let clock = Clock::new();
        let mut builder = Builder::new(TokioExecutor::new());
        builder.timer(clock.clone()).keep_alive_interval(Duration::from_secs(30));
        builder.keep_alive_timeout(Duration::from_secs(20));
        let io = Batch::new(stream, Arc::new(Activity::default()), Some(clock));
        let service = service_fn(async |_: Request<Incoming>| {
            time::sleep(Duration::from_secs(600)).await;
            Ok::<_, Infallible>(Response::new(Body::from("hello")))
        });
        let begun = time::Instant::now();
        tokio::spawn(builder.serve_connection(TokioIo::new(io), service));
        let mut head = [0; 9];
        while client.read_exact(&mut head).await.is_ok() {
            let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
            client.read_exact(&mut payload).await.unwrap();
            match head[3] {
                HEADERS => return (true, begun.elapsed()),
                PING if answers_pings && head[4] & ACK == 0 => {
                    head[4] |= ACK;
                    client.write_all(&[&head[..], &payload].concat()).await.unwrap();
                }
                _ => {}
            }
        }
        (false, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_answers_pings_may_wait_and_one_that_does_not_is_given_up_in_time() {
        let (is_answered, waited) = ask(true).await;
        assert!(is_answered && waited.as_secs() == 600, "{waited:?}");
        let (is_answered, waited) = ask(false).await;
        assert!(!is_answered && waited.as_secs() == 50, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn it_stands_still_until_something_happens_or_a_timer_fires() {
        let clock = Clock::new();
        let begun = clock.now();
        time::advance(Duration::from_secs(30)).await;
        assert_eq!(clock.now(), begun);
        clock.tick();
        assert_eq!(clock.now(), begun + Duration::from_secs(30));

        clock.sleep_until(begun + Duration::from_secs(40)).await;
        let slept = clock.now() - begun;
        assert!(slept >= Duration::from_secs(40) && slept < Duration::from_secs(41), "{slept:?}");
        clock.sleep(Duration::from_secs(1)).await;
        assert!(clock.now() - begun >= Duration::from_secs(41));
    }
}
