//! gRPC with peers that are not ours, and with peers that misbehave.
//!
//! The tests of this package call Google's own gRPC library for Python and are called by it, send
//! what nobody should send, and leave in the middle. Here is what they share: a service, and a
//! place to serve it.
//!
//! What a thousand streams with slow readers do to the memory, for a minute:
//! `cargo run --release -p testing-interop --example readers`.

mod authority;
mod raw;
pub mod readers;
mod service;
mod serving;
mod streams;
mod waiting;

pub use authority::{Authority, Identity};
pub use raw::{Answered, Raw, whole};
pub use service::{Ending, Endings, TEXT, methods};
pub use serving::{Server, channel, serve, serve_tls, serve_within};
pub use streams::{Counted, Numbers, Queue, Sums, Texts};
pub use waiting::{settled, until};
