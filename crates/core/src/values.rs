//! The context values that more than one crate speaks of.

use std::{fmt, net::SocketAddr, sync::Arc};

use crate::Context;

/// The identifier of one request as it travels through several services.
///
/// A transport reads it from the request it serves and passes it on with the requests it makes
/// meanwhile; a logger may add it to every line. Cloning shares the text.
///
/// ```
/// use oxkit_core::{Context, RequestId};
///
/// let cx = Context::new().with(RequestId::from("7f3a"));
/// assert_eq!(cx.get::<RequestId>().map(RequestId::as_str), Some("7f3a"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Arc<str>>> From<T> for RequestId {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestId").field(&self.as_str()).finish()
    }
}

/// The network address a call came from, as the transport saw it.
///
/// This is the other end of the connection. Behind a proxy it is the proxy: what a forwarding
/// header claims is never put here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer(pub SocketAddr);

/// How much it would hurt not to serve a request, so that overload hits what hurts least.
///
/// The four levels are those of *Site Reliability Engineering* (Beyer et al., 2016, chapter 21,
/// "Handling Overload"). Whoever starts a request sets one; it travels in the [`Context`] and what
/// is called on the way inherits it. A layer that sheds load looks at it, and so may a queue.
///
/// The order is that of importance: [`Sheddable`](Self::Sheddable) is the least. A call that says
/// nothing is [`Critical`](Self::Critical), the default.
///
/// The enum is exhaustive on purpose: the book found four to be enough, and a threshold that forgets
/// a level should not compile.
///
/// ```
/// use oxkit_core::{Context, Criticality};
///
/// let cx = Context::new().with(Criticality::Sheddable);
/// assert_eq!(Criticality::of(&cx), Criticality::Sheddable);
/// assert_eq!(Criticality::of(&Context::new()), Criticality::Critical);
/// assert!(Criticality::Sheddable < Criticality::CriticalPlus);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Criticality {
    /// May be unserved often, and for a while altogether: a retry will come, or nobody waits.
    Sheddable,
    /// Partial unavailability is expected: a batch job that retries within minutes or hours.
    SheddablePlus,
    /// A user would notice. Enough capacity is planned for it.
    #[default]
    Critical,
    /// A user would suffer badly. As few requests as possible should claim it.
    CriticalPlus,
}

impl Criticality {
    /// Every level, from the least important to the most.
    pub const ALL: [Self; 4] =
        [Self::Sheddable, Self::SheddablePlus, Self::Critical, Self::CriticalPlus];

    /// The level that `cx` carries, or [`Critical`](Self::Critical) if it carries none.
    #[must_use]
    pub fn of(cx: &Context) -> Self {
        cx.get().copied().unwrap_or_default()
    }

    /// The name in the book, such as `SHEDDABLE_PLUS`: stable, for labels, logs and the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sheddable => "SHEDDABLE",
            Self::SheddablePlus => "SHEDDABLE_PLUS",
            Self::Critical => "CRITICAL",
            Self::CriticalPlus => "CRITICAL_PLUS",
        }
    }

    /// The level of this [name](Self::name), if there is one.
    ///
    /// ```
    /// use oxkit_core::Criticality;
    ///
    /// assert_eq!(Criticality::from_name("CRITICAL_PLUS"), Some(Criticality::CriticalPlus));
    /// assert_eq!(Criticality::from_name("critical"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

impl fmt::Display for Criticality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_in_the_order_of_their_importance_and_read_back_by_name() {
        assert!(Criticality::ALL.is_sorted());
        for level in Criticality::ALL {
            assert_eq!(Criticality::from_name(level.name()), Some(level));
        }
    }
}
