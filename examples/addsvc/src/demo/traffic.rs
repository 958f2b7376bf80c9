//! Mixed traffic through every transport.

use std::{
    error::Error,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use addsvc::{
    AddError, AddService, Calling, Endpoints, SumRequest,
    transport::{grpc, http, jsonrpc},
};
use futures_core::Stream;
use oxkit_core::{Context, Endpoint, Failure, Refusal};
use oxkit_transport_grpc::{
    GrpcError, Outgoing,
    client::{Channel, ChannelBuilder},
};
use oxkit_transport_http::Pool;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, Interval, MissedTickBehavior, interval},
};

use super::tally::Shared;
use crate::listeners::Addresses;

/// How many callers a transport has, and how often each calls: some traffic, and no load test.
const CALLERS: u64 = 4;
const PAUSE: Duration = Duration::from_millis(20);

type Transports = Vec<(&'static str, Arc<Shared>)>;

/// Starts the callers; gives the name of each transport and what is counted of it.
pub(super) fn start(
    tasks: &mut JoinSet<()>,
    addresses: Addresses,
) -> Result<Transports, Box<dyn Error>> {
    let pool = Pool::new();
    let calling = Calling::new();
    let base = format!("http://{}", addresses.http).parse()?;
    let rpc = format!("http://{}", addresses.jsonrpc).parse()?;
    let channel = ChannelBuilder::from_shared(format!("http://{}", addresses.grpc))?.connect_lazy();
    let services = [
        ("HTTP", http::client(&pool, &base, &calling)),
        ("gRPC", grpc::client(channel.clone(), &calling)),
        ("JSON-RPC", jsonrpc::client(&pool, &rpc, &calling)),
    ];
    let mut transports = Transports::new();
    for (name, service) in services {
        let tally = Arc::new(Shared::default());
        for caller in 0..CALLERS {
            tasks.spawn(call(service.clone(), Arc::clone(&tally), caller));
        }
        transports.push((name, tally));
    }
    let tally = Arc::new(Shared::default());
    tasks.spawn(stream(channel, calling, Arc::clone(&tally)));
    transports.push(("gRPC stream", tally));
    Ok(transports)
}

/// Sums and texts in turns, and now and then one of the errors of the domain.
async fn call(service: Endpoints, tally: Arc<Shared>, caller: u64) {
    let mut clock = clock();
    for turn in caller.. {
        clock.tick().await;
        let began = Instant::now();
        let cx = Context::new();
        let outcome = match turn % 16 {
            3 => service.sum(cx, 0, 0).await.map(drop),
            7 => service.sum(cx, i64::from(i32::MAX), 1).await.map(drop),
            11 => service.concat(cx, "far too".into(), " long for it".into()).await.map(drop),
            turn if turn % 2 == 0 => service.sum(cx, turn.cast_signed(), 1).await.map(drop),
            _ => service.concat(cx, "foo".into(), "bar".into()).await.map(drop),
        };
        tally.count(&outcome, began.elapsed());
    }
}

/// One stream for all of the time: a question when the last one was answered.
async fn stream(channel: Channel, calling: Calling, tally: Arc<Shared>) {
    let sums = grpc::sum_stream(channel, &calling);
    let mut clock = clock();
    loop {
        clock.tick().await;
        let (ask, asked) = mpsc::channel(1);
        let ended = async {
            let mut answers = sums.call(Context::new(), Outgoing::new(Asked(asked))).await?;
            for turn in 0.. {
                clock.tick().await;
                let began = Instant::now();
                // It takes no more questions only when it has ended, and then it says why.
                let _ = ask.send(SumRequest { a: turn % 8, b: 0 }).await;
                match answers.next().await? {
                    Some(answer) => tally.count(&answer, began.elapsed()),
                    None => break,
                }
            }
            Ok::<_, GrpcError>(())
        };
        if let Err(error) = ended.await {
            let refused = Refusal::of_kind(error.kind(), error.to_string());
            tally.count::<()>(&Err(AddError::Refused(refused)), Duration::ZERO);
        }
    }
}

fn clock() -> Interval {
    let mut clock = interval(PAUSE);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock
}

/// The receiving half of a channel as a stream.
struct Asked(mpsc::Receiver<SumRequest>);

impl Stream for Asked {
    type Item = SumRequest;

    fn poll_next(
        mut self: Pin<&mut Self>,
        task: &mut task::Context<'_>,
    ) -> Poll<Option<SumRequest>> {
        self.0.poll_recv(task)
    }
}
