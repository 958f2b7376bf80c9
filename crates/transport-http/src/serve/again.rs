//! Polls a future once more where it is woken while it is polled.

use std::{
    cell::Cell,
    fmt, ptr,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use crate::body::held;

/// Polls a future, and once more at once where it was woken meanwhile.
///
/// hyper wakes its own task while it answers: whoever takes a piece of a request's body tells the
/// connection that there is room for the next. Through the scheduler, the second poll costs a tenth
/// of what the request does; after the last piece there is [none](held).
///
/// Only once, and then through the scheduler: others wait for their turn. A wake-up that comes from
/// another thread goes to the task, too.
#[derive(Debug, Default)]
pub(super) struct Again(Option<(Arc<Shared>, Waker)>);

impl Again {
    pub(super) fn poll<T>(
        &mut self,
        task: &Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let (shared, waker) = match &mut self.0 {
            Some(made) if made.0.task.will_wake(task.waker()) => made,
            made => {
                let shared = Arc::new(Shared { task: task.waker().clone() });
                let waker = Waker::from(Arc::clone(&shared));
                made.insert((shared, waker))
            }
        };
        let mut within = Context::from_waker(waker);
        for _ in 0..2 {
            let _turn = Turn::begin(shared);
            let polled = poll(&mut within);
            if !is_woken() || polled.is_ready() {
                return polled;
            }
        }
        shared.task.wake_by_ref();
        Poll::Pending
    }
}

/// Whether what is being polled on this thread is to be polled again, whatever it comes to.
#[inline]
pub(super) fn is_woken() -> bool {
    NOW.try_with(|now| now.is_woken.get()).unwrap_or_default()
}

struct Now {
    /// What is being polled, only to tell it from others.
    polled: Cell<*const Shared>,
    is_woken: Cell<bool>,
}

thread_local! {
    // Not in what is shared, where it would take two locked instructions a request: nearly all
    // that wake a connection while it is polled are called by it.
    static NOW: Now =
        const { Now { polled: Cell::new(ptr::null()), is_woken: Cell::new(false) } };
}

/// One poll. What was being polled around it is again, once it is dropped.
struct Turn {
    outer: (*const Shared, bool),
}

impl Turn {
    #[inline]
    fn begin(shared: &Arc<Shared>) -> Self {
        let begun = NOW
            .try_with(|now| (now.polled.replace(Arc::as_ptr(shared)), now.is_woken.replace(false)));
        // While a thread ends, whoever is woken wakes the task.
        Self { outer: begun.unwrap_or((ptr::null(), false)) }
    }
}

impl Drop for Turn {
    #[inline]
    fn drop(&mut self) {
        let _ = NOW.try_with(|now| {
            now.polled.set(self.outer.0);
            now.is_woken.set(self.outer.1);
        });
    }
}

struct Shared {
    task: Waker,
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        if let Err(shared) = held::keep(self) {
            shared.wake_by_ref();
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let is_polled = NOW.try_with(|now| {
            let is_polled = ptr::eq(now.polled.get(), Arc::as_ptr(self));
            if is_polled {
                now.is_woken.set(true);
            }
            is_polled
        });
        if !is_polled.unwrap_or_default() {
            self.task.wake_by_ref();
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        pin::Pin,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
        thread,
    };

    use http::{Request, Response};
    use hyper::{body::Incoming, server::conn::http1::Builder, service::service_fn};
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;
    use crate::Body;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// Polls what wakes itself in its first `wakes` polls; gives the number of polls, and how often
    /// the task was woken.
    fn check(wakes: usize) -> (usize, usize) {
        let count = Arc::new(Count::default());
        let task = Waker::from(Arc::clone(&count));
        let mut polls = 0;
        let polled = Again::default().poll(&Context::from_waker(&task), |task| {
            polls += 1;
            if polls <= wakes {
                task.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        });
        assert!(polled.is_pending());
        (polls, count.0.load(Relaxed))
    }

    #[test]
    fn woken_while_it_is_polled_it_is_polled_again_and_its_task_left_alone() {
        assert_eq!(check(0), (1, 0));
        assert_eq!(check(1), (2, 0));
    }

    #[test]
    fn what_wakes_itself_again_and_again_lets_others_have_their_turn() {
        assert_eq!(check(usize::MAX), (2, 1));
    }

    #[test]
    fn woken_at_rest_it_wakes_its_task_also_one_it_was_moved_to() {
        let mut again = Again::default();
        for _ in 0..2 {
            let count = Arc::new(Count::default());
            let task = Waker::from(Arc::clone(&count));
            let mut given = None;
            let _ = again.poll(&Context::from_waker(&task), |task| {
                given = Some(task.waker().clone());
                Poll::<()>::Pending
            });
            assert_eq!(count.0.load(Relaxed), 0);
            given.take().unwrap().wake();
            assert_eq!(count.0.load(Relaxed), 1);
        }
    }

    #[test]
    fn woken_by_another_thread_while_it_is_polled_it_wakes_its_task() {
        let count = Arc::new(Count::default());
        let mut polls = 0;
        let polled =
            Again::default().poll(&Context::from_waker(&Waker::from(count.clone())), |task| {
                polls += 1;
                let waker = task.waker();
                thread::scope(|scope| drop(scope.spawn(|| waker.wake_by_ref())));
                Poll::<()>::Pending
            });
        assert!(polled.is_pending());
        assert_eq!((polls, count.0.load(Relaxed)), (1, 1));
    }

    #[test]
    fn one_that_is_polled_inside_of_another_is_told_from_it() {
        let [outside, inside] = [(); 2].map(|()| Arc::new(Count::default()));
        let [outer, inner] = [&outside, &inside].map(|count| Waker::from(Arc::clone(count)));
        let (mut polls, mut within) = (0, 0);
        let mut nested = Again::default();
        let _ = Again::default().poll(&Context::from_waker(&outer), |task| {
            polls += 1;
            let _ = nested.poll(&Context::from_waker(&inner), |_| {
                within += 1;
                // The one outside, whose turn this is not.
                if polls == 1 {
                    task.waker().wake_by_ref();
                }
                Poll::<()>::Pending
            });
            assert!(!is_woken());
            Poll::<()>::Pending
        });
        assert_eq!((polls, within), (1, 1));
        assert_eq!((outside.0.load(Relaxed), inside.0.load(Relaxed)), (1, 0));
    }

    #[test]
    fn the_result_of_the_second_poll_is_the_result() {
        let mut polls = 0;
        let polled = Again::default().poll(&Context::from_waker(Waker::noop()), |task| {
            polls += 1;
            task.waker().wake_by_ref();
            if polls == 2 { Poll::Ready(polls) } else { Poll::Pending }
        });
        assert_eq!(polled, Poll::Ready(2));
    }

    /// Asks a server that answers with the length of the body; the answer, and how often its
    /// connection was polled until nobody wakes it any more.
    async fn ask(request: String) -> (String, usize) {
        let (mut client, stream) = duplex(256 * 1024);
        client.write_all(request.as_bytes()).await.unwrap();
        let service = service_fn(async |request: Request<Incoming>| {
            let body = Body::from(request.into_body()).collect(u64::MAX).await.unwrap();
            Ok::<_, Infallible>(Response::new(Body::from(body.len().to_string())))
        });
        let mut conn = Builder::new().serve_connection(TokioIo::new(stream), service);
        let woken = Arc::new(Count::default());
        let task = Waker::from(Arc::clone(&woken));
        let (mut again, mut polls) = (Again::default(), 0);
        loop {
            let before = woken.0.load(Relaxed);
            let polled = again.poll(&Context::from_waker(&task), |task| {
                polls += 1;
                Pin::new(&mut conn).poll(task)
            });
            assert!(polled.is_pending());
            if woken.0.load(Relaxed) == before {
                break;
            }
        }
        drop(conn);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        (answer.split_once("\r\n\r\n").unwrap().1.to_owned(), polls)
    }

    #[tokio::test]
    async fn a_request_that_is_there_is_answered_in_one_poll() {
        let whole = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello";
        assert_eq!(ask(whole.to_owned()).await, ("5".to_owned(), 1));
        let none = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        assert_eq!(ask(none.to_owned()).await, ("0".to_owned(), 1));
    }

    #[tokio::test]
    async fn requests_that_came_together_are_all_answered() {
        let one = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello";
        let answers = ask(one.repeat(50)).await.0;
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count() + 1, 50);
    }

    #[tokio::test]
    async fn a_body_of_several_pieces_is_read_to_its_end() {
        let head = "POST / HTTP/1.1\r\nhost: a\r\n";
        let long = format!("{head}content-length: 200000\r\n\r\n{}", "x".repeat(200_000));
        assert_eq!(ask(long).await.0, "200000");
        let pieces = "5\r\nhello\r\n".repeat(1000);
        let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{pieces}0\r\n\r\n");
        assert_eq!(ask(chunked).await.0, "5000");
    }
}
