//! What limiter, shedder and breaker do, second by second, while a backend is flooded, slows down,
//! fails and recovers.
//!
//! | file | holds |
//! |---|---|
//! | `story.rs` | what happens when: the load, and how the backend fares |
//! | `backend.rs` | the backend: so many workers, and a queue |
//! | `stack.rs` | the layers around it, as a service would write them |
//! | `play.rs` | the callers, and the clock |
//! | `second.rs` | what is counted |
//! | `terminal.rs`, `svg/` | what is shown |
//!
//! Nothing here waits for a real clock. The layers read tokio's, which is paused, so a minute of
//! calls is played in a moment and comes out the same each time; who wants to watch it in real time
//! waits between the rows.

mod backend;
mod play;
mod random;
mod second;
mod stack;
mod story;
pub mod svg;
pub mod terminal;

pub use play::{Caller, play};
pub use second::{End, Second, Share};
pub use story::{Health, Phase, STORY};
