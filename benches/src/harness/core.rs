//! Which core runs what: the server on one, the load on the other.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Runs `work` with this thread, and every thread and process it starts, on one core.
///
/// Cores are counted from zero among those this process may use; on a machine with fewer the last
/// one serves. Afterwards the thread may use all of them again.
pub fn on_core<T>(core: usize, work: impl FnOnce() -> T) -> T {
    // Where the kernel does not let us choose, the measurement is noisier, and the noise is shown.
    let Ok(all) = sched_getaffinity(None) else {
        return work();
    };
    let mine: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&cpu| all.is_set(cpu)).collect();
    let mut one = CpuSet::new();
    if let Some(&cpu) = mine.get(core).or(mine.last()) {
        one.set(cpu);
        let _ = sched_setaffinity(None, &one);
    }
    let done = work();
    let _ = sched_setaffinity(None, &all);
    done
}

/// Whether there are two cores to keep the server and the load apart.
#[must_use]
pub fn both_cores() -> bool {
    sched_getaffinity(None).is_ok_and(|all| all.count() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_kept_on_one_core_and_let_go_afterwards() {
        let before = sched_getaffinity(None).unwrap().count();
        let within = on_core(0, || sched_getaffinity(None).unwrap().count());
        assert_eq!(within, 1);
        assert_eq!(sched_getaffinity(None).unwrap().count(), before);
    }
}
