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

/// How many callers each of these transports has, and how often each calls: some traffic, and no
/// load test.
const NAMES: [&str; 3] = ["HTTP", "gRPC", "JSON-RPC"];
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
        http::client(&pool, &base, &calling),
        grpc::client(channel.clone(), &calling),
        jsonrpc::client(&pool, &rpc, &calling),
    ];
    let mut transports = Transports::new();
    for (name, service) in NAMES.into_iter().zip(services) {
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

async fn call(service: Endpoints, tally: Arc<Shared>, caller: u64) {
    let mut clock = clock();
    for turn in caller.. {
        clock.tick().await;
        let began = Instant::now();
        let cx = Context::new();
        let outcome = match Asked::of(caller, turn) {
            Asked::Sum(a, b) => service.sum(cx, a, b).await.map(drop),
            Asked::Concat(a, b) => service.concat(cx, a.into(), b.into()).await.map(drop),
        };
        tally.count(&outcome, began.elapsed());
    }
}

/// What one call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Sum(i64, i64),
    Concat(&'static str, &'static str),
}

impl Asked {
    const OVERFLOW: Self = Self::Sum(i32::MAX as i64, 1);

    /// Sums and texts in turns, and now and then one of the errors of the domain.
    ///
    /// Only the first caller of a transport asks for an overflow, and only after sums that fit. So
    /// whatever the order in which calls come in, those in a row are too few to open a breaker.
    const fn of(caller: u64, turn: u64) -> Self {
        match turn % 16 {
            3 => Self::Sum(0, 0),
            7 if caller == 0 => Self::OVERFLOW,
            11 => Self::Concat("far too", " long for it"),
            turn if turn % 2 == 0 => Self::Sum(turn.cast_signed(), 1),
            _ => Self::Concat("foo", "bar"),
        }
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
            let mut answers = sums.call(Context::new(), Outgoing::new(Questions(asked))).await?;
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
struct Questions(mpsc::Receiver<SumRequest>);

impl Stream for Questions {
    type Item = SumRequest;

    fn poll_next(
        mut self: Pin<&mut Self>,
        task: &mut task::Context<'_>,
    ) -> Poll<Option<SumRequest>> {
        self.0.poll_recv(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_order_of_calls_has_as_many_overflows_in_a_row_as_open_a_breaker() {
        const OPENS_AT: usize = 6;
        let mut overflowing = 0;
        for caller in 0..CALLERS {
            let sums = || {
                let asked = (caller..caller + 64).map(|turn| Asked::of(caller, turn));
                asked.filter(|asked| matches!(asked, Asked::Sum(..)))
            };
            overflowing += usize::from(sums().any(|asked| asked == Asked::OVERFLOW));
            let in_a_row = |pair: (Asked, Asked)| pair == (Asked::OVERFLOW, Asked::OVERFLOW);
            assert!(!sums().zip(sums().skip(1)).any(in_a_row), "at most one of each caller");
        }
        let transports = NAMES.len();
        assert!((1..OPENS_AT).contains(&(overflowing * transports)), "{overflowing}");
    }
}
