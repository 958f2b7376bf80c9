//! One future after the other, in the space of the larger.

use std::{
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

pin_project! {
    /// Runs `first`, and then what `next` makes of its output; or ends there, if `next` says so.
    ///
    /// The same as an `async` block, of half the size: a block keeps its captures beside the
    /// futures that it moved them into. A request is 300 bytes, and a boxed future of more than
    /// 1,000 is beyond what allocators are quick at.
    #[project = ThenProj]
    #[project_replace = ThenOwn]
    pub(super) enum Then<First, Next, Second, Output> {
        First { #[pin] future: First, next: Next },
        Second { #[pin] future: Second },
        Ended { output: Output },
        Done,
    }
}

impl<First, Next, Second> Future for Then<First, Next, Second, Second::Output>
where
    First: Future,
    Next: FnOnce(First::Output) -> ControlFlow<Second::Output, Second>,
    Second: Future,
{
    type Output = Second::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        if let ThenProj::First { future, .. } = self.as_mut().project() {
            let output = ready!(future.poll(task));
            if let ThenOwn::First { next, .. } = self.as_mut().project_replace(Self::Done) {
                match next(output) {
                    ControlFlow::Continue(future) => self.set(Self::Second { future }),
                    ControlFlow::Break(output) => return Poll::Ready(output),
                }
            }
        }
        if let ThenProj::Second { future } = self.as_mut().project() {
            return future.poll(task);
        }
        match self.project_replace(Self::Done) {
            ThenOwn::Ended { output } => Poll::Ready(output),
            _ => unreachable!("a future is not polled after it is done"),
        }
    }
}
