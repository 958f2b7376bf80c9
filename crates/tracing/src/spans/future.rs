//! The future of a call in a span: the span is entered while it is polled and at no other time.

use std::{
    fmt,
    marker::PhantomData,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{self, Poll, ready},
    thread,
};

use oxkit_core::{Endpoint, LooksAtResponse, Outcome};
use pin_project_lite::pin_project;

use super::{
    Spans,
    start::{Active, Begun},
};
use crate::Shield;

/// What is still owed to the span of a call, if it has one.
pub(super) struct Owed<'a, M, E> {
    /// There if there is something to do: to end the span, or to keep what is inside of a call that
    /// is not sampled from being recorded.
    spans: Option<&'a Spans<M>>,
    active: Option<Box<Active>>,
    endpoint: PhantomData<fn(E)>,
}

impl<'a, M, E> Owed<'a, M, E>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    pub(super) fn new(spans: &'a Spans<M>, begun: Begun) -> Self {
        let (spans, active) = match begun {
            Begun::Active(active) => (Some(spans), Some(active)),
            Begun::Unsampled if spans.settings.shields => (Some(spans), None),
            Begun::Unsampled | Begun::Unheard => (None, None),
        };
        Self { spans, active, endpoint: PhantomData }
    }

    fn tell(&mut self, outcome: Outcome<'_, E::Response, E::Error>) {
        if let (Some(spans), Some(active)) = (self.spans.take(), self.active.take()) {
            spans.end::<E>(&active.span, outcome);
        }
    }

    /// The same from within a `drop`. Where a panic is unwinding already, one that leaves the
    /// `drop` would end the process, and the first is the one to hear of.
    #[cold]
    fn tell_in_drop(&mut self, outcome: Outcome<'_, E::Response, E::Error>) {
        if !thread::panicking() {
            return self.tell(outcome);
        }
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.tell(outcome))) {
            // Its own `drop` might panic, too.
            mem::forget(payload);
        }
    }
}

/// Inside of the span, until it is dropped. If that is a panic's doing, the span is told.
pub(super) struct Inside<'o, 'a, M, E>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    owed: &'o mut Owed<'a, M, E>,
    is_unwinding: bool,
    _shield: Shield,
}

impl<'o, 'a, M, E> Inside<'o, 'a, M, E>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    #[inline]
    pub(super) fn enter(owed: &'o mut Owed<'a, M, E>) -> Self {
        let mut shield = Shield::none();
        match (&owed.active, owed.spans) {
            (Some(active), _) => {
                // By the subscriber itself: the guard of `tracing` would borrow what is told in the
                // end.
                active.span.with_subscriber(|(id, subscriber)| subscriber.enter(id));
            }
            (None, Some(spans)) => shield = spans.settings.identify.shield(),
            (None, None) => {}
        }
        Self { owed, is_unwinding: true, _shield: shield }
    }

    #[inline]
    pub(super) fn leave(mut self) {
        self.is_unwinding = false;
    }
}

impl<M, E> Drop for Inside<'_, '_, M, E>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    #[inline]
    fn drop(&mut self) {
        let Some(active) = &self.owed.active else { return };
        active.span.with_subscriber(|(id, subscriber)| subscriber.exit(id));
        if self.is_unwinding {
            self.owed.tell_in_drop(Outcome::Panicked);
        }
    }
}

pin_project! {
    /// The future of a call through [`Spans`].
    ///
    /// Polling it after it is done panics, as with any future.
    pub struct SpansFuture<'a, M, E, F>
    where
        E: Endpoint,
        M: LooksAtResponse<E::Response>,
    {
        #[pin]
        call: Call<F>,
        owed: Owed<'a, M, E>,
    }

    impl<'a, M, E, F> PinnedDrop for SpansFuture<'a, M, E, F>
    where
        E: Endpoint,
        M: LooksAtResponse<E::Response>,
    {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.owed.spans.is_some() {
                // What the call has to say while it is dropped, it says in its span.
                let inside = Inside::enter(this.owed);
                this.call.set(Call::Dropped);
                inside.leave();
                this.owed.tell_in_drop(Outcome::Dropped);
            }
        }
    }
}

pin_project! {
    #[project = CallProj]
    enum Call<F> {
        Running { #[pin] inner: F },
        Dropped,
    }
}

impl<'a, M, E, F> SpansFuture<'a, M, E, F>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    pub(super) const fn new(inner: F, owed: Owed<'a, M, E>) -> Self {
        Self { call: Call::Running { inner }, owed }
    }
}

impl<M, E, F> Future for SpansFuture<'_, M, E, F>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
    F: Future<Output = Result<E::Response, E::Error>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let CallProj::Running { inner } = this.call.project() else {
            unreachable!("only its own drop leaves a future without its call");
        };
        let inside = Inside::enter(this.owed);
        let polled = inner.poll(task);
        inside.leave();
        let result = ready!(polled);
        this.owed.tell(Outcome::from(&result));
        Poll::Ready(result)
    }
}

impl<M, E, F> fmt::Debug for SpansFuture<'_, M, E, F>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpansFuture").field("traced", &self.owed.active.is_some()).finish()
    }
}
