//! What a client is told besides its pool and its codec.

use std::{sync::Arc, time::Duration};

use http::{Uri, request, response};
use oxkit_core::{Context, Finalizers, Operation};

use super::{ClientError, watch::Finalizer};
use crate::body;

pub(super) type Before =
    dyn Fn(&Context, &mut request::Parts) -> Result<(), ClientError> + Send + Sync;
pub(super) type After = dyn Fn(&Context, &mut response::Parts) + Send + Sync;

pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// Cloned only while clients are configured.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) before: Vec<Arc<Before>>,
    pub(super) after: Vec<Arc<After>>,
    pub(super) finalizers: Finalizers<Finalizer>,
    pub(super) operation: Option<Operation>,
    pub(super) base: Option<Uri>,
    pub(super) timeout: Option<Duration>,
    pub(super) body_limit: u64,
    pub(super) checks_status: bool,
}

impl Settings {
    pub(super) fn new() -> Self {
        Self {
            before: Vec::new(),
            after: Vec::new(),
            finalizers: Finalizers::new(),
            operation: None,
            base: None,
            timeout: Some(TIMEOUT),
            body_limit: body::LIMIT,
            checks_status: true,
        }
    }
}
