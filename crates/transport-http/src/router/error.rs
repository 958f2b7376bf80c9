//! A route that cannot be added.

use std::{error::Error, fmt};

use http::Method;

/// A route that cannot be added: its pattern is malformed, or another route is in its way.
#[derive(Debug)]
pub struct RouteError(Reason);

#[derive(Debug)]
enum Reason {
    Taken { method: Option<Method>, path: String },
    Pattern { path: String, source: matchit::InsertError },
    NoPath { path: String },
    Repeated { path: String, name: String },
}

impl RouteError {
    pub(super) const fn taken(method: Option<Method>, path: String) -> Self {
        Self(Reason::Taken { method, path })
    }

    pub(super) const fn pattern(path: String, source: matchit::InsertError) -> Self {
        Self(Reason::Pattern { path, source })
    }

    pub(super) const fn no_path(path: String) -> Self {
        Self(Reason::NoPath { path })
    }

    pub(super) const fn repeated(path: String, name: String) -> Self {
        Self(Reason::Repeated { path, name })
    }

    /// Whether another route is in the way; otherwise the pattern is malformed.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(
            self.0,
            Reason::Taken { .. }
                | Reason::Pattern { source: matchit::InsertError::Conflict { .. }, .. }
        )
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Taken { method, path } => {
                let method = method.as_ref().map_or("any method", Method::as_str);
                write!(f, "route `{path}`: {method} has a handler already")
            }
            Reason::Pattern { path, source } => write!(f, "route `{path}`: {source}"),
            Reason::NoPath { path } => write!(f, "route `{path}`: a path begins with `/`"),
            Reason::Repeated { path, name } => {
                write!(f, "route `{path}`: two parameters are called `{name}`")
            }
        }
    }
}

impl Error for RouteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Reason::Taken { .. } | Reason::NoPath { .. } | Reason::Repeated { .. } => None,
            Reason::Pattern { source, .. } => Some(source),
        }
    }
}
