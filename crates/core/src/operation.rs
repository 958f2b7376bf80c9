//! Which method a call is for.

use std::{fmt, ptr, sync::Arc};

/// Which method of which service a call is for, and whether it may be repeated.
///
/// Set once, where the method is mounted or the client is made; layers read it from the
/// [`Context`](crate::Context) to label what they log, measure and limit.
///
/// With literals it is a constant and copying it is free:
///
/// ```
/// use oxkit_core::{Idempotency, Operation};
///
/// const COUNT: Operation =
///     Operation::new("stringsvc", "Count").with_idempotency(Idempotency::NoSideEffects);
///
/// assert_eq!(COUNT.service(), "stringsvc");
/// assert_eq!(COUNT.method(), "Count");
/// assert_eq!(COUNT.to_string(), "stringsvc/Count");
/// assert!(COUNT.idempotency().is_repeatable());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Operation {
    service: Name,
    method: Name,
    idempotency: Idempotency,
}

/// Whether performing a call twice is the same as performing it once.
///
/// A retry or a hedge asks this before it repeats a call that may already have been performed. The
/// names are those of the `idempotency_level` option of Protocol Buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Idempotency {
    /// Nothing is known, so a call that may have been performed is not repeated.
    #[default]
    Unknown,
    /// A second call changes nothing that the first did not.
    Idempotent,
    /// The call changes nothing at all.
    NoSideEffects,
}

impl Idempotency {
    /// Whether a call that may have been performed already can be sent again.
    #[must_use]
    pub const fn is_repeatable(self) -> bool {
        matches!(self, Self::Idempotent | Self::NoSideEffects)
    }
}

#[derive(Clone)]
enum Name {
    Literal(&'static str),
    Shared(Arc<str>),
}

impl Name {
    fn as_str(&self) -> &str {
        match self {
            Self::Literal(name) => name,
            Self::Shared(name) => name,
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        let (this, other) = (self.as_str(), other.as_str());
        // Mostly one constant is compared with itself, and comparing texts is a call.
        ptr::eq(this, other) || this == other
    }
}

impl Eq for Name {}

impl std::hash::Hash for Name {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Operation {
    /// An operation named by literals, of unknown idempotency.
    #[must_use]
    pub const fn new(service: &'static str, method: &'static str) -> Self {
        Self {
            service: Name::Literal(service),
            method: Name::Literal(method),
            idempotency: Idempotency::Unknown,
        }
    }

    /// An operation whose names are known only at run time, such as one read from a configuration.
    ///
    /// Allocates; a clone shares the names.
    #[must_use]
    pub fn named(service: impl Into<Arc<str>>, method: impl Into<Arc<str>>) -> Self {
        Self {
            service: Name::Shared(service.into()),
            method: Name::Shared(method.into()),
            idempotency: Idempotency::Unknown,
        }
    }

    /// Says whether the operation may be repeated.
    #[must_use]
    pub const fn with_idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// The name of the service.
    #[must_use]
    pub fn service(&self) -> &str {
        self.service.as_str()
    }

    /// The name of the method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    /// Whether the operation may be repeated.
    #[must_use]
    pub const fn idempotency(&self) -> Idempotency {
        self.idempotency
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service(), self.method())
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("service", &self.service())
            .field("method", &self.method())
            .field("idempotency", &self.idempotency)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_by_name_however_it_was_given() {
        let read = String::from("todos");
        assert_eq!(Operation::new("todos", "Add"), Operation::named(read, "Add"));
        assert_ne!(Operation::new("todos", "Add"), Operation::new("todos", "Remove"));
    }
}
