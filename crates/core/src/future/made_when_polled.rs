//! A future that is made when it is first polled.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

/// The future that `make` makes once it is polled.
///
/// The same as `async move { make().await }`, without room for both what `make` needs and what it
/// makes: the one takes the place of the other. What holds it until it is polled copies less, too,
/// than if it held what was made.
///
/// # Panics
///
/// When `make` does, and when it is polled after that. Polled after it is done, it does what the
/// future that was made does.
///
/// # Cancel safety
///
/// As what is made. Dropped before it is polled, nothing is made.
///
/// ```
/// use std::{pin::pin, task::{Context, Poll, Waker}};
/// use oxkit_core::future::made_when_polled;
///
/// async fn length(text: String) -> usize {
///     text.len()
/// }
///
/// let text = "hello".to_owned();
/// let length = pin!(made_when_polled(|| length(text)));
/// let mut task = Context::from_waker(Waker::noop());
/// assert_eq!(length.poll(&mut task), Poll::Ready(5));
/// ```
pub const fn made_when_polled<M, F>(make: M) -> MadeWhenPolled<M, F>
where
    M: FnOnce() -> F,
    F: Future,
{
    MadeWhenPolled { state: State::ToMake { make: Some(make) } }
}

pin_project! {
    /// The future of [`made_when_polled`].
    #[must_use = "futures do nothing unless polled"]
    pub struct MadeWhenPolled<M, F> {
        #[pin]
        state: State<M, F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<M, F> {
        // Gone where `make` has panicked.
        ToMake { make: Option<M> },
        Made { #[pin] future: F },
    }
}

impl<M, F> Future for MadeWhenPolled<M, F>
where
    M: FnOnce() -> F,
    F: Future,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let mut state = self.project().state;
        if let StateProj::ToMake { make } = state.as_mut().project() {
            let make = make.take().expect("a future is not polled after it has panicked");
            state.set(State::Made { future: make() });
        }
        match state.project() {
            StateProj::Made { future } => future.poll(task),
            StateProj::ToMake { .. } => unreachable!("it was made above"),
        }
    }
}

impl<M, F> fmt::Debug for MadeWhenPolled<M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeWhenPolled").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::pending, pin::pin, task::Waker};

    use super::*;

    #[test]
    fn it_is_made_once_and_not_before_it_is_polled() {
        let made = Cell::new(0);
        let make = || {
            made.set(made.get() + 1);
            pending::<()>()
        };
        drop(made_when_polled(make));
        let mut future = pin!(made_when_polled(make));
        assert_eq!(made.get(), 0);
        for _ in 0..3 {
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(made.get(), 1);
    }

    #[test]
    fn it_needs_no_room_for_both_what_makes_it_and_what_is_made() {
        let words = [1_u64; 16];
        let future = made_when_polled(|| async move { std::future::ready(words).await });
        assert!(size_of_val(&future) < 3 * size_of_val(&words), "{}", size_of_val(&future));
        let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(words));
    }
}
