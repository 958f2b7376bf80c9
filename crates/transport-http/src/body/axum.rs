//! Between our body and axum's.

use http_body_util::Limited;

use super::{Body, Repr};

/// One that came from axum goes back as it is; any other is boxed, as all of axum's are.
///
/// Its limit becomes one that axum's extractors know, so that they answer 413.
impl From<Body> for ::axum::body::Body {
    fn from(body: Body) -> Self {
        let whole = match body.repr {
            Repr::Empty => return Self::empty(),
            Repr::Axum(inner) => inner,
            repr => Self::new(Body::of(repr)),
        };
        match usize::try_from(body.left) {
            Ok(limit) if body.left != u64::MAX => Self::new(Limited::new(whole, limit)),
            _ => whole,
        }
    }
}
