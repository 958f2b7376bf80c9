//! A case that two cores work on at once.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use super::{Case, on_core};

/// A thread that stays on one core and works when it is told to. It ends with this value.
struct Worker {
    begin: SyncSender<u32>,
    done: Receiver<()>,
}

impl Worker {
    fn start(core: usize, work: Arc<dyn Fn(u32) + Send + Sync>) -> Self {
        let (begin, calls) = sync_channel::<u32>(1);
        let (tell, done) = sync_channel(1);
        thread::spawn(move || {
            on_core(core, || {
                for calls in calls {
                    work(calls);
                    if tell.send(()).is_err() {
                        break;
                    }
                }
            });
        });
        Self { begin, done }
    }
}

impl Case {
    /// A case whose calls are shared by two threads, one on each of two cores.
    ///
    /// A figure is the time that passed over all calls of both: half of one thread's is perfect, more
    /// than one thread's is contention.
    ///
    /// # Panics
    ///
    /// Running it, if `work` panicked.
    pub fn on_two_cores(
        name: impl Into<String>,
        work: impl Fn(u32) + Send + Sync + 'static,
    ) -> Self {
        let work = Arc::new(work);
        let workers = [0, 1].map(|core| Worker::start(core, work.clone()));
        Self::new(name, move |calls| {
            for worker in &workers {
                worker
                    .begin
                    .send(calls.div_ceil(2))
                    .expect("it waits for work until it is dropped");
            }
            for worker in &workers {
                worker.done.recv().expect("the work does not panic");
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use super::*;

    #[test]
    fn both_threads_do_their_half() {
        let done = Arc::new(AtomicU32::new(0));
        let count = done.clone();
        let mut case = Case::on_two_cores("count", move |calls| {
            count.fetch_add(calls, SeqCst);
        });
        (case.run)(10);
        (case.run)(1);
        assert_eq!(done.load(SeqCst), 10 + 2);
    }
}
