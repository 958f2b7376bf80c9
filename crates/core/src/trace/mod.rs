//! Where a call stands in a distributed trace, for layers and transports that never meet.

mod context;
mod flags;
mod id;

pub use context::SpanContext;
pub use flags::TraceFlags;
pub use id::{NotAnId, SpanId, TraceId};
