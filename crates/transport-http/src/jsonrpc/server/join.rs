//! Running the calls of a batch side by side.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

/// Runs `futures` at most `limit` at a time, within the caller's own task; gives their outputs in
/// the order of the futures.
///
/// A future is made when there is a place for it, and boxed so that it can be polled beside others.
/// Whenever the task is woken all that run are polled: there are few of them, and a waker for each
/// would cost more than it saves. Nothing is spawned, so dropping this drops them all.
pub(super) async fn join<F: Future>(
    futures: impl Iterator<Item = F>,
    limit: usize,
) -> Vec<F::Output> {
    let mut join =
        Join { waiting: futures, running: Vec::new(), done: Vec::new(), limit: limit.max(1) };
    poll_fn(|task| join.poll(task)).await;
    // All have ended by now, so nothing is left out.
    join.done.into_iter().flatten().collect()
}

struct Join<I, F: Future> {
    waiting: I,
    /// Each with its place in `done`.
    running: Vec<(usize, Pin<Box<F>>)>,
    done: Vec<Option<F::Output>>,
    limit: usize,
}

impl<F: Future, I: Iterator<Item = F>> Join<I, F> {
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let mut at = 0;
        loop {
            if at == self.running.len() {
                // Those before have been polled and are pending: is there a place for one more?
                if at == self.limit {
                    return Poll::Pending;
                }
                let Some(next) = self.waiting.next() else { break };
                self.running.push((self.done.len(), Box::pin(next)));
                self.done.push(None);
            }
            let (place, future) = &mut self.running[at];
            match future.as_mut().poll(task) {
                Poll::Pending => at += 1,
                Poll::Ready(output) => {
                    self.done[*place] = Some(output);
                    self.running.swap_remove(at);
                }
            }
        }
        if self.running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::ready, task::Waker};

    use super::*;

    /// Ready when it has been polled as often as it says.
    struct After<'a> {
        polls: usize,
        output: usize,
        alive: &'a Cell<usize>,
    }

    impl Future for After<'_> {
        type Output = usize;

        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<usize> {
            if self.polls == 0 {
                return Poll::Ready(self.output);
            }
            self.polls -= 1;
            Poll::Pending
        }
    }

    impl Drop for After<'_> {
        fn drop(&mut self) {
            self.alive.set(self.alive.get() - 1);
        }
    }

    proptest::proptest! {
        #[test]
        fn outputs_keep_the_order_and_no_more_run_than_may(
            polls in proptest::collection::vec(0_usize..5, 0..40),
            limit in 0_usize..10,
        ) {
            let (alive, most) = (Cell::new(0), Cell::new(0));
            let futures = polls.iter().enumerate().map(|(output, polls)| {
                alive.set(alive.get() + 1);
                most.set(most.get().max(alive.get()));
                After { polls: *polls, output, alive: &alive }
            });
            let mut joined = std::pin::pin!(join(futures, limit));
            let mut task = Context::from_waker(Waker::noop());
            let outputs = loop {
                if let Poll::Ready(outputs) = joined.as_mut().poll(&mut task) {
                    break outputs;
                }
            };
            proptest::prop_assert_eq!(outputs, (0..polls.len()).collect::<Vec<_>>());
            proptest::prop_assert!(most.get() <= limit.max(1));
        }
    }

    #[test]
    fn nothing_to_run_is_ready_at_once() {
        let mut joined = std::pin::pin!(join(std::iter::empty::<std::future::Ready<u8>>(), 4));
        let mut task = Context::from_waker(Waker::noop());
        assert_eq!(joined.as_mut().poll(&mut task), Poll::Ready(vec![]));
        let mut joined = std::pin::pin!(join([ready(7)].into_iter(), 4));
        assert_eq!(joined.as_mut().poll(&mut task), Poll::Ready(vec![7]));
    }
}
