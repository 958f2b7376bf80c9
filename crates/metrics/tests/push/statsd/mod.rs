//! statsd and Datadog's agent.

mod events;
mod lines;
mod sockets;
mod trouble;
mod with_statsd;
