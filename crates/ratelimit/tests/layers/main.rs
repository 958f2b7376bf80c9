//! The layers as their users see them, each in its own file, and the contract they all keep.

mod adaptive;
mod contract;
mod delaying;
mod erroring;
mod keyed;
mod probe;
mod shape;
mod shed;
