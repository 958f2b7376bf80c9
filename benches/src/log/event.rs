//! What is logged, and where it goes.

use std::{hint::black_box, io};

/// What happened, as a service would tell it.
#[derive(Clone, Copy)]
pub(super) struct Served {
    pub(super) method: &'static str,
    pub(super) input: &'static str,
    pub(super) output: &'static str,
    pub(super) bytes: u64,
    pub(super) took_us: f64,
}

const SERVED: Served = Served {
    method: "uppercase",
    input: "hello, world",
    output: "HELLO, WORLD",
    bytes: 12,
    took_us: 3.25,
};

/// Calls `log` with an event the optimiser knows nothing of, so many times.
#[inline(always)]
pub(super) fn events(calls: u32, mut log: impl FnMut(&Served)) {
    for _ in 0..calls {
        log(black_box(&SERVED));
    }
}

/// The loop alone, with a logger's address that the optimiser knows nothing of either.
pub(super) fn nothing(calls: u32) {
    events(calls, |served| {
        black_box((served, black_box(&())));
    });
}

/// Looks at what is written, and keeps nothing.
#[derive(Debug, Default)]
pub(super) struct Null;

impl io::Write for Null {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The writer behind its `dyn`, opaque to the optimiser.
pub(super) fn null() -> Box<dyn io::Write + Send> {
    black_box(Box::new(Null))
}
