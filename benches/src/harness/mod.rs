//! What all benchmarks share: rounds, noise, statistics, tables and goals.
//!
//! A figure of one machine on one day says little; what two things cost side by side says much. So
//! everything that is compared is measured in the same run, a little at a time, in turn: a *round*
//! measures every case once, the order moves on by one from round to round, a ratio is taken
//! within a round, and what is printed is the median over the rounds.

pub mod allocations;
pub mod compare;
mod core;
mod goal;
pub mod instructions;
mod noise;
mod options;
mod pair;
mod proc;
mod report;
mod rounds;
mod stats;
mod table;

pub use self::core::{both_cores, on_core};
pub use goal::Goal;
pub use noise::{Noise, undisturbed};
pub use options::Options;
pub use proc::{Usage, resident, usage};
pub use report::Report;
pub use rounds::{CASE_CORE, Case, Rounds, rotated};
pub use stats::Sample;
pub use table::Table;
