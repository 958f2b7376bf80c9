//! The breakers as their users see them, around endpoints and on the paused clock.

mod breaker;
mod calls;
mod classify;
mod contract;
mod keyed;
mod order;
mod shape;
mod throttle;
