//! The two sides of a call: what each is made of, and what its hooks do.

use std::{
    fmt,
    panic::resume_unwind,
    sync::{Arc, Mutex},
    time::Duration,
};

use oxkit_core::{Context, ErrorKind, Reason, Refusal};
use tokio::sync::mpsc::UnboundedSender;

use super::Script;

/// The header that names the tenant of a call.
pub const TENANT: &str = "tenant";

/// The header with which the server says who it is.
pub const SERVED_BY: &str = "served-by";

/// Whose call it is, in the context of either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant(pub String);

/// How a call ended, as its finalizer is told: by its word, and by its kind.
pub(super) type End = (String, Option<ErrorKind>);

/// What is to be served, and how.
#[derive(Debug, Clone)]
pub struct Service {
    /// The endpoint. The failure that its response may carry is to be answered as one.
    pub endpoint: Script,
    /// How long a call may take at most, whatever its caller asks for.
    pub limit: Duration,
    /// The largest request that is taken, in bytes.
    pub message_limit: u64,
    /// Whether a panic is answered.
    pub catches_panics: bool,
    pub(super) told: UnboundedSender<End>,
    pub(super) finalizer_panics: bool,
}

impl Service {
    /// The before hook, given the request's header of a name.
    ///
    /// # Errors
    ///
    /// The tenant is `nobody`.
    pub fn before(
        &self,
        cx: &mut Context,
        header: impl FnOnce(&str) -> Option<String>,
    ) -> Result<(), Refusal> {
        match header(TENANT) {
            Some(tenant) if tenant == "nobody" => {
                return Err(Refusal::new(Reason::PermissionDenied).with_message("not for nobody"));
            }
            Some(tenant) => cx.insert(Tenant(tenant)),
            None => {}
        }
        Ok(())
    }

    /// The after hook: the header it sets, and its value.
    #[must_use]
    pub const fn after() -> (&'static str, &'static str) {
        (SERVED_BY, "contract")
    }

    /// The finalizer.
    pub fn ended(&self, ended: impl fmt::Debug, kind: Option<ErrorKind>) {
        tell(&self.told, ended, kind, self.finalizer_panics);
    }
}

/// Who calls, and how.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The largest response that is taken, in bytes.
    pub message_limit: u64,
    pub(super) told: UnboundedSender<End>,
    pub(super) seen: Arc<Mutex<Vec<Option<String>>>>,
    pub(super) finalizer_panics: bool,
}

impl Caller {
    /// The headers whose values [`after`](Self::after) takes down.
    pub(super) const HEADERS: [&str; 2] = [SERVED_BY, "x-request-id"];

    /// The before hook: the header it sets, and its value, if it sets one.
    #[must_use]
    pub fn before(cx: &Context) -> Option<(&'static str, &str)> {
        cx.get::<Tenant>().map(|tenant| (TENANT, tenant.0.as_str()))
    }

    /// The after hook, given the response's header of a name.
    ///
    /// # Panics
    ///
    /// Never: nothing panics while the lock is held.
    pub fn after(&self, header: impl Fn(&str) -> Option<String>) {
        let seen = Self::HEADERS.map(header).to_vec();
        *self.seen.lock().expect("nothing panics while it is held") = seen;
    }

    /// The finalizer.
    pub fn ended(&self, ended: impl fmt::Debug, kind: Option<ErrorKind>) {
        tell(&self.told, ended, kind, self.finalizer_panics);
    }
}

fn tell(to: &UnboundedSender<End>, ended: impl fmt::Debug, kind: Option<ErrorKind>, panics: bool) {
    // A test that is over listens no more.
    let _ = to.send((format!("{ended:?}"), kind));
    if panics {
        resume_unwind(Box::new("on purpose"));
    }
}
