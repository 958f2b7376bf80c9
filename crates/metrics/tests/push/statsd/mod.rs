//! statsd and Datadog's agent.

mod lines;
mod sockets;
mod trouble;
