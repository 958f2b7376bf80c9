//! On which side of a call a span is.

use oxkit_core::ErrorKind;

/// On which side of a call a span is, by the names of OpenTelemetry.
///
/// The enum is exhaustive on purpose: the five are all that OpenTelemetry has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A request is served.
    Server,
    /// Another service is called.
    Client,
    /// Something inside of a service, such as a call that takes several attempts.
    Internal,
    /// A message is sent, and nobody waits for an answer.
    Producer,
    /// A message is taken from a queue.
    Consumer,
}

impl Kind {
    /// The name, such as `server`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Internal => "internal",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    /// Whether a failure of this kind makes the span one that failed: where a request is served only
    /// if the fault is ours, elsewhere always. So it is in the conventions of OpenTelemetry for
    /// gRPC and HTTP.
    pub(super) const fn fails_by(self, error: ErrorKind) -> bool {
        match self {
            Self::Server | Self::Consumer => error.is_server_fault(),
            Self::Client | Self::Internal | Self::Producer => true,
        }
    }
}
