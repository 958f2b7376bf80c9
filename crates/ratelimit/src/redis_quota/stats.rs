//! What a quota tells of itself, and of its server.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Whether a [`RedisQuota`](super::RedisQuota) asks its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedisState {
    /// Nothing was asked yet.
    Idle,
    /// A first connection is being made; the local limiter decides meanwhile.
    Connecting,
    /// The server decides.
    Up,
    /// The server is down, slow or refuses; the local limiter decides, and a connection is tried
    /// again and again.
    Down,
}

impl RedisState {
    /// A name for labels and logs: `idle`, `connecting`, `up` or `down`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

impl fmt::Display for RedisState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a [`RedisQuota`](super::RedisQuota) has done since it was made. Every number only grows, so
/// each is a counter of a metrics system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedisStats {
    /// Calls that the server decided.
    pub shared: u64,
    /// Calls that the local limiter decided.
    pub local: u64,
    /// Times the server did not answer within the budget.
    pub slow: u64,
    /// Times the connection broke, or the server answered with an error.
    pub failed: u64,
    /// Connections that were made.
    pub connections: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    shared: AtomicU64,
    local: AtomicU64,
    slow: AtomicU64,
    failed: AtomicU64,
    connections: AtomicU64,
}

impl Counts {
    pub(super) fn shared(&self) {
        self.shared.fetch_add(1, Relaxed);
    }

    pub(super) fn local(&self) {
        self.local.fetch_add(1, Relaxed);
    }

    pub(super) fn slow(&self) {
        self.slow.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self) -> RedisStats {
        RedisStats {
            shared: self.shared.load(Relaxed),
            local: self.local.load(Relaxed),
            slow: self.slow.load(Relaxed),
            failed: self.failed.load(Relaxed),
            connections: self.connections.load(Relaxed),
        }
    }
}
