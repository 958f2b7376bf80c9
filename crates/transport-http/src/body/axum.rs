//! Between our body and axum's.

use http_body_util::Limited;

use super::{Body, Repr};

impl Body {
    /// As a body of axum's whose limit is one that axum's extractors know, so that they answer 413.
    pub(crate) fn into_limited_axum(self) -> ::axum::body::Body {
        let limit = usize::try_from(self.left).unwrap_or(usize::MAX);
        let body = ::axum::body::Body::from(Self::of(self.repr));
        if limit == usize::MAX {
            return body;
        }
        ::axum::body::Body::new(Limited::new(body, limit))
    }
}

/// One that came from axum goes back as it is; any other is boxed, as all of axum's are.
impl From<Body> for ::axum::body::Body {
    fn from(body: Body) -> Self {
        match body.repr {
            Repr::Axum(inner) if body.left == u64::MAX => inner,
            Repr::Empty => Self::empty(),
            repr => Self::new(Body { repr, ..body }),
        }
    }
}
