//! What a protocol makes of a snapshot.

use std::time::SystemTime;

use crate::{PushStats, Snapshot};

/// One request, ready to be sent.
#[derive(Debug)]
pub(crate) struct Request<R> {
    pub(crate) bytes: Vec<u8>,
    /// How many values are in it: what is dropped if it is rejected.
    pub(crate) values: u64,
    /// What the encoder wants to know again once the request is settled.
    pub(crate) receipt: R,
}

/// What a protocol makes of a snapshot: requests of bounded size.
///
/// The loop asks for requests, sends them one after the other, and [settles](Self::settle) each that
/// was taken or never will be. After the first that fails, the others are thrown away, receipts and
/// all: the encoder makes them anew the next time, from what the metrics are by then. So increments
/// wait in the metrics themselves, in no more memory than these have anyway.
pub(crate) trait Encode: Send + 'static {
    /// What the registry calls the exporter when it tells how sending goes.
    const NAME: &'static str;

    /// What a request tells of its contents once it is settled: mostly up to where each counter has
    /// been sent. Dropped if the request is to be made anew.
    type Receipt: Send;

    /// Whether a request that may have arrived is sent again as it was, before others. For protocols
    /// with timestamps this is exact: the receiver takes the same value of the same moment once.
    /// Otherwise it is made anew.
    const RESENDS: bool;

    /// Makes requests of what there is, at this moment. What cannot be in any is counted as dropped.
    fn encode(
        &mut self,
        snapshot: &Snapshot,
        now: SystemTime,
        stats: &PushStats,
    ) -> Vec<Request<Self::Receipt>>;

    /// A request was taken, or never will be.
    fn settle(&mut self, receipt: Self::Receipt);
}
