//! A thousand streams at once, each of which is read slowly or not at all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use testing_interop::{
    readers::{self, Streams},
    serve, settled, until,
};
use tokio::runtime::Handle;

const COUNT: usize = 1_000;

/// The size of a message.
const SIZE: usize = 4 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_who_take_their_time_hold_the_service_back_and_leave_nothing_behind() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let streams = Streams::default();
    let server = serve(streams.router(SIZE)).await.unwrap();
    let opened = readers::open(server.address(), COUNT).await.unwrap();
    assert_eq!(streams.alive(), COUNT as u64);

    // Nobody reads: what is taken comes to an end, though every stream has more at once.
    let taken = settled("it is held back", || streams.taken()).await;
    // A connection's window is 5 MiB here; a stream may hold a message or a few that do not fit.
    let most = (COUNT / 100 * 6 * 1024 * 1024 + COUNT * 64 * 1024) / SIZE;
    assert!((COUNT as u64..most as u64).contains(&taken), "{taken} messages are kept");

    // They read, each on its own, and nobody is forgotten.
    let read = Arc::new(AtomicU64::new(0));
    let reading = readers::read(opened, Duration::from_millis(10), &read);
    until("reading goes on", || read.load(Relaxed) > 20 * COUNT as u64).await;
    assert!(streams.taken() <= read.load(Relaxed) + most as u64, "more is taken as it is read");

    drop(reading);
    until("every stream has ended", || streams.alive() == 0).await;
    // A finalizer is told when what it watched is gone.
    until("every end was told", || streams.ended.load(Relaxed) == COUNT as u64).await;
    assert!(server.stop().await.is_clean());
    until("every task has ended", || tasks() <= before).await;
}
