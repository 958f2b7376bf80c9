//! Endpoints as gRPC methods.

mod call;
mod configure;
mod kinds;
mod method;
mod report;
mod router;
mod settings;
mod single;
mod streams;
mod timed;
mod watch;

pub use method::Method;
pub use report::{Ended, Report};
pub use router::{Router, Service, Serving, is_grpc};
