//! Two hooks as one.

use std::mem;

use super::{
    Hook,
    end::End,
    future::{OnUnwind, Pending},
};
use crate::{Context, Endpoint, Outcome};

/// Two hooks as one, the first outermost: in all that they are told, as if each were a layer of its
/// own. They share one future, and one look at the clock for when a call [ended](End).
///
/// More are pairs in pairs. One thing differs: where the second panics while it is told of a call
/// that was dropped, the first is told of the panic.
impl<E, A, B> Hook<E> for (A, B)
where
    E: Endpoint,
    A: Hook<E>,
    B: Hook<E>,
{
    type State = (A::State, B::State);

    #[inline]
    fn before(&self, cx: &mut Context, request: &mut E::Request) -> Result<Self::State, E::Error> {
        let first = self.0.before(cx, request)?;
        let mut pending = Pending::new(&self.0, first);
        let on_unwind = OnUnwind(&mut pending);
        let second = self.1.before(cx, request);
        mem::forget(on_unwind);
        match second {
            Ok(second) => Ok((pending.into_state(), second)),
            Err(error) => {
                pending.tell(Outcome::Failure(&error), &End::new());
                Err(error)
            }
        }
    }

    #[inline]
    fn after(&self, state: Self::State, outcome: Outcome<'_, E::Response, E::Error>) {
        self.after_at(state, outcome, &End::new());
    }

    #[inline]
    fn after_at(
        &self,
        (first, second): Self::State,
        outcome: Outcome<'_, E::Response, E::Error>,
        end: &End,
    ) {
        let mut pending = Pending::new(&self.0, first);
        let on_unwind = OnUnwind(&mut pending);
        self.1.after_at(second, outcome, end);
        mem::forget(on_unwind);
        pending.tell(outcome, end);
    }
}
