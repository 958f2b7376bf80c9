//! Buffers that are used again, one of each kind for each thread.
//!
//! A buffer is taken out while it is used. Code that logs while it is being logged (a `Display`
//! that has a logger) then finds none and makes its own: slower, and right.

use std::cell::Cell;

/// A buffer that grew beyond this is not kept: one huge line must not hold memory for ever.
const KEPT: usize = 64 * 1024;

thread_local! {
    static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static TEXT: Cell<String> = const { Cell::new(String::new()) };
}

/// Calls `use_it` with an empty buffer for a line.
#[inline]
pub(crate) fn with_line<T>(use_it: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    // Gone where a thread is ending and something it owned logs.
    let mut line = LINE.try_with(Cell::take).unwrap_or_default();
    line.clear();
    let out = use_it(&mut line);
    if line.capacity() <= KEPT {
        let _ = LINE.try_with(|cell| cell.set(line));
    }
    out
}

/// Calls `use_it` with an empty text.
pub(crate) fn with_text<T>(use_it: impl FnOnce(&mut String) -> T) -> T {
    let mut text = TEXT.try_with(Cell::take).unwrap_or_default();
    text.clear();
    let out = use_it(&mut text);
    if text.capacity() <= KEPT {
        let _ = TEXT.try_with(|cell| cell.set(text));
    }
    out
}
