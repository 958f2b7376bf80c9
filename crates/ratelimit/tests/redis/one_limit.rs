//! Several instances, one limit.

mod with_redis {
    use std::{
        cell::RefCell,
        sync::atomic::{AtomicU32, Ordering::Relaxed},
        time::Duration,
    };

    use oxkit_core::{Context, Endpoint, Failure, Layer, Reason, Refusal, endpoint_fn};
    use oxkit_ratelimit::{Quota, RedisLimiter, RedisQuota, RedisState};
    use proptest::prelude::*;
    use tokio::{
        runtime::Runtime,
        time::{Instant, sleep_until},
    };

    use crate::calls::{MILLI, SECOND, at, in_all, let_through, some};

    fn runtime() -> Runtime {
        Runtime::new().expect("the system has threads")
    }

    /// What another script is told the time by, and the script itself.
    const BY_GIVEN_TIME: &str = include_str!("../../src/redis_quota/gcra.lua");
    const CLOCK: &str = "redis.call('TIME')";

    #[test]
    fn instances_together_let_through_the_burst_and_no_more_whatever_the_schedule() {
        let server = testing_servers::redis();
        let runtime = runtime();
        let cases = AtomicU32::new(0);
        let config = ProptestConfig { cases: 24, ..ProptestConfig::default() };
        // Who calls, how often in a row, and under which key; all at once.
        let schedule = prop::collection::vec((0_usize..3, 1_usize..12, 0_u8..3), 1..20);
        proptest!(config, |(burst in 1_u32..60, schedule in schedule)| {
            let case = cases.fetch_add(1, Relaxed);
            let instance = || at(server.address(), in_all(burst)).prefix(format!("case {case}:")).build();
            let instances = [instance(), instance(), instance()];
            let through = runtime.block_on(async {
                for instance in &instances {
                    instance.connect().await.expect("it is there");
                }
                let callers: Vec<_> = schedule.iter().map(|&(who, calls, key)| {
                    let instance = instances[who].clone();
                    tokio::spawn(async move {
                        (key, let_through(&instance, &key.to_string(), calls).await)
                    })
                }).collect();
                let mut through = [0; 3];
                for caller in callers {
                    let (key, calls) = caller.await.expect("it does not panic");
                    through[usize::from(key)] += calls;
                }
                through
            });
            for (key, through) in (0_u8..).zip(through) {
                let wanted: usize = schedule.iter().filter(|ask| ask.2 == key).map(|ask| ask.1).sum();
                prop_assert_eq!(through, wanted.min(burst as usize));
            }
            for instance in instances {
                prop_assert_eq!(instance.stats().local, 0);
            }
        });
    }

    /// The policy as it is in this process.
    struct Model {
        quota: Quota,
        /// Nanoseconds.
        expected: u64,
    }

    impl Model {
        fn wait(&mut self, now: u64) -> u64 {
            let interval = self.quota.interval().as_nanos() as u64;
            let tolerance = interval * u64::from(self.quota.burst_size().get() - 1);
            let earliest = self.expected.saturating_sub(tolerance);
            if earliest > now {
                return earliest - now;
            }
            self.expected = self.expected.max(now) + interval;
            0
        }
    }

    #[test]
    fn the_script_is_the_policy_of_the_local_limiter_to_the_nanosecond() {
        let server = testing_servers::redis();
        let client =
            redis::Client::open(format!("redis://{}", server.address())).expect("an address");
        let connection = RefCell::new(client.get_connection().expect("it is there"));
        assert_eq!(BY_GIVEN_TIME.matches(CLOCK).count(), 1);
        let script = redis::Script::new(&BY_GIVEN_TIME.replace(CLOCK, "{ARGV[3], ARGV[4]}"));
        let cases = AtomicU32::new(0);
        let config = ProptestConfig { cases: 48, ..ProptestConfig::default() };
        // Intervals of more than a second, for keys expire by the true time.
        let quota = (1_000_000_000_u64..1 << 44, 1_u32..20);
        let steps = prop::collection::vec(0_u64..200, 1..60);
        proptest!(config, |((interval, burst) in quota, steps in steps)| {
            let case = cases.fetch_add(1, Relaxed);
            let quota = Quota::per(some(1), Duration::from_nanos(interval)).burst(some(burst));
            let mut model = Model { quota, expected: 0 };
            // Some day in 2026.
            let start = 1_790_000_000_000_000_000_u64;
            let mut now = start;
            for step in steps {
                // The server tells the time in microseconds.
                now += step * (interval / 100) / 1000 * 1000;
                let wait: u64 = script
                    .key(format!("case {case}"))
                    .arg(interval)
                    .arg(interval * u64::from(burst - 1))
                    .arg(now / 1_000_000_000)
                    .arg(now % 1_000_000_000 / 1000)
                    .invoke(&mut *connection.borrow_mut())
                    .expect("the script runs");
                prop_assert_eq!(wait, model.wait(now), "{} ns after the start", now - start);
            }
        });
    }

    #[tokio::test]
    async fn tokens_come_back_by_the_servers_clock_and_never_faster_than_they_should() {
        const EACH: usize = 300;
        let server = testing_servers::redis();
        let rate = Quota::per_second(some(2000)).burst(some(10));
        let (one, other) = (at(server.address(), rate).build(), at(server.address(), rate).build());
        for instance in [&one, &other] {
            instance.connect().await.expect("it is there");
        }
        let begun = Instant::now();
        let (a, b) = tokio::join!(let_through(&one, "key", EACH), let_through(&other, "key", EACH));
        let most = 10 + begun.elapsed().as_micros() as usize / 500;
        assert!((10..=most).contains(&(a + b)), "{a} and {b}, not {most} at most");
    }

    #[tokio::test]
    async fn a_refusal_says_when_to_come_back_and_then_there_is_a_token() {
        let server = testing_servers::redis();
        let slow = Quota::per_second(some(10)).burst(some(1));
        let quota = at(server.address(), slow).build();
        quota.connect().await.expect("it is there");
        quota.take("key", None).await.expect("it is the first");
        let refused = quota.take("key", None).await.expect_err("a token each 100 ms");
        let advised = refused.retry_after().expect("it is known");
        assert_eq!(refused.reason(), Reason::RateLimited);
        assert!(advised <= 100 * MILLI);
        sleep_until(Instant::now() + advised).await;
        quota.take("key", None).await.expect("it was told to come now");
    }

    #[tokio::test]
    async fn two_endpoints_of_two_processes_are_one_to_whoever_calls_them() {
        let server = testing_servers::redis();
        let endpoint = async || {
            let quota = at(server.address(), in_all(3)).build();
            quota.connect().await.expect("it is there");
            RedisLimiter::new(quota, |_: &Context, tenant: &String| tenant.clone())
                .layer(endpoint_fn(async |_cx, tenant: String| Ok::<_, Refusal>(tenant)))
        };
        let (one, other) = (endpoint().await, endpoint().await);
        let ask = |tenant: &str| (Context::new(), tenant.to_owned());
        for endpoint in [&one, &other, &one] {
            let (cx, request) = ask("acme");
            assert_eq!(endpoint.call(cx, request).await.unwrap(), "acme");
        }
        for endpoint in [&one, &other] {
            let (cx, request) = ask("acme");
            let refused = endpoint.call(cx, request).await.unwrap_err();
            assert_eq!(refused.reason(), Reason::RateLimited);
            assert!(refused.retry_after() > Some(3000 * SECOND));
            let (cx, request) = ask("umbrella");
            assert!(endpoint.call(cx, request).await.is_ok());
        }
    }

    #[tokio::test]
    async fn a_server_that_forgot_the_script_is_told_it_again() {
        let server = testing_servers::redis();
        let quota = at(server.address(), in_all(5)).build();
        quota.connect().await.expect("it is there");
        for _ in 0..5 {
            assert_eq!(server.ask("SCRIPT FLUSH"), "+OK");
            quota.take("key", None).await.expect("there is a token");
        }
        assert!(quota.take("key", None).await.is_err());
        let stats = quota.stats();
        assert_eq!((stats.shared, stats.local, stats.failed, stats.connections), (6, 0, 0, 1));
        assert_eq!(quota.state(), RedisState::Up);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn keys_are_forgotten_once_their_tokens_are_back_and_long_ones_are_cut() {
        let server = testing_servers::redis();
        let fast = Quota::per(some(1), 50 * MILLI);
        let quota = at(server.address(), fast).prefix("p:").build();
        quota.connect().await.expect("it is there");
        for key in 0..100 {
            quota.take(key, None).await.expect("each key has one");
        }
        let empty = || server.ask("DBSIZE") == ":0";
        assert!(testing_servers::until(crate::calls::PATIENCE, empty), "all 100 expire");

        let hourly = at(server.address(), in_all(2)).prefix("p:").build();
        hourly.connect().await.expect("it is there");
        for end in ["one", "another"] {
            let key = format!("{}{end}", "k".repeat(256));
            hourly.take(&key, None).await.expect("there are two");
        }
        assert!(hourly.take("k".repeat(1 << 20), None).await.is_err(), "they are one key");
        assert_eq!(server.ask("DBSIZE"), ":1");
        assert_eq!(server.ask(&format!("EXISTS p:{}", "k".repeat(256))), ":1");
    }

    #[tokio::test]
    async fn what_others_left_under_a_key_and_a_clock_that_was_set_back_stop_nobody_for_long() {
        let server = testing_servers::redis();
        let quota = at(server.address(), Quota::per_second(some(1000))).prefix("p:").build();
        quota.connect().await.expect("it is there");
        assert_eq!(server.ask("SET p:text hello"), "+OK");
        quota.take("text", None).await.expect("it is read as no limit");
        // A thousand years ahead.
        assert_eq!(server.ask("SET p:ahead 33347000000:0"), "+OK");
        let refused: Refusal = quota.take("ahead", None).await.expect_err("it is ahead");
        assert!(refused.retry_after() <= Some(MILLI), "one token, not a thousand years");
    }

    #[test]
    fn a_quota_outlives_the_runtime_it_was_connected_in() {
        let server = testing_servers::redis();
        let quota: RedisQuota = at(server.address(), in_all(2)).build();
        runtime().block_on(quota.connect()).expect("it is there");
        runtime().block_on(async {
            let _ = quota.take("key", None).await;
            quota.connect().await.expect("it is there");
            quota.take("other key", None).await.expect("each key has two");
        });
        assert!(quota.stats().shared >= 1);
    }
}
