//! A thousand streams with slow readers for a minute: prints what the memory does, and what is left
//! in the end.
//!
//! `cargo run --release -p testing-interop --example readers -- [SECONDS] [STREAMS]`

use std::{
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use testing_interop::{
    readers::{self, Streams},
    serve,
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

/// The size of a message.
const SIZE: usize = 4 * 1024;

/// Each reader takes ten messages a second.
const REST: Duration = Duration::from_millis(100);

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = env::args().skip(1).map(|argument| argument.parse::<u64>());
    let seconds = numbers.next().transpose()?.unwrap_or(60);
    let count = usize::try_from(numbers.next().transpose()?.unwrap_or(1_000))?;

    let tasks = || Handle::current().metrics().num_alive_tasks();
    let (before, idle) = (tasks(), memory()?);
    let streams = Streams::default();
    let server = serve(streams.router(SIZE)).await?;
    let opened = readers::open(server.address(), count).await?;
    let read = Arc::new(AtomicU64::new(0));
    let readers = readers::read(opened, REST, &read);
    let began = Instant::now();
    let mut most = 0;
    println!("seconds  streams  read  taken  MiB");
    for second in 1..=seconds {
        sleep((began + Duration::from_secs(second)).duration_since(Instant::now())).await;
        most = most.max(memory()?);
        if second % 5 == 0 || second == seconds {
            let (alive, read, taken) = (streams.alive(), read.load(Relaxed), streams.taken());
            println!("{second:>7}  {alive:>7}  {read}  {taken}  {}", memory()? / MIB);
        }
    }
    drop(readers);
    let end = Instant::now() + Duration::from_secs(10);
    while streams.alive() > 0 && Instant::now() < end {
        sleep(Duration::from_millis(10)).await;
    }
    let served = server.stop().await;
    while tasks() > before && Instant::now() < end {
        sleep(Duration::from_millis(10)).await;
    }
    println!(
        "{} MiB at first, {} MiB at most, both sides together; {} streams and {} tasks are left; \
         {served:?}",
        idle / MIB,
        most / MIB,
        streams.alive(),
        tasks() - before,
    );
    Ok(())
}

const MIB: u64 = 1024 * 1024;

/// What this process holds, in bytes.
fn memory() -> Result<u64, Box<dyn std::error::Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB"));
    Ok(kilobytes.ok_or("there is no VmRSS")?.trim().parse::<u64>()? * 1024)
}
