//! What tells a service to stop.

use oxkit_log::{Logger, info};
use tokio::signal::unix::{SignalKind, signal};

use crate::args::fail;

/// Ready on the first SIGINT or SIGTERM from now on, be it before the future is polled.
pub(crate) fn stop(logger: Logger) -> impl Future<Output = ()> {
    let on = |kind| {
        signal(kind).unwrap_or_else(|error| fail(format_args!("cannot wait for signals: {error}")))
    };
    let mut interrupt = on(SignalKind::interrupt());
    let mut terminate = on(SignalKind::terminate());
    async move {
        let signal = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        info!(logger, "stopping", signal);
    }
}
