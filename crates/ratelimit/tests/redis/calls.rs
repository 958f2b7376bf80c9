//! What the tests share: quotas on a server, and calls that are counted.

use std::{net::SocketAddr, num::NonZeroU32, time::Duration};

use oxkit_ratelimit::{Quota, RedisQuota, RedisQuotaBuilder, RedisState};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

pub(crate) const MILLI: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Longer than anything that works takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn some(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).expect("not zero")
}

/// So many, and none comes back while a test runs.
pub(crate) fn in_all(count: u32) -> Quota {
    Quota::per_hour(NonZeroU32::MIN).burst(some(count))
}

/// A quota whose calls wait for the server as long as the test needs.
pub(crate) fn at(address: SocketAddr, quota: Quota) -> RedisQuotaBuilder {
    let builder = RedisQuota::builder(&format!("redis://{address}"), quota);
    builder.expect("it is an address").budget(PATIENCE)
}

/// A quota that tells of its states.
pub(crate) fn watched(builder: RedisQuotaBuilder) -> (RedisQuota, watch::Receiver<RedisState>) {
    let (tell, states) = watch::channel(RedisState::Idle);
    let quota = builder.on_change(move |state| {
        tell.send_replace(state);
    });
    (quota.build(), states)
}

/// Waits until the quota is in this state.
pub(crate) async fn reaches(states: &mut watch::Receiver<RedisState>, state: RedisState) {
    let reached =
        timeout(PATIENCE, states.wait_for(|now| *now == state)).await.map(|seen| seen.map(|_| ()));
    let last = *states.borrow();
    reached.unwrap_or_else(|_| panic!("{last}, not {state}")).expect("the quota lives");
}

/// How many of so many calls in a row were let through.
pub(crate) async fn let_through(quota: &RedisQuota, key: &str, calls: usize) -> usize {
    let mut through = 0;
    for _ in 0..calls {
        through += usize::from(quota.take(key, None).await.is_ok());
    }
    through
}

/// The same, and how long the slowest of them took.
pub(crate) async fn slowest(quota: &RedisQuota, calls: usize) -> (usize, Duration) {
    let (mut through, mut slowest) = (0, Duration::ZERO);
    for _ in 0..calls {
        let begun = Instant::now();
        through += usize::from(quota.take("key", None).await.is_ok());
        slowest = slowest.max(begun.elapsed());
    }
    (through, slowest)
}
