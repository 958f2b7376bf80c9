//! The layers as their users see them, each in its own file, and the contract they all keep.

mod adaptive;
mod calls;
mod clocks;
mod contract;
mod delaying;
mod delaying_schedules;
mod erroring;
mod keyed;
mod shape;
mod shed;
