//! Counts allocations: the same cases as the other binary, on an allocator that counts.
//!
//! Not meant to be started by hand; `oxkit-benches` does, and reads what it prints.

use std::process::ExitCode;

use oxkit_benches::{cases, harness::allocations};

fn main() -> ExitCode {
    let Some(cases) = std::env::args().nth(1).as_deref().and_then(cases) else {
        eprintln!("usage: oxkit-benches-count endpoint|log|stack");
        return ExitCode::from(2);
    };
    allocations::print(cases, |run| allocation_counter::measure(run).count_total);
    ExitCode::SUCCESS
}
