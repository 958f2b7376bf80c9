//! A server that was never there: none is needed for these.

use std::{error::Error, fmt::Debug};

use oxkit_core::{Context, Endpoint, Failure, Layer, Reason, Refusal, endpoint_fn};
use oxkit_ratelimit::{
    InvalidRedisUrl, Quota, RedisLimiter, RedisLimiterEndpoint, RedisQuota, RedisQuotaBuilder,
    RedisState, RedisStats, RedisUnavailable,
};
use static_assertions::assert_impl_all;
use tokio::{net::TcpListener, runtime::Handle, time::timeout};

use crate::calls::{MILLI, PATIENCE, SECOND, at, in_all, let_through, reaches, some, watched};

type Key = fn(&Context, &u32) -> u32;

assert_impl_all!(RedisQuota: Send, Sync, Clone, Debug);
assert_impl_all!(RedisQuotaBuilder: Send, Sync, Clone, Debug);
assert_impl_all!(RedisLimiter<Key>: Send, Sync, Clone, Debug);
assert_impl_all!(RedisLimiterEndpoint<Key, ()>: Send, Sync, Clone, Debug);
assert_impl_all!(RedisStats: Send, Sync, Copy, Debug, Default);
assert_impl_all!(InvalidRedisUrl: Send, Sync, Error);
assert_impl_all!(RedisUnavailable: Send, Sync, Error);

/// Nobody listens there.
fn nowhere(quota: Quota) -> RedisQuotaBuilder {
    at(([127, 0, 0, 1], 1).into(), quota)
}

#[tokio::test]
async fn each_process_takes_its_share() {
    let (quota, mut states) = watched(nowhere(in_all(9)).instances(some(4)));
    assert_eq!(quota.local_quota().burst_size(), some(2));
    for key in ["a", "b"] {
        assert_eq!(let_through(&quota, key, 10).await, 2);
    }
    let refused = quota.take("a", None).await.expect_err("it is used up");
    assert_eq!(refused.reason(), Reason::RateLimited);
    assert!(refused.retry_after() > Some(3 * 3600 * SECOND), "four times as long as for all");
    reaches(&mut states, RedisState::Down).await;
    assert_eq!((quota.stats().shared, quota.stats().local), (0, 21));
}

#[tokio::test]
async fn whoever_connects_is_told_why_it_cannot() {
    let (quota, mut states) = watched(nowhere(in_all(1)));
    let error = quota.connect().await.expect_err("nobody listens");
    assert_eq!(error.to_string(), "the Redis server is not available");
    assert!(error.source().is_some());
    reaches(&mut states, RedisState::Down).await;
    quota.take("key", None).await.expect("the local limiter has one");
}

#[tokio::test]
async fn the_endpoint_goes_on_without_its_server() {
    let quota = nowhere(in_all(1)).build();
    let endpoint = RedisLimiter::new(quota, |_: &Context, n: &u32| *n)
        .layer(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n)));
    assert_eq!(endpoint.call(Context::new(), 7).await.unwrap(), 7);
    let refused = endpoint.call(Context::new(), 7).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::RateLimited);
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again_and_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    let (quota, _) = watched(at(address, in_all(1)).pause(MILLI));
    quota.take("key", None).await.expect("the local limiter has one");
    for _ in 0..5 {
        // Hangs up at once.
        let accepted = timeout(PATIENCE, listener.accept()).await;
        drop(accepted.expect("it comes again"));
    }
    assert_eq!(quota.stats().connections, 0);
}

#[tokio::test]
async fn its_task_ends_with_the_last_handle() {
    let (quota, mut states) = watched(nowhere(in_all(1)).pause(MILLI));
    let clone = quota.clone();
    quota.take("key", None).await.expect("the local limiter has one");
    reaches(&mut states, RedisState::Down).await;
    drop(quota);
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 1, "it tries and tries");
    drop(clone);
    let ended = async {
        while Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, ended).await.expect("it ends");
}

#[test]
fn what_is_no_address_is_said_at_once() {
    for wrong in ["", "localhost", "http://localhost", "redis://"] {
        let error = RedisQuota::builder(wrong, in_all(1)).expect_err(wrong);
        assert!(error.to_string().contains("redis://host:6379"), "{error}");
    }
}

#[test]
fn a_password_is_never_shown() {
    let builder = RedisQuota::builder("redis://user:secret@localhost", in_all(1));
    let builder = builder.expect("it is an address");
    for text in [format!("{builder:?}"), format!("{:?}", builder.build())] {
        assert!(!text.contains("secret"), "{text}");
    }
}
