//! The bounded queue between those who log and the thread that writes.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// How long the writer's thread rests after it has written: under a stream of lines it is woken
/// two hundred times a second at most. Waking it costs more than to write a line, and on a machine
/// whose cores are busy it costs the program two changes of threads besides. It is woken before that
/// when half of the room is taken.
const REST: Duration = Duration::from_millis(5);

/// Room is given back in parts of the queue this large, for to do so is to take its lock.
const PART: usize = 64;

/// Lines that wait to be written, end to end, so that queueing one allocates nothing once the
/// buffers have grown to what the program needs.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    /// Where each line ends.
    pub(super) ends: Vec<usize>,
    /// Lines lost after those of this batch, not yet told of.
    pub(super) lost: u64,
}

impl Batch {
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }

    fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.lost == 0
    }
}

/// What of a batch was dealt with, and still counts as queued.
#[derive(Default)]
pub(super) struct Done {
    lines: usize,
    bytes: usize,
}

#[derive(Default)]
struct State {
    waiting: Batch,
    /// Lines and bytes that the writer's thread took and is not done with: they count as queued.
    taken_lines: usize,
    taken_bytes: usize,
    /// The writer's thread has a batch that it has not flushed yet.
    busy: bool,
    /// The writer's thread will look for lines without being told.
    resting: bool,
    closed: bool,
    /// The writer's thread has ended.
    ended: bool,
}

impl State {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.busy
    }
}

pub(super) struct Queue {
    state: Mutex<State>,
    /// Something to write, no time to rest, or the queue was closed.
    filled: Condvar,
    /// Nothing left to write, or the thread has ended.
    drained: Condvar,
    max_lines: usize,
    max_bytes: usize,
    lost: AtomicU64,
    pub(super) failed: AtomicU64,
}

impl Queue {
    pub(super) fn new(max_lines: usize, max_bytes: usize) -> Self {
        Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            drained: Condvar::new(),
            max_lines,
            max_bytes,
            lost: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock, and if it did the lines are still lines.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a line, or counts it as lost if there is no room or nobody to write it.
    pub(super) fn push(&self, line: &[u8]) {
        let mut state = self.state();
        let lines = state.waiting.ends.len() + state.taken_lines;
        let bytes = state.waiting.bytes.len() + state.taken_bytes;
        let wake = if state.resting {
            // Soon there would be no room.
            lines >= self.max_lines / 2 || bytes + line.len() >= self.max_bytes / 2
        } else {
            state.waiting.is_empty()
        };
        if wake {
            state.resting = false;
        }
        if state.closed || lines >= self.max_lines || bytes + line.len() > self.max_bytes {
            state.waiting.lost += 1;
            self.lost.fetch_add(1, Relaxed);
        } else {
            state.waiting.bytes.extend_from_slice(line);
            let end = state.waiting.bytes.len();
            state.waiting.ends.push(end);
        }
        drop(state);
        // Waking is a system call, so only what ends a pause does it, be it a line or a loss.
        if wake {
            self.filled.notify_one();
        }
    }

    /// Takes all that waits, and leaves `batch`'s buffers in its place. `false` when the queue is
    /// closed and empty.
    pub(super) fn take(&self, batch: &mut Batch) -> bool {
        let has_written = !batch.is_empty();
        batch.bytes.clear();
        batch.ends.clear();
        batch.lost = 0;
        let mut state = self.state();
        state.taken_lines = 0;
        state.taken_bytes = 0;
        state.busy = false;
        if has_written {
            state = self.rest(state);
        }
        while state.waiting.is_empty() {
            self.drained.notify_all();
            if state.closed {
                return false;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut state.waiting, batch);
        state.taken_lines = batch.ends.len();
        state.taken_bytes = batch.bytes.len();
        state.busy = true;
        true
    }

    /// Lets lines gather after a batch. What comes after a pause is not held up.
    fn rest<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if state.waiting.is_empty() {
            self.drained.notify_all();
        }
        state.resting = !state.closed;
        let rested = self.filled.wait_timeout_while(state, REST, |state| state.resting);
        let (mut state, _) = rested.unwrap_or_else(PoisonError::into_inner);
        state.resting = false;
        state
    }

    /// A line of the taken batch was dealt with: once there are enough of them, there is room for as
    /// many others.
    pub(super) fn done_with(&self, bytes: usize, done: &mut Done) {
        done.lines += 1;
        done.bytes += bytes;
        if done.lines > self.max_lines / PART || done.bytes > self.max_bytes / PART {
            let mut state = self.state();
            state.taken_lines = state.taken_lines.saturating_sub(done.lines);
            state.taken_bytes = state.taken_bytes.saturating_sub(done.bytes);
            *done = Done::default();
        }
    }

    /// Waits until all lines were written and flushed, but no longer than `limit`. Whether they were.
    pub(super) fn wait_drained(&self, limit: Duration) -> bool {
        let mut state = self.state();
        if std::mem::take(&mut state.resting) {
            self.filled.notify_one();
        }
        let (state, _) = self
            .drained
            .wait_timeout_while(state, limit, |state| !state.ended && !state.is_idle())
            .unwrap_or_else(PoisonError::into_inner);
        state.is_idle()
    }

    /// Waits until the thread has ended, but no longer than `limit`. Whether it has.
    pub(super) fn wait_ended(&self, limit: Duration) -> bool {
        let state = self.state();
        let (state, _) = self
            .drained
            .wait_timeout_while(state, limit, |state| !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        state.ended
    }

    /// From now on lines are lost.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.resting = false;
        drop(state);
        self.filled.notify_one();
    }

    /// The writer's thread ends, in whichever way.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.closed = true;
        state.ended = true;
        drop(state);
        self.drained.notify_all();
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}
