//! What a server is told besides its endpoint and its codec.

use std::{sync::Arc, time::Duration};

use http::{request, response};
use oxkit_core::{Context, Finalizers, Operation, RequestIds};

use super::watch::Finalizer;
use crate::{ErrorEncoder, PlainText, Rejection, body};

pub(super) type Before =
    dyn Fn(&mut Context, &mut request::Parts) -> Result<(), Rejection> + Send + Sync;
pub(super) type After = dyn Fn(&Context, &mut response::Parts) + Send + Sync;

pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// Cloned only while servers are configured; a request reads it through the server's one `Arc`.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) before: Vec<Arc<Before>>,
    pub(super) after: Vec<Arc<After>>,
    /// Shared with each request's watch, which outlives the call.
    pub(super) finalizers: Finalizers<Finalizer>,
    pub(super) errors: Arc<dyn ErrorEncoder>,
    pub(super) operation: Option<Operation>,
    pub(super) timeout: Option<Duration>,
    /// How long after the deadline a request is given up: none, but where the endpoint answers for
    /// the deadline itself, which it must have the time to do.
    pub(super) grace: Duration,
    pub(super) body_limit: u64,
    pub(super) require_json: bool,
    pub(super) catch_panics: bool,
    pub(super) keep_head: bool,
    pub(super) request_ids: Option<Arc<RequestIds>>,
    is_plain: bool,
}

impl Settings {
    pub(super) fn new() -> Self {
        Self {
            before: Vec::new(),
            after: Vec::new(),
            finalizers: Finalizers::new(),
            errors: Arc::new(PlainText),
            operation: None,
            timeout: Some(TIMEOUT),
            grace: Duration::ZERO,
            body_limit: body::LIMIT,
            require_json: false,
            catch_panics: false,
            keep_head: false,
            request_ids: None,
            is_plain: true,
        }
    }

    /// Whether nothing was asked for that concerns a request before it is decoded or after it is
    /// answered.
    pub(super) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// To be called whenever anything was set: what it finds is asked for at each request.
    pub(super) fn look_over(&mut self) {
        self.is_plain = self.before.is_empty()
            && self.after.is_empty()
            && self.finalizers.is_empty()
            && self.request_ids.is_none()
            && !self.require_json;
    }
}
