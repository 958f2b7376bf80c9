//! A limit for each key: apart, bounded in memory, and blind to what a peer claims.

use std::{
    net::IpAddr,
    num::{NonZeroU32, NonZeroUsize},
    time::Instant,
};

use oxkit_core::{Context, Endpoint, Layer, Peer, Reason, endpoint_fn};
use oxkit_ratelimit::{KeyedLimiter, PerKey, Quota};
use tokio::time::advance;

use testing_contract::{Answer, Ask, DomainError, Probe, advice, reason};

use crate::calls::{SECOND, per_second};

fn address(cx: &Context) -> Option<IpAddr> {
    cx.get::<Peer>().map(|peer| peer.0.ip())
}

fn from(last: u8) -> Context {
    Context::new().with(Peer(([10, 0, 0, last], 4711).into()))
}

#[tokio::test(start_paused = true)]
async fn each_key_has_its_own_limit_and_those_without_one_share_theirs() {
    let limiter = KeyedLimiter::new(per_second(1, 1));
    let endpoint = PerKey::new(limiter.clone(), |cx: &Context, _: &u32| address(cx))
        .layer(endpoint_fn(async |_cx, n: u32| Answer::Ok(n)));
    for cx in [from(1), from(2), Context::new()] {
        assert_eq!(endpoint.call(cx.clone(), 1).await.unwrap(), 1);
        let refused = endpoint.call(cx, 2).await;
        assert_eq!(reason(&refused), Some(Reason::RateLimited));
        assert_eq!(advice(&refused), Some(SECOND));
    }
    assert_eq!(limiter.keys(), 3);
    advance(SECOND).await;
    assert_eq!(endpoint.call(from(1), 3).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_key_may_come_from_the_request() {
    let limiter = KeyedLimiter::new(per_second(1, 1));
    let endpoint = PerKey::new(limiter, |_: &Context, request: &(u8, String)| request.0)
        .layer(endpoint_fn(async |_cx, request: (u8, String)| Ok::<_, DomainError>(request.1)));
    let call = async |tenant| endpoint.call(Context::new(), (tenant, String::new())).await;
    assert!(call(1).await.is_ok() && call(2).await.is_ok());
    assert_eq!(reason(&call(1).await), Some(Reason::RateLimited));
}

#[tokio::test(start_paused = true)]
async fn charged_at_arrival_what_a_call_waited_before_counts_for_it_and_only_so_far() {
    let layer = |at_arrival: bool| {
        let per_key =
            PerKey::new(KeyedLimiter::new(per_second(1, 1)), |_: &Context, _: &Ask| "key");
        let per_key = if at_arrival { per_key.charged_at_arrival() } else { per_key };
        per_key.layer(Probe::new())
    };
    let (by_arrival, by_clock) = (layer(true), layer(false));
    // Three that came a second apart and were held up until now; the last one twice.
    let first = tokio::time::Instant::now().into_std();
    advance(10 * SECOND).await;
    let mut let_in = (0, 0);
    for arrival in [first, first + SECOND, first + 2 * SECOND, first + 2 * SECOND] {
        let cx = Context::received(arrival, None);
        let_in.0 += u32::from(by_arrival.call(cx.clone(), Ask::Answer(1)).await.is_ok());
        let_in.1 += u32::from(by_clock.call(cx, Ask::Answer(1)).await.is_ok());
    }
    // The last one has the token that is there now.
    assert_eq!(let_in, (4, 1));
    let refused = by_arrival.call(Context::received(first, None), Ask::Answer(1)).await;
    assert_eq!(advice(&refused), Some(SECOND));
}

#[test]
fn a_million_keys_take_no_more_room_than_was_given() {
    let start = Instant::now();
    let max = NonZeroUsize::new(10_000).expect("not zero");
    let limiter = KeyedLimiter::starting_at(per_second(1, 2), max, start);
    let mut admitted = 0;
    for key in 0..1_000_000_u32 {
        admitted += u32::from(limiter.check_at(&key, start).is_ok());
        if key % 50_000 == 0 {
            assert!(limiter.keys() <= max.get());
        }
    }
    // Each part of the table has one limit for all that found no room.
    let shared = 64 * 2;
    assert!(admitted <= 10_000 + shared, "{admitted}");
    assert!(admitted > 9_000, "{admitted}: the room is used");

    // Once the keys are idle their room is for others.
    let later = start + SECOND;
    let again = (2_000_000..2_005_000_u32).filter(|key| limiter.check_at(key, later).is_ok());
    assert_eq!(again.count(), 5000);
    assert!(limiter.keys() <= max.get());
}

#[test]
fn a_table_shrinks_to_what_is_in_use_while_new_keys_come() {
    let start = Instant::now();
    let limiter = KeyedLimiter::starting_at(
        Quota::per_second(NonZeroU32::MIN),
        KeyedLimiter::DEFAULT_MAX_KEYS,
        start,
    );
    for key in 0..20_000_u32 {
        assert!(limiter.check_at(&key, start).is_ok());
    }
    assert_eq!(limiter.keys(), 20_000);
    let mut now = start + SECOND;
    for key in 20_000..100_000_u32 {
        // A hundred new keys each second.
        now += SECOND / 100;
        assert!(limiter.check_at(&key, now).is_ok());
    }
    assert!(limiter.keys() < 1000, "{}", limiter.keys());
}

#[test]
fn the_smallest_table_holds_one_key() {
    let start = Instant::now();
    let limiter = KeyedLimiter::starting_at(per_second(1, 1), NonZeroUsize::MIN, start);
    assert!(limiter.check_at("known", start).is_ok());
    assert!(limiter.check_at("new", start).is_ok());
    assert!(limiter.check_at("newer", start).is_err(), "it shares with the other new one");
    assert!(limiter.check_at("known", start + SECOND).is_ok());
    assert_eq!(limiter.keys(), 1);
}

#[test]
fn an_owned_key_and_a_borrowed_one_are_the_same() {
    let start = Instant::now();
    let limiter = KeyedLimiter::new(per_second(1, 1));
    assert!(limiter.check_at(&String::from("ann"), start).is_ok());
    assert!(limiter.check_at("ann", start).is_err());
}
