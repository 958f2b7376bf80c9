//! Which ends of a call count, and for what.

mod by_kind;
mod closure;

use oxkit_core::{Endpoint, Outcome};

pub use by_kind::{ByKind, WithBusinessErrors};
pub use closure::ClassifyFn;

/// What the end of a call says about the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// It works.
    Success,
    /// It does not work.
    Failure,
    /// Nothing: the call does not count. A probe gives its place to the next call.
    Ignored,
}

/// Says what the end of a call says about the endpoint.
///
/// [`ByKind`] is the default and knows every endpoint; a function can look at the answer itself:
/// [`Builder::classify_with`](crate::Builder::classify_with).
pub trait Classify<E: Endpoint>: Send + Sync {
    /// What this end of a call says.
    fn classify(&self, outcome: Outcome<'_, E::Response, E::Error>) -> Verdict;
}
