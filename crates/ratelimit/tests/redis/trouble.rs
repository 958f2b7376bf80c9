//! A server that dies, hangs or refuses while it is in use.

mod with_redis {
    use std::time::Duration;

    use oxkit_core::{Context, Endpoint, Failure, Layer, Refusal, endpoint_fn};
    use oxkit_ratelimit::{Quota, RedisLimiter, RedisState};
    use testing_servers::Proxy;
    use tokio::time::{Instant, timeout};

    use crate::calls::{
        MILLI, PATIENCE, SECOND, at, in_all, let_through, reaches, slowest, some, watched,
    };

    type Trouble = fn(&Proxy);

    /// What a busy machine may add to a call that waits for nothing.
    const JITTER: Duration = Duration::from_secs(5);

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn killed_it_is_missed_by_nobody_and_restarted_it_decides_again() {
        let server = testing_servers::redis();
        let plenty = Quota::per_second(some(1_000_000));
        let builder = at(server.address(), plenty).budget(SECOND).pause(10 * MILLI);
        let (quota, mut states) = watched(builder);
        quota.connect().await.expect("it is there");
        assert_eq!(let_through(&quota, "key", 50).await, 50);
        assert_eq!(quota.stats().local, 0);

        server.kill();
        let (through, slowest) = slowest(&quota, 200).await;
        assert_eq!(through, 200);
        assert!(slowest < SECOND + JITTER, "{slowest:?}: nobody waits for what is gone");
        reaches(&mut states, RedisState::Down).await;
        let away = quota.stats();
        assert!(away.failed + away.slow >= 1 && away.local == 200, "{away:?}");

        server.restart();
        reaches(&mut states, RedisState::Up).await;
        assert_eq!(let_through(&quota, "key", 50).await, 50);
        let back = quota.stats();
        assert_eq!((back.shared - away.shared, back.connections), (50, 2));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_that_hangs_costs_three_calls_their_budget_and_the_others_nothing() {
        let budget = 50 * MILLI;
        let server = testing_servers::redis();
        let plenty = Quota::per_second(some(1_000_000));
        let builder = at(server.address(), plenty).budget(SECOND).pause(20 * SECOND);
        let (quota, _) = watched(builder.clone());
        quota.connect().await.expect("it is there");
        drop(quota);
        // Connected with patience and then asked with less, for this machine may be busy.
        let (quota, mut states) = watched(builder.budget(budget));
        while quota.connect().await.is_err() {}

        server.pause();
        let begun = Instant::now();
        let (through, slowest) = slowest(&quota, 500).await;
        assert_eq!(through, 500);
        assert!(slowest < budget + JITTER, "{slowest:?}");
        assert!(begun.elapsed() < 500 * budget / 2, "not every call waits");
        reaches(&mut states, RedisState::Down).await;
        let stats = quota.stats();
        assert_eq!((stats.slow, stats.failed), (3, 0), "{stats:?}");
        assert!(stats.local >= 500);
        server.resume();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_that_hung_decides_again_when_it_answers_again() {
        let server = testing_servers::redis();
        let plenty = Quota::per_second(some(1_000_000));
        let builder = at(server.address(), plenty).budget(200 * MILLI).pause(10 * MILLI);
        let (quota, mut states) = watched(builder);
        while quota.connect().await.is_err() {}
        server.pause();
        while quota.state() == RedisState::Up {
            quota.take("key", None).await.expect("there is plenty");
        }
        reaches(&mut states, RedisState::Down).await;
        server.resume();
        reaches(&mut states, RedisState::Up).await;
        let before = quota.stats().shared;
        while quota.stats().shared == before {
            quota.take("key", None).await.expect("there is plenty");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whatever_the_network_does_calls_go_on_and_the_server_decides_again() {
        let server = testing_servers::redis();
        let proxy = Proxy::to(server.address());
        let plenty = Quota::per_second(some(1_000_000));
        let builder = at(proxy.address(), plenty).budget(SECOND).pause(10 * MILLI);
        let (quota, mut states) = watched(builder);
        while quota.connect().await.is_err() {}
        let troubles: [(&str, Trouble); 3] = [
            ("refuses", Proxy::refuse),
            ("swallows all", Proxy::stall),
            // In the middle of a command.
            ("cuts", |proxy| proxy.cut_after(20)),
        ];
        for (what, trouble) in troubles {
            trouble(&proxy);
            let begun = Instant::now();
            let mut calls = 0;
            while quota.state() == RedisState::Up {
                quota.take("key", None).await.expect("there is plenty");
                calls += 1;
            }
            // The call that is cut waits for nothing, those into the void for their budget.
            assert!(begun.elapsed() < 3 * SECOND + JITTER, "{what}: {calls} calls");
            let local = slowest(&quota, 100).await;
            assert!(local.0 == 100 && local.1 < SECOND + JITTER, "{what}: {local:?}");

            proxy.pass();
            reaches(&mut states, RedisState::Up).await;
            let before = quota.stats().shared;
            while quota.stats().shared == before {
                quota.take("key", None).await.expect("there is plenty");
            }
        }
    }

    #[tokio::test]
    async fn an_outage_hands_out_no_second_burst() {
        let server = testing_servers::redis();
        let builder = at(server.address(), in_all(10)).budget(SECOND).instances(some(2));
        let (quota, mut states) = watched(builder);
        quota.connect().await.expect("it is there");
        assert_eq!(let_through(&quota, "key", 10).await, 10);
        server.kill();
        while quota.state() == RedisState::Up {
            let refused = quota.take("key", None).await.expect_err("its share is used up");
            assert!(refused.retry_after() > Some(3000 * SECOND));
        }
        reaches(&mut states, RedisState::Down).await;
        // Another key has its share of the burst, which is five.
        assert_eq!(let_through(&quota, "other", 10).await, 5);
    }

    #[tokio::test]
    async fn a_server_that_says_no_is_done_without() {
        let server = testing_servers::redis();
        let builder = at(server.address(), in_all(3)).pause(3600 * SECOND);
        let (quota, mut states) = watched(builder);
        quota.connect().await.expect("it is there");
        assert_eq!(server.ask("ACL SETUSER default -evalsha -eval"), "+OK");
        assert_eq!(let_through(&quota, "key", 10).await, 3, "by the local limiter");
        reaches(&mut states, RedisState::Down).await;
        let stats = quota.stats();
        assert_eq!((stats.shared, stats.local, stats.failed), (0, 10, 1));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_call_waits_no_longer_than_it_has_time_and_its_haste_is_not_the_servers_fault() {
        let server = testing_servers::redis();
        let plenty = Quota::per_second(some(1000));
        let quota = at(server.address(), plenty).build();
        quota.connect().await.expect("it is there");
        let endpoint = RedisLimiter::new(quota.clone(), |_: &Context, (): &()| "key")
            .layer(endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(())));
        server.pause();
        for _ in 0..10 {
            let deadline = (Instant::now() + 5 * MILLI).into_std();
            let call = endpoint.call(Context::new().with_deadline(deadline), ());
            let answer = timeout(PATIENCE / 2, call).await;
            answer.expect("it does not wait for the budget").expect("there is plenty");
        }
        server.resume();
        assert_eq!((quota.stats().slow, quota.state()), (0, RedisState::Up));
        assert_eq!(quota.stats().local, 10);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_more_than_so_many_calls_wait_at_once() {
        let server = testing_servers::redis();
        let plenty = Quota::per_second(some(1_000_000));
        let quota = at(server.address(), plenty).build();
        quota.connect().await.expect("it is there");
        server.pause();
        let (done, mut ends) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..1100 {
            let (quota, done) = (quota.clone(), done.clone());
            tokio::spawn(async move {
                let _ = done.send(quota.take("key", None).await.is_ok());
            });
        }
        for _ in 0..1100 - 1024 {
            let end = timeout(PATIENCE / 2, ends.recv()).await.expect("it does not wait");
            assert_eq!(end, Some(true));
        }
        assert_eq!(quota.stats().local, 1100 - 1024);
        server.resume();
        for _ in 0..1024 {
            let end = timeout(PATIENCE, ends.recv()).await.expect("the server is back");
            assert_eq!(end, Some(true));
        }
    }
}
