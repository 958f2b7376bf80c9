//! The future of the layers that change what comes back.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

/// Applies `map` to what `inner` gives.
///
/// Written by hand because an `async` block would store the request once more at every layer.
pub(crate) const fn map_output<F, M, T>(inner: F, map: M) -> MapOutput<F, M>
where
    F: Future,
    M: Fn(F::Output) -> T,
{
    MapOutput { inner, map }
}

pin_project! {
    pub(crate) struct MapOutput<F, M> {
        #[pin]
        inner: F,
        map: M,
    }
}

impl<F, M, T> Future for MapOutput<F, M>
where
    F: Future,
    M: Fn(F::Output) -> T,
{
    type Output = T;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<T> {
        let this = self.project();
        this.inner.poll(task).map(this.map)
    }
}
