//! Many streams at once, each with a reader that takes its time.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn_with};
use oxkit_transport_grpc::{GrpcError, Incoming, Method, Router, Service, client::Client};
use tokio::{task::JoinSet, time::sleep};

use crate::{Counted, Texts, channel};

/// How many streams share a connection: half of what the server allows.
const SHARED: usize = 100;

/// What the streams of a server have come to.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    /// How many there are.
    pub alive: Arc<AtomicU64>,
    /// How many messages were taken of them by the transport, all together.
    pub taken: Arc<AtomicU64>,
    /// How many calls have ended, as their finalizers were told.
    pub ended: Arc<AtomicU64>,
}

impl Streams {
    /// A server of endless streams of texts of so many bytes: `t.T/Texts`.
    pub fn router(&self, size: usize) -> Router {
        let texts = endpoint_fn_with(
            (self.clone(), size),
            async |(streams, size): &(Self, usize), _cx, _: i64| {
                let texts = Counted::new(Texts::of(*size), &streams.alive, &streams.taken);
                Ok::<_, Refusal>(texts)
            },
        );
        let ended = Arc::clone(&self.ended);
        let method = Method::server_streaming(texts, number, Ok::<String, Refusal>);
        let method = method.finalize(move |_, _| {
            ended.fetch_add(1, Relaxed);
        });
        Router::new().service(Service::new("t.T").method("Texts", method))
    }

    /// How many there are now.
    #[must_use]
    pub fn alive(&self) -> u64 {
        self.alive.load(Relaxed)
    }

    /// How many messages were taken until now.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }
}

fn number(number: i64) -> Result<i64, Refusal> {
    Ok(number)
}

/// Opens `count` streams over as few connections as are needed.
///
/// # Errors
///
/// One of them could not be opened.
///
/// # Panics
///
/// If opening one panics.
pub async fn open(address: SocketAddr, count: usize) -> Result<Vec<Incoming<String>>, GrpcError> {
    let mut opening = JoinSet::new();
    for part in 0..count.div_ceil(SHARED) {
        let texts = Client::server_streaming(
            channel(address),
            "t.T",
            "Texts",
            number,
            Ok::<String, Refusal>,
        );
        opening.spawn(async move {
            let mut streams = Vec::new();
            for _ in 0..SHARED.min(count - part * SHARED) {
                streams.push(texts.call(Context::new(), 0).await?);
            }
            Ok::<_, GrpcError>(streams)
        });
    }
    let mut streams = Vec::with_capacity(count);
    while let Some(opened) = opening.join_next().await {
        streams.extend(opened.expect("opening does not panic")?);
    }
    Ok(streams)
}

/// Reads a message of each stream every `rest`, and counts them in `read`, until it is dropped.
///
/// # Panics
///
/// If a stream ends.
#[must_use]
pub fn read(streams: Vec<Incoming<String>>, rest: Duration, read: &Arc<AtomicU64>) -> JoinSet<()> {
    let mut readers = JoinSet::new();
    for mut stream in streams {
        let read = Arc::clone(read);
        readers.spawn(async move {
            loop {
                let text = stream.next().await.expect("nobody ends it");
                assert!(text.is_some(), "it is endless");
                read.fetch_add(1, Relaxed);
                sleep(rest).await;
            }
        });
    }
    readers
}
