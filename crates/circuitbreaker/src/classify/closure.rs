//! By a function of the user's.

use std::{any::type_name, fmt, marker::PhantomData};

use oxkit_core::{Endpoint, Outcome};

use super::{Classify, Verdict};

/// A classification by a function, made by
/// [`Builder::classify_with`](crate::Builder::classify_with).
pub struct ClassifyFn<F, Response, Error> {
    f: F,
    types: PhantomData<fn(&Response, &Error)>,
}

impl<F, Response, Error> ClassifyFn<F, Response, Error> {
    pub(crate) const fn new(f: F) -> Self {
        Self { f, types: PhantomData }
    }
}

impl<E, F> Classify<E> for ClassifyFn<F, E::Response, E::Error>
where
    E: Endpoint,
    F: Fn(Outcome<'_, E::Response, E::Error>) -> Verdict + Send + Sync,
{
    fn classify(&self, outcome: Outcome<'_, E::Response, E::Error>) -> Verdict {
        (self.f)(outcome)
    }
}

impl<F: Clone, Response, Error> Clone for ClassifyFn<F, Response, Error> {
    fn clone(&self) -> Self {
        Self::new(self.f.clone())
    }
}

impl<F, Response, Error> fmt::Debug for ClassifyFn<F, Response, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClassifyFn").field(&type_name::<F>()).finish()
    }
}
