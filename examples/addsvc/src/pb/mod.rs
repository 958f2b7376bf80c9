//! What is made of `proto/addsvc.proto`: the messages, and their description for reflection.
//!
//! Committed, so that building needs neither protobuf's compiler nor a build script. To make them
//! anew after the file was changed: `REGENERATE=1 cargo test -p addsvc --test codegen`.

// As the generator writes them, so that the test can compare.
#[rustfmt::skip]
mod descriptor;
#[rustfmt::skip]
mod messages;

pub use descriptor::FILE_DESCRIPTOR_SET;
pub use messages::{ConcatReply, ConcatRequest, SumReply, SumRequest};

/// The name of the service that is Go kit's.
pub const ADD: &str = "pb.Add";

/// The name of the service beside it.
pub const ADD_STREAM: &str = "pb.AddStream";
