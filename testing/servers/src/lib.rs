//! Real servers for the tests: each test starts its own on free ports, breaks it as it likes, and
//! leaves nothing behind.
//!
//! ```no_run
//! let influxdb = testing_servers::influxdb();
//! influxdb.create("test");
//! // ... what is tested writes to influxdb.http() ...
//! let answer = influxdb.query("test", "SELECT * FROM requests");
//! assert_eq!(answer.status, 200);
//! ```
//!
//! A server is ready when its function returns. It is killed when its guard is dropped, and also
//! when the process of the test ends in any other way, be it killed. To be stopped, paused or
//! restarted by a test is what [`Server`] is for; what a network does is played by a [`Proxy`].
//!
//! The servers are installed by `cargo xtask servers install`, which `cargo xtask test` does by
//! itself. Where a program is on the `PATH`, that one is used. A test that needs the server NAME
//! stands in a module `with_NAME`, so that `cargo xtask test --without NAME` can leave it out; where
//! the server is missing the test fails, with a line that says what to do.
//!
//! For Linux and its kin: a server is started, signalled and watched over by the shell.

mod detached;
pub mod http;
mod kinds;
mod peer;
mod ports;
mod process;
mod proxy;
mod running;
mod server;
mod set;
mod wait;

pub use detached::Detached;
pub use kinds::{
    Cloudwatch, Go, Graphite, Influxdb, Otlp, Prometheus, RECIPES, Recipe, Redis, Start, Statsd,
    VictoriaMetrics, cloudwatch, go, graphite, grpcio, influxdb, opentelemetry, otlp, prometheus,
    prometheus_with_rules, promtool, redis, statsd, victoria_metrics,
};
pub use peer::Peer;
pub use ports::free_address;
pub use proxy::Proxy;
pub use running::Running;
pub use server::{Kind, Server};
pub use set::{INTERPRETER, Missing, PLACE, Set, Source, on_path, place, with_libraries};
pub use wait::until;
