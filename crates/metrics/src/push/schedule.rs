//! When to send, and for how long.

use std::time::Duration;

/// What all that send have in common.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) interval: Duration,
    pub(crate) send_timeout: Duration,
    pub(crate) last_flush: Duration,
}

impl Schedule {
    pub(crate) const fn new(interval: Duration, send_timeout: Duration) -> Self {
        Self { interval, send_timeout, last_flush: Duration::from_secs(5) }
    }
}

/// The methods of a builder that has a `schedule`.
macro_rules! schedule_methods {
    () => {
        /// How often to send. Less than a millisecond is taken for one.
        ///
        /// After a failure it is tried again sooner: after a second, then twice as long each time
        /// up to the interval, and less a random part of up to a half.
        pub fn interval(mut self, interval: std::time::Duration) -> Self {
            self.schedule.interval = interval.max(std::time::Duration::from_millis(1));
            self
        }

        /// How long sending one request may take, with its answer if there is one.
        pub const fn send_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.schedule.send_timeout = timeout;
            self
        }

        /// How long the last flush may take, with all its requests, when the program ends. What is
        /// not sent by then is dropped and [counted](crate::PushStats::dropped).
        pub const fn last_flush_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.schedule.last_flush = timeout;
            self
        }
    };
}
pub(crate) use schedule_methods;
