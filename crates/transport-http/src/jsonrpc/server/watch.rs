//! Follows a call to its end, for the call finalizers.

use std::{mem, time::Instant};

use oxkit_core::{Context, Failure, Finalizers};

use super::CallReport;
use crate::{Ended, jsonrpc::Call};

pub(super) type CallFinalizer = dyn Fn(&Context, &CallReport<'_>) + Send + Sync;

/// Owed to the finalizers of one call; only made where there are some.
///
/// Dropping it before it was told of an end is an end too: the caller went away, or another call of
/// the batch panicked.
pub(super) struct CallWatch<'a> {
    finalizers: &'a Finalizers<CallFinalizer>,
    owed: bool,
    cx: Context,
    call: Option<Call>,
    start: Instant,
}

impl<'a> CallWatch<'a> {
    pub(super) fn new(
        finalizers: &'a Finalizers<CallFinalizer>,
        cx: &Context,
        call: Option<&Call>,
    ) -> Option<Self> {
        if finalizers.is_empty() {
            return None;
        }
        let start = tokio::time::Instant::now().into_std();
        Some(Self { finalizers, owed: true, cx: cx.clone(), call: call.cloned(), start })
    }

    /// What the hooks made of the context.
    pub(super) fn context(&mut self, cx: Context) {
        self.cx = cx;
    }

    pub(super) fn end(&mut self, ended: Ended, error: Option<&(dyn Failure + 'static)>) {
        if !mem::replace(&mut self.owed, false) {
            return;
        }
        let now = tokio::time::Instant::now().into_std();
        let report = CallReport {
            call: self.call.as_ref(),
            ended,
            error,
            duration: now.saturating_duration_since(self.start),
        };
        self.finalizers.tell(|finalizer| finalizer(&self.cx, &report));
    }
}

impl Drop for CallWatch<'_> {
    fn drop(&mut self) {
        self.end(Ended::Disconnected, None);
    }
}
