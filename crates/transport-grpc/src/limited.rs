//! What is given up at its deadline, though nobody asks it for anything.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

/// What may be given up at a deadline.
pub(crate) trait Expire: Send + 'static {
    /// What is left of it, for whoever asks next.
    type End: Send;

    /// Its time is over: called once at most, and then it is dropped.
    fn expire(&mut self) -> Self::End;
}

/// A value that lasts until a deadline at most.
///
/// A stream is asked for a message when the last one was taken, and not before, so one whose reader
/// takes nothing would not learn of its deadline. Therefore a task waits for it here. It is this
/// value's own and ends with it.
///
/// No lock is held while the value is asked or given up, which runs code of the program.
pub(crate) struct Limited<T: Expire> {
    end: Instant,
    place: Arc<Mutex<Place<T>>>,
    timer: JoinHandle<()>,
}

/// Where the value is.
enum Place<T: Expire> {
    /// Here, and somebody may wait for what it has to say.
    Here(T, Option<Waker>),
    /// With whoever asks it.
    Asked { is_late: bool },
    /// With the timer, which gives it up, and somebody may wait for that.
    Expiring(Option<Waker>),
    /// It is gone, and this is what it has left.
    Expired(Option<T::End>),
}

impl<T: Expire> Limited<T> {
    pub(crate) fn new(end: Instant, value: T) -> Self {
        let place = Arc::new(Mutex::new(Place::Here(value, None)));
        let weak = Arc::downgrade(&place);
        let timer = tokio::spawn(async move {
            sleep_until(end).await;
            if let Some(place) = Weak::upgrade(&weak) {
                expire(&place);
            }
        });
        Self { end, place, timer }
    }

    /// Asks the value, or says what is left of it; that once, and `None` from then on.
    pub(crate) fn poll<R>(
        &mut self,
        task: &mut Context<'_>,
        ask: impl FnOnce(&mut T, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<Result<R, Option<T::End>>> {
        let mut value = {
            let mut place = lock(&self.place);
            match mem::replace(&mut *place, Place::Asked { is_late: false }) {
                Place::Here(value, _) => value,
                Place::Expiring(_) => {
                    *place = Place::Expiring(Some(task.waker().clone()));
                    return Poll::Pending;
                }
                Place::Expired(left) => {
                    *place = Place::Expired(None);
                    return Poll::Ready(Err(left));
                }
                // It panicked when it was asked, and is no more.
                Place::Asked { .. } => return Poll::Ready(Err(None)),
            }
        };
        // Of one that always has an answer the timer may never get its turn.
        if self.end <= Instant::now() {
            *lock(&self.place) = Place::Expired(None);
            return Poll::Ready(Err(Some(value.expire())));
        }
        let polled = ask(&mut value, task);
        {
            let mut place = lock(&self.place);
            if !matches!(*place, Place::Asked { is_late: true }) {
                let waker = polled.is_pending().then(|| task.waker().clone());
                *place = Place::Here(value, waker);
                return polled.map(Ok);
            }
        }
        let left = value.expire();
        let mut place = lock(&self.place);
        if polled.is_pending() {
            *place = Place::Expired(None);
            return Poll::Ready(Err(Some(left)));
        }
        *place = Place::Expired(Some(left));
        polled.map(Ok)
    }
}

impl<T: Expire> Drop for Limited<T> {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

/// Gives the value up, here or by whoever asks it.
fn expire<T: Expire>(shared: &Mutex<Place<T>>) {
    let mut value = {
        let mut place = lock(shared);
        match mem::replace(&mut *place, Place::Asked { is_late: true }) {
            Place::Here(value, waker) => {
                *place = Place::Expiring(waker);
                value
            }
            Place::Asked { .. } => return,
            gone => {
                *place = gone;
                return;
            }
        }
    };
    let left = value.expire();
    let before = mem::replace(&mut *lock(shared), Place::Expired(Some(left)));
    if let Place::Expiring(Some(waker)) = before {
        waker.wake();
    }
    // Last, as it may panic.
    drop(value);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        sync::{
            atomic::{AtomicUsize, Ordering::SeqCst},
            mpsc,
        },
        task::Wake,
        thread,
        time::Duration,
    };

    use tokio::{
        runtime::Handle,
        task::yield_now,
        time::{advance, timeout},
    };

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Answers what it is told to, and tells of its end.
    struct Echo {
        expired: Arc<AtomicUsize>,
        dropped: Arc<AtomicUsize>,
    }

    impl Expire for Echo {
        type End = &'static str;

        fn expire(&mut self) -> &'static str {
            self.expired.fetch_add(1, SeqCst);
            "late"
        }
    }

    impl Drop for Echo {
        fn drop(&mut self) {
            self.dropped.fetch_add(1, SeqCst);
        }
    }

    /// One that lasts a second; how often it was given up, and dropped.
    fn echo() -> (Limited<Echo>, Arc<AtomicUsize>, Arc<AtomicUsize>) {
        let (expired, dropped) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let echo = Echo { expired: Arc::clone(&expired), dropped: Arc::clone(&dropped) };
        (Limited::new(Instant::now() + SECOND, echo), expired, dropped)
    }

    type Answer = Poll<Result<u8, Option<&'static str>>>;

    fn ask(limited: &mut Limited<Echo>, answer: Poll<u8>) -> Answer {
        limited.poll(&mut Context::from_waker(Waker::noop()), |_, _| answer)
    }

    /// Lets a second pass, and the timers that end within it have their turn.
    async fn later() {
        // A timer is set when its task is run for the first time.
        yield_now().await;
        advance(SECOND).await;
        yield_now().await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_asked_until_its_time_is_over_and_then_it_has_left_something() {
        let (mut echo, expired, dropped) = echo();
        assert_eq!(ask(&mut echo, Poll::Ready(1)), Poll::Ready(Ok(1)));
        assert_eq!(ask(&mut echo, Poll::Pending), Poll::Pending);
        assert_eq!(ask(&mut echo, Poll::Ready(2)), Poll::Ready(Ok(2)));
        later().await;
        assert_eq!((expired.load(SeqCst), dropped.load(SeqCst)), (1, 1), "though nobody asks");
        assert_eq!(ask(&mut echo, Poll::Ready(3)), Poll::Ready(Err(Some("late"))));
        assert_eq!(ask(&mut echo, Poll::Ready(3)), Poll::Ready(Err(None)));
        assert_eq!((expired.load(SeqCst), dropped.load(SeqCst)), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_it_is_told() {
        let (mut echo, ..) = echo();
        let late = poll_fn(|task| echo.poll(task, |_, _| Poll::<()>::Pending));
        assert_eq!(timeout(60 * SECOND, late).await, Ok(Err(Some("late"))));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_always_has_an_answer_ends_in_time_though_the_timer_has_no_turn() {
        let (mut echo, expired, dropped) = echo();
        assert_eq!(ask(&mut echo, Poll::Ready(1)), Poll::Ready(Ok(1)));
        // Without a turn for any other task.
        let mut passing = std::pin::pin!(advance(SECOND));
        let _ = passing.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(ask(&mut echo, Poll::Ready(2)), Poll::Ready(Err(Some("late"))));
        later().await;
        assert_eq!((expired.load(SeqCst), dropped.load(SeqCst)), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn one_whose_time_ends_while_it_is_asked_is_given_up_by_whoever_asks() {
        for (answer, expected) in [
            (Poll::Ready(1), [Poll::Ready(Ok(1)), Poll::Ready(Err(Some("late")))]),
            (Poll::Pending, [Poll::Ready(Err(Some("late"))), Poll::Ready(Err(None))]),
        ] {
            let (mut echo, expired, dropped) = echo();
            let place = Arc::clone(&echo.place);
            let first = echo.poll(&mut Context::from_waker(Waker::noop()), |_, _| {
                expire(&place);
                answer
            });
            assert_eq!((expired.load(SeqCst), dropped.load(SeqCst)), (1, 1));
            assert_eq!([first, ask(&mut echo, Poll::Ready(2))], expected);
        }
    }

    /// Takes its time to be given up.
    struct Slow(mpsc::Receiver<()>, mpsc::Sender<()>);

    impl Expire for Slow {
        type End = ();

        fn expire(&mut self) {
            self.1.send(()).unwrap();
            self.0.recv().unwrap();
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[tokio::test]
    async fn whoever_asks_while_it_is_given_up_waits_for_that() {
        let ((go_on, wait), (tell, begun)) = (mpsc::channel(), mpsc::channel());
        let mut slow = Limited::new(Instant::now() + 60 * SECOND, Slow(wait, tell));
        let place = Arc::clone(&slow.place);
        let timer = thread::spawn(move || expire(&place));
        begun.recv().unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut ask = || slow.poll(&mut Context::from_waker(&waker), |_, _| Poll::Ready(()));
        assert_eq!(ask(), Poll::Pending);
        go_on.send(()).unwrap();
        timer.join().unwrap();
        assert_eq!(woken.0.load(SeqCst), 1);
        assert_eq!(ask(), Poll::Ready(Err(Some(()))));
    }

    #[tokio::test]
    async fn its_task_ends_with_it() {
        let (mut echo, expired, dropped) = echo();
        assert_eq!(ask(&mut echo, Poll::Ready(1)), Poll::Ready(Ok(1)));
        assert_eq!(Handle::current().metrics().num_alive_tasks(), 1);
        drop(echo);
        assert_eq!((expired.load(SeqCst), dropped.load(SeqCst)), (0, 1));
        while Handle::current().metrics().num_alive_tasks() > 0 {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_question_that_panics_is_the_last() {
        let (mut echo, expired, dropped) = echo();
        let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            echo.poll(&mut Context::from_waker(Waker::noop()), |_, _| -> Poll<()> {
                std::panic::resume_unwind(Box::new("on purpose"))
            })
        }));
        assert!(asked.is_err());
        assert_eq!((expired.load(SeqCst), dropped.load(SeqCst)), (0, 1));
        assert_eq!(ask(&mut echo, Poll::Ready(1)), Poll::Ready(Err(None)));
    }
}
