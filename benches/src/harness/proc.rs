//! What the kernel says of processes: CPU time and memory.

use std::{fs, io, path::Path, time::Duration};

/// The CPU time of a process so far, all its threads together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Time on a CPU, to the nanosecond, as the scheduler counts it.
    pub total: Duration,
    /// The part of it spent in the kernel. In ticks of 10 ms.
    pub system: Duration,
}

/// What `pid` has used so far. Time of threads that have ended is not in it.
///
/// # Errors
///
/// The process is gone.
pub fn usage(pid: u32) -> io::Result<Usage> {
    let root = format!("/proc/{pid}");
    let mut total = 0;
    for thread in fs::read_dir(Path::new(&root).join("task"))? {
        // A thread may end between the listing and the reading.
        if let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) {
            total += field(&text, 0)?;
        }
    }
    let stat = fs::read_to_string(format!("{root}/stat"))?;
    // The name of the program, in brackets, may hold spaces; what follows it does not.
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    Ok(Usage { total: Duration::from_nanos(total), system: ticks(field(after_name, 12)?) })
}

/// What the whole machine has used so far, and what its host took away from it.
///
/// # Errors
///
/// `/proc` is not there.
pub(super) fn busy() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    let mut sum = 0;
    // user nice system (idle iowait) irq softirq steal, after the word "cpu".
    for index in [1, 2, 3, 6, 7, 8] {
        sum += field(line, index)?;
    }
    Ok(ticks(sum))
}

/// How many cores the machine has, whichever of them this process may use.
///
/// # Errors
///
/// `/proc` is not there.
pub(super) fn cores() -> io::Result<usize> {
    let stat = fs::read_to_string("/proc/stat")?;
    let lines = stat.lines().filter(|line| line.starts_with("cpu"));
    // The first line sums up the others.
    Ok(lines.count().saturating_sub(1).max(1))
}

/// The bytes of memory that `pid` has resident.
///
/// # Errors
///
/// The process is gone.
pub fn resident(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    Ok(field(line, 1)? * 1024)
}

fn ticks(count: u64) -> Duration {
    Duration::from_secs(count)
        / u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100)
}

fn field(line: &str, index: usize) -> io::Result<u64> {
    line.split_whitespace().nth(index).and_then(|word| word.parse().ok()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "a line of /proc reads otherwise")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_loop_shows_in_the_usage_of_this_process() {
        let before = usage(std::process::id()).unwrap();
        let machine = busy().unwrap();
        let mut sum = 0_u64;
        while usage(std::process::id()).unwrap().total < before.total + Duration::from_millis(50) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(busy().unwrap() > machine);
        assert!(resident(std::process::id()).unwrap() > 0);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        assert!(usage(u32::MAX).is_err());
    }
}
