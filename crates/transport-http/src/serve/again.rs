//! Polls a future once more where it is woken while it is polled.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::AcqRel, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
};

/// The future is being polled.
const POLLED: u8 = 1;
/// It was woken since the poll began.
const WOKEN: u8 = 2;

/// Polls a future, and once more at once where it was woken meanwhile.
///
/// hyper wakes its own task while it answers: whoever takes a request's body tells the connection
/// that there is room for more of it, also where there is no more. Through the scheduler, the second
/// poll costs a tenth of what the request does.
///
/// Only once, and then through the scheduler: others wait for their turn.
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
                let shared =
                    Arc::new(Shared { state: AtomicU8::new(0), task: task.waker().clone() });
                let waker = Waker::from(Arc::clone(&shared));
                made.insert((shared, waker))
            }
        };
        let mut within = Context::from_waker(waker);
        for _ in 0..2 {
            // What is lost of the state woke the task by itself.
            shared.state.store(POLLED, Relaxed);
            let polled = poll(&mut within);
            if shared.state.swap(0, AcqRel) & WOKEN == 0 || polled.is_ready() {
                return polled;
            }
        }
        shared.task.wake_by_ref();
        Poll::Pending
    }
}

struct Shared {
    state: AtomicU8,
    task: Waker,
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Released to the `swap` that ends the poll, which begins another one if it sees this.
        if self.state.fetch_or(WOKEN, AcqRel) & POLLED == 0 {
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
    use std::sync::atomic::AtomicUsize;

    use super::*;

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
    fn the_result_of_the_second_poll_is_the_result() {
        let mut polls = 0;
        let polled = Again::default().poll(&Context::from_waker(Waker::noop()), |task| {
            polls += 1;
            task.waker().wake_by_ref();
            if polls == 2 { Poll::Ready(polls) } else { Poll::Pending }
        });
        assert_eq!(polled, Poll::Ready(2));
    }
}
