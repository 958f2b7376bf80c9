//! Counts allocations: the same cases as the other binary, on an allocator that counts.
//!
//! Not meant to be started by hand; `oxkit-benches` does, and reads what it prints.

use std::process::ExitCode;

use oxkit_benches::{endpoint, harness::allocations, log};

fn main() -> ExitCode {
    let cases = match std::env::args().nth(1).as_deref() {
        Some("endpoint") => endpoint::chains().into_iter().map(|chain| chain.case).collect(),
        Some("log") => log::cases(),
        _ => {
            eprintln!("usage: oxkit-benches-count endpoint|log");
            return ExitCode::from(2);
        }
    };
    allocations::print(cases, |run| allocation_counter::measure(run).count_total);
    ExitCode::SUCCESS
}
