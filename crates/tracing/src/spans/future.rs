//! The future of a call in a span: the span is entered while it is polled and at no other time.

use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{self, Poll},
};

use oxkit_core::{Context, Endpoint, LooksAtResponse, Outcome, future::in_drop};
use pin_project_lite::pin_project;

use super::{
    Spans,
    start::{Active, Verdict},
};
use crate::Shield;

const NO_CALL: &str = "a future is polled after its call has panicked, or was dropped";

/// What is still owed to the span of a call, if it has one.
struct Owed<'a, M, E> {
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
    #[inline]
    const fn nothing() -> Self {
        Self { spans: None, active: None, endpoint: PhantomData }
    }

    /// With a span, or else the duty to shield what is inside.
    const fn new(spans: &'a Spans<M>, active: Option<Box<Active>>) -> Self {
        Self { spans: Some(spans), active, endpoint: PhantomData }
    }

    /// What is owed to a call that may have a span, and the context that it gets.
    //
    // Apart from what makes the future, which is to be small and made where it stays.
    #[inline(never)]
    fn begin(spans: &'a Spans<M>, cx: Context) -> (Self, Context) {
        let verdict = if cx.is_unsampled() { Verdict::Unsampled } else { spans.start(&cx) };
        match verdict {
            Verdict::Span(active, span) => (Self::new(spans, Some(active)), cx.with(span)),
            Verdict::Unsampled if spans.settings.knows_others => {
                (Self::new(spans, None), cx.unsampled())
            }
            Verdict::Unsampled => (Self::nothing(), cx.unsampled()),
            // What is called on the way belongs to whoever called.
            Verdict::Unheard => (Self::nothing(), cx),
        }
    }

    /// Begins, polls or drops the call in its span.
    #[inline]
    fn inside<T>(&mut self, run: impl FnOnce() -> T) -> T {
        let inside = Inside::enter(self);
        let done = run();
        inside.leave();
        done
    }

    fn tell(&mut self, outcome: Outcome<'_, E::Response, E::Error>) {
        // In any case there is nothing more to do.
        if let (Some(spans), Some(active)) = (self.spans.take(), self.active.take()) {
            spans.end::<E>(&active.span, outcome);
        }
    }

    #[cold]
    fn tell_in_drop(&mut self, outcome: Outcome<'_, E::Response, E::Error>) {
        in_drop(|| self.tell(outcome));
    }
}

/// Inside of the span, until it is dropped. If that is a panic's doing, the span is told.
struct Inside<'o, 'a, M, E>
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
    fn enter(owed: &'o mut Owed<'a, M, E>) -> Self {
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
    fn leave(mut self) {
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
    pub struct SpansFuture<'a, M, E, S, F>
    where
        E: Endpoint,
        M: LooksAtResponse<E::Response>,
    {
        #[pin]
        call: Call<S, F>,
        owed: Owed<'a, M, E>,
    }

    impl<'a, M, E, S, F> PinnedDrop for SpansFuture<'a, M, E, S, F>
    where
        E: Endpoint,
        M: LooksAtResponse<E::Response>,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.owed.spans.is_some() {
                drop_inside(this.owed, this.call);
            }
        }
    }
}

pin_project! {
    #[project = CallProj]
    enum Call<S, F> {
        // What begins the call, in which work may be done: it belongs in the span, which is entered
        // once for this and for the first poll.
        Begun { start: Option<(S, Context)> },
        Running { #[pin] inner: F },
        Dropped,
    }
}

impl<'a, M, E, S, F> SpansFuture<'a, M, E, S, F>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
    S: FnOnce(Context) -> F,
{
    /// `start` is the inner `call`.
    #[inline]
    pub(super) fn begin(spans: &'a Spans<M>, cx: Context, start: S) -> Self {
        if spans.is_idle(&cx) {
            // Made here and not where the other path could join: values that may come from either
            // are copied once more, and reading what was just written in other pieces is slow.
            return Self { call: Call::Running { inner: start(cx) }, owed: Owed::nothing() };
        }
        let (owed, cx) = Owed::begin(spans, cx);
        Self { call: Call::Begun { start: Some((start, cx)) }, owed }
    }
}

impl<M, E, S, F> Future for SpansFuture<'_, M, E, S, F>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
    S: FnOnce(Context) -> F,
    F: Future<Output = Result<E::Response, E::Error>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if this.owed.spans.is_none()
            && let CallProj::Running { inner } = this.call.as_mut().project()
        {
            return inner.poll(task);
        }
        poll_inside(this.owed, this.call, task)
    }
}

// Apart from the paths of a call without a span, which should be no longer than they must: each of
// these would make those save registers that they have no use for.

#[inline(never)]
fn poll_inside<M, E, S, F>(
    owed: &mut Owed<'_, M, E>,
    mut call: Pin<&mut Call<S, F>>,
    task: &mut task::Context<'_>,
) -> Poll<F::Output>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
    S: FnOnce(Context) -> F,
    F: Future<Output = Result<E::Response, E::Error>>,
{
    let polled = owed.inside(|| {
        if let CallProj::Begun { start } = call.as_mut().project() {
            let (start, cx) = start.take().expect(NO_CALL);
            call.set(Call::Running { inner: start(cx) });
        }
        let CallProj::Running { inner } = call.project() else { unreachable!("{NO_CALL}") };
        inner.poll(task)
    });
    if let Poll::Ready(result) = &polled {
        owed.tell(Outcome::from(result));
    }
    polled
}

#[inline(never)]
fn drop_inside<M, E, S, F>(owed: &mut Owed<'_, M, E>, mut call: Pin<&mut Call<S, F>>)
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    // What the call has to say while it is dropped, it says in its span.
    owed.inside(|| call.set(Call::Dropped));
    owed.tell_in_drop(Outcome::Dropped);
}

impl<M, E, S, F> fmt::Debug for SpansFuture<'_, M, E, S, F>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpansFuture").field("traced", &self.owed.active.is_some()).finish()
    }
}
