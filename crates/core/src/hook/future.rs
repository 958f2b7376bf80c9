//! The one future all hooks share.

use std::{
    fmt, mem,
    pin::Pin,
    task::{self, Poll},
};

use pin_project_lite::pin_project;

use super::End;
use crate::{
    Endpoint, Hook, Outcome,
    future::{OrRefused, in_drop},
};

pin_project! {
    /// The future of a call through a [`Hook`].
    ///
    /// Polling it after it is done panics, as with any future.
    pub struct HookFuture<'a, H, E, F>
    where
        H: Hook<E>,
        E: Endpoint,
    {
        #[pin]
        call: OrRefused<F, E::Error>,
        pending: Pending<'a, H, E>,
    }
}

/// What is still owed to the hook.
///
/// It is a type of its own for its `Drop`: dropping the future before it is done is one of the
/// outcomes a hook is told of.
pub(super) struct Pending<'a, H: Hook<E>, E: Endpoint> {
    owed: Option<(&'a H, H::State)>,
}

impl<'a, H: Hook<E>, E: Endpoint> Pending<'a, H, E> {
    #[inline]
    pub(super) const fn new(hook: &'a H, state: H::State) -> Self {
        Self { owed: Some((hook, state)) }
    }

    /// The state of a hook that is owed something still, and by this no longer.
    #[inline]
    pub(super) fn into_state(mut self) -> H::State {
        let (_, state) = self.owed.take().expect("a hook is told of one end");
        state
    }

    #[inline]
    pub(super) fn tell(&mut self, outcome: Outcome<'_, E::Response, E::Error>, end: &End) {
        if let Some((hook, state)) = self.owed.take() {
            hook.after_at(state, outcome, end);
        }
    }

    #[cold]
    fn tell_in_drop(&mut self, outcome: Outcome<'_, E::Response, E::Error>) {
        in_drop(|| self.tell(outcome, &End::new()));
    }
}

impl<H: Hook<E>, E: Endpoint> Drop for Pending<'_, H, E> {
    #[inline]
    fn drop(&mut self) {
        if self.owed.is_some() {
            self.tell_in_drop(Outcome::Dropped);
        }
    }
}

/// Tells the hook of a panic while it unwinds. Whoever catches the panic drops the future later,
/// when nothing shows any more that there was one.
pub(super) struct OnUnwind<'p, 'a, H: Hook<E>, E: Endpoint>(pub(super) &'p mut Pending<'a, H, E>);

impl<H: Hook<E>, E: Endpoint> Drop for OnUnwind<'_, '_, H, E> {
    fn drop(&mut self) {
        self.0.tell_in_drop(Outcome::Panicked);
    }
}

impl<'a, H: Hook<E>, E: Endpoint, F> HookFuture<'a, H, E, F> {
    #[inline]
    pub(super) const fn running(inner: F, pending: Pending<'a, H, E>) -> Self {
        Self { call: OrRefused::running(inner), pending }
    }

    pub(super) const fn refused(error: E::Error) -> Self {
        Self { call: OrRefused::refused(error), pending: Pending { owed: None } }
    }
}

impl<H, E, F> Future for HookFuture<'_, H, E, F>
where
    H: Hook<E>,
    E: Endpoint,
    F: Future<Output = Result<E::Response, E::Error>>,
{
    type Output = F::Output;

    // Left to itself the compiler stops inlining a few hooks deep, and each hook below costs a
    // call: ten of them, boxed, then take 540 instructions instead of 360.
    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let on_unwind = OnUnwind(this.pending);
        let polled = this.call.poll(task);
        mem::forget(on_unwind);
        // Told of it where it stands: moved out first, a response would be copied twice.
        if let Poll::Ready(result) = &polled {
            this.pending.tell(Outcome::from(result), &End::new());
        }
        polled
    }
}

impl<H: Hook<E>, E: Endpoint, F> fmt::Debug for HookFuture<'_, H, E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookFuture").finish_non_exhaustive()
    }
}
